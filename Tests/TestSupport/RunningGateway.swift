internal import Foundation

/// `apic-gateway` with a spec of a test's own: compiled by the real compiler into a scratch folder, served on free
/// ports of loopback, ended by its process id with the value.
package final class RunningGateway {
    package let folder: ScratchFolder
    package let program: RunningProgram
    package let port: UInt16
    /// 0 where nothing listens for TLS.
    package let securePort: UInt16
    package let statusPort: UInt16

    /// - Parameters:
    ///   - spec: YAML; `apic`, `gateway` and `listen.status` are put in front unless it has them.
    ///   - arguments: beside the bundle and the addresses.
    package convenience init(
        _ spec: String,
        _ arguments: [String] = [],
        environment: [String: String] = [:],
        workers: Int = 1
    ) throws {
        let folder = try ScratchFolder()
        try RunningGateway.build(spec, in: folder)
        try self.init(folder, arguments, environment: environment, workers: workers)
    }

    /// Serves the bundle `dist` of a folder.
    package convenience init(
        _ folder: ScratchFolder,
        _ arguments: [String] = [],
        environment: [String: String] = [:],
        workers: Int = 1
    ) throws {
        let line =
            ["dist", "--http", "127.0.0.1:0", "--status", "127.0.0.1:0", "--workers", "\(workers)"] + arguments
        try self.init(folder, serving: Program.gateway.start(line, in: folder.url, environment: environment))
    }

    /// A gateway that was started in another way.
    package init(_ folder: ScratchFolder, serving program: RunningProgram) throws {
        self.folder = folder
        self.program = program
        guard program.wait(30, until: { !program.isRunning || program.errors.contains("\"message\":\"serving\"") }),
            let ports = RunningGateway.ports(program.errors)
        else { throw WireError("the gateway does not serve: \(program.errors)") }
        (port, statusPort, securePort) = ports
    }

    /// Compiles a spec to the bundle `dist` of a folder.
    package static func build(_ spec: String, in folder: ScratchFolder) throws {
        let head = spec.hasPrefix("apic:") ? "" : "apic: 1\ngateway: scenario\n"
        try folder.write(head + spec, to: "api.yaml")
        let outcome = try Program.apic.run(["build", "api.yaml", "-o", "dist"], in: folder.url)
        guard outcome.status == 0 else { throw WireError("apic build: \(outcome.errors)\(outcome.output)") }
    }

    /// All ports, out of the line that says that the gateway serves.
    private static func ports(_ log: String) -> (UInt16, UInt16, UInt16)? {
        for line in log.split(separator: "\n") where line.contains("\"message\":\"serving\"") {
            let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String]
            let ports = [object?["http"], object?["status"], object?["https"]].map { text in
                text.flatMap { UInt16($0.split(separator: " ").first?.split(separator: ":").last ?? "") }
            }
            if let http = ports[0], let status = ports[1] { return (http, status, ports[2] ?? 0) }
        }
        return nil
    }

    // MARK: Asking

    package func connect(receiveBuffer: Int32? = nil) throws -> Wire {
        let wire = try Wire(port: port, receiveBuffer: receiveBuffer)
        wire.peer = self
        return wire
    }

    /// Asks on a connection of its own.
    package func ask(_ request: WireRequest) throws -> WireAnswer { try connect().ask(request) }

    package func ask(_ line: String, _ fields: [String] = [], body: String? = nil) throws -> WireAnswer {
        try ask(WireRequest(line, fields, body: body))
    }

    /// A page of the status port.
    package func status(_ path: String) throws -> WireAnswer {
        try Wire(port: statusPort).ask(WireRequest("GET \(path)"))
    }

    /// The value of one sample of `/metrics`, whose line begins with a name and its labels; 0 if it is not there.
    package func metric(_ sample: String) throws -> Double {
        let lines = try status("/metrics").text.split(separator: "\n")
        let line = lines.first { $0.hasPrefix(sample + " ") }
        return line.flatMap { Double($0.split(separator: " ").last ?? "") } ?? 0
    }

    /// Waits until a sample has a value: what a request changes may be counted just after its answer was sent.
    package func waits(for sample: String, toBe value: Double, seconds: Double = 20) -> Bool {
        program.wait(seconds) { (try? metric(sample)) == value }
    }

    /// Lines of the access log on standard output.
    package var accessLog: [[String: Any]] {
        program.output.split(separator: "\n").compactMap { line in
            (try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? [String: Any]
        }
    }

    // MARK: The process

    package func signal(_ number: Int32) { kill(program.identifier, number) }

    /// The most memory that was ever resident, in bytes. That of another build, with a sanitizer's, says nothing: it
    /// counts as one byte.
    package var peakResidentBytes: Int {
        guard Program.otherGateway == nil else { return 1 }
        let text = (try? String(contentsOfFile: "/proc/\(program.identifier)/status", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return (line?.split(whereSeparator: { " \t".contains($0) }).dropFirst().first).flatMap { Int($0) }.map {
            $0 * 1024
        } ?? 0
    }

    /// Builds another spec over the bundle that is served, as users do.
    package func rebuild(_ spec: String) throws { try RunningGateway.build(spec, in: folder) }
}
