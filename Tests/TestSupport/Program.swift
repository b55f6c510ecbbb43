package import Foundation

/// A program of this package, as it was built beside the tests.
package struct Program: Sendable {
    package static let apic = Program("apic")
    /// Another build of it if `APIC_TEST_GATEWAY` names one, as `scripts/sanitize` does.
    package static let gateway = otherGateway.map { Program(at: $0) } ?? Program("apic-gateway")
    package static let otherGateway = ProcessInfo.processInfo.environment["APIC_TEST_GATEWAY"]
    /// For what only a shell can do to a program before it starts.
    package static let shell = Program(at: "/bin/bash")

    /// Bounds the time of another program: its first argument says how long, the others are the program's.
    package static let timeout = Program(at: "/usr/bin/timeout")

    /// What a run came to.
    package struct Outcome: Sendable {
        package var status: Int32
        package var output: String
        package var errors: String
    }

    package let url: URL

    /// A program of the system.
    package static func installed(_ name: String) -> Program {
        let folders = ["/usr/local/bin", "/usr/bin", "/bin"]
        let found = folders.first { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
        return Program(at: "\(found ?? "/usr/bin")/\(name)")
    }

    /// A program of the system, by its path.
    package init(at path: String) { url = URL(fileURLWithPath: path) }

    private init(_ name: String) {
        // The test runner is in the folder of the products, or a bundle below it.
        let runner = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        let folders = sequence(first: runner.deletingLastPathComponent()) { $0.deletingLastPathComponent() }.prefix(4)
        let found = folders.map { $0.appendingPathComponent(name) }.first {
            FileManager.default.isExecutableFile(atPath: $0.path)
        }
        url = found ?? Repository.root.appendingPathComponent(".build/debug/\(name)")
    }

    /// Runs it to its end.
    ///
    /// - Parameters:
    ///   - folder: where it runs.
    ///   - environment: all that it sees.
    package func run(
        _ arguments: [String],
        in folder: URL,
        environment: [String: String] = [:],
        input: String = ""
    ) throws -> Outcome {
        let running = try RunningProgram(url, arguments, in: folder, environment, input: input)
        let status = running.waitForEnd()
        return Outcome(status: status, output: running.output, errors: running.errors)
    }

    /// Starts it; it ends with the value that is returned.
    ///
    /// - Parameter leadsGroup: as a shell with a terminal starts programs: in a process group of their own.
    package func start(
        _ arguments: [String],
        in folder: URL,
        environment: [String: String] = [:],
        leadsGroup: Bool = false
    ) throws -> RunningProgram {
        try RunningProgram(url, arguments, in: folder, environment, leadsGroup: leadsGroup)
    }
}

/// A program that runs while a test goes on. It is ended by its process id.
///
/// Started by `posix_spawn` and not by Foundation: threads of tests block signals, and children would inherit that.
package final class RunningProgram {
    package let identifier: pid_t
    private let logs: ScratchFolder
    private var status: Int32?

    /// What it has written so far.
    package var output: String { logs.text("out") ?? "" }
    package var errors: String { logs.text("err") ?? "" }

    fileprivate init(
        _ url: URL,
        _ arguments: [String],
        in folder: URL,
        _ environment: [String: String],
        input: String = "",
        leadsGroup: Bool = false
    ) throws {
        logs = try ScratchFolder()
        try logs.write(input, to: "in")
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let creating = O_WRONLY | O_CREAT | O_TRUNC
        posix_spawn_file_actions_addopen(&actions, 0, logs.path + "/in", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, logs.path + "/out", creating, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, logs.path + "/err", creating, 0o600)
        // What other tests have open at the moment is none of its business. What is closed by then does no harm.
        let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { Int32($0) }
        for descriptor in open where descriptor > 2 { posix_spawn_file_actions_addclose(&actions, descriptor) }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes,
            Int16(leadsGroup ? POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP : POSIX_SPAWN_SETSIGMASK)
        )

        // `env` changes the folder and becomes the program: the process id stays.
        let env = "/usr/bin/env"
        var words = ([env, "-C", folder.path, url.path] + arguments).map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for word in words + variables { free(word) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, env, &actions, &attributes, &words, &variables)
        guard code == 0 else { throw POSIXError(POSIXErrorCode(rawValue: code) ?? .EINVAL) }
        identifier = child
    }

    deinit { stop() }

    /// Whether it has not ended yet.
    package var isRunning: Bool { reap(WNOHANG) == nil }

    /// Waits until something holds, for at most so many seconds.
    package func wait(_ seconds: Double = 10, until condition: () -> Bool) -> Bool {
        for _ in 0..<Int(seconds * 50) {
            if condition() { return true }
            usleep(20_000)
        }
        return condition()
    }

    /// - Returns: its exit status; for one that a signal ended, 128 and the signal's number.
    package func waitForEnd() -> Int32 { reap(0) ?? -1 }

    /// Ends it, politely first, and waits.
    ///
    /// - Returns: as `waitForEnd`.
    @discardableResult
    package func stop(_ signal: Int32 = SIGTERM) -> Int32 {
        if isRunning { kill(identifier, signal) }
        if !wait(40, until: { !isRunning }) { kill(identifier, SIGKILL) }
        return waitForEnd()
    }

    private func reap(_ options: Int32) -> Int32? {
        if let status { return status }
        var raw: Int32 = 0
        guard waitpid(identifier, &raw, options) == identifier else { return nil }
        status = raw & 0x7F == 0 ? (raw >> 8) & 0xFF : 128 + (raw & 0x7F)
        return status
    }
}
