import CPlatform
import Foundation
import Synchronization
import Testing

@testable import GatewayRuntime

/// A control loop on a thread of its own, with real sockets; signals come through a pipe.
final class ControlLoopRig: Sendable {
    private struct State {
        var statusPort: UInt16 = 0
        var httpPorts: [UInt16] = []
        var startError: String?
        var exitCode: Int32?
    }

    private let state = Mutex(State())
    private let signalEnd: Int32
    let logPath: String

    /// Starts it, and waits until it is ready or has failed.
    init(
        _ folder: TemporaryFolder,
        worker: @escaping WorkerEntry = runWorker,
        change: (inout Options) -> Void = { _ in }
    ) throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        _ = apic_set_nonblocking(ends[0])
        signalEnd = ends[1]
        logPath = folder.file("process.log")
        let log = ProcessLog(descriptor: apic_open_for_appending(logPath))
        var options = Options(bundle: folder.path)
        options.http = [Endpoint(host: "127.0.0.1", port: 0)]
        options.status = Endpoint(host: "127.0.0.1", port: 0)
        options.workerCount = 2
        change(&options)
        let (given, signals) = (options, ends[0])
        try #require(Thread.start(name: "control") { self.run(given, log, signals, worker) } == 0)
        try #require(eventually { state.withLock { $0.startError != nil } || ready() == 200 }, "it never got ready")
    }

    deinit {
        if exitCode == nil, startError == nil {
            send(SIGTERM)
            send(SIGTERM)
            _ = eventually { exitCode != nil }
        }
        close(signalEnd)
    }

    private func run(_ options: Options, _ log: ProcessLog, _ signals: Int32, _ worker: @escaping WorkerEntry) {
        do throws(StartError) {
            var controller = try Controller(options: options, log: log, signals: signals)
            let (status, http) = (controller.statusEndpoint.port, controller.listeners.map(\.endpoint.port))
            state.withLock { ($0.statusPort, $0.httpPorts) = (status, http) }
            let code = controller.run(worker)
            state.withLock { $0.exitCode = code }
        } catch {
            state.withLock { $0.startError = error.message }
        }
    }

    var startError: String? { state.withLock(\.startError) }
    var exitCode: Int32? { state.withLock(\.exitCode) }
    var statusAddress: String { "127.0.0.1:\(state.withLock(\.statusPort))" }
    var httpPort: UInt16 { state.withLock { $0.httpPorts.first ?? 0 } }
    var log: String { (try? String(contentsOfFile: logPath, encoding: .utf8)) ?? "" }

    /// Does what a signal does.
    func send(_ number: Int32) {
        var record = [UInt8](repeating: 0, count: 128)
        record[0] = UInt8(number)
        write(signalEnd, record, record.count)
    }

    /// The body of a page of the status port; empty if nobody answers.
    func page(_ path: String) -> String {
        let text = (try? SocketClient.get(path, port: state.withLock(\.statusPort))) ?? ""
        return text.range(of: "\r\n\r\n").map { String(text[$0.upperBound...]) } ?? ""
    }

    /// The status of `/ready`, or 0.
    func ready() -> Int {
        let text = (try? SocketClient.get("/ready", port: state.withLock(\.statusPort))) ?? ""
        return Int(text.dropFirst(9).prefix(3)) ?? 0
    }

    /// `/status`, read as JSON.
    func status() throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(page("/status").utf8)) as? [String: Any])
    }

    func generation() throws -> Int { try #require(try status()["generation"] as? Int) }

    /// The value of a sample of `/metrics`, by the line without its value.
    func metric(_ name: String) -> String? {
        page("/metrics").split(separator: "\n").first { $0.hasPrefix(name + " ") }
            .map { String($0.dropFirst(name.utf8.count + 1)) }
    }
}

/// A worker that serves nothing: it takes what it is given, and holds generations as if requests ran on them.
final class IdleWorker: Sendable {
    private struct State {
        var holds = false
        var isBusy = false
        var targetCount = 0
    }

    private let state = Mutex(State())

    /// Whether it keeps what it took.
    var holds: Bool {
        get { state.withLock(\.holds) }
        set { state.withLock { $0.holds = newValue } }
    }

    /// Whether something is in flight.
    var isBusy: Bool {
        get { state.withLock(\.isBusy) }
        set { state.withLock { $0.isBusy = newValue } }
    }

    /// Changes of addresses that workers took.
    var targetCount: Int { state.withLock(\.targetCount) }

    var entry: WorkerEntry {
        { [self] link, listeners, first, _ in
            link.reportServing(first)
            var held = [consume first]
            while link.phase == .serving || (link.phase == .draining && isBusy) {
                var entry = pollfd(fd: link.wakeup, events: Int16(POLLIN), revents: 0)
                poll(&entry, 1, 5)
                var count: UInt64 = 0
                read(link.wakeup, &count, 8)
                if let changes = link.takeTargets() {
                    state.withLock { $0.targetCount += changes.addresses.count }
                }
                if let next = link.takeGeneration() { held.append(next) }
                guard !holds else { continue }
                while held.count > 1 { link.releaseGeneration(held.removeFirst()) }
            }
            listeners.forEach { close($0.descriptor) }
            link.reportDrained()
        }
    }
}
