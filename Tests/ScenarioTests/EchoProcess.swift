import Foundation
import TestSupport

/// `apic echo` as a process of its own, which a test may kill and start again on the same port.
final class EchoProcess {
    let port: UInt16
    private let folder: ScratchFolder
    private var program: RunningProgram

    init(port: UInt16 = 0) throws {
        folder = try ScratchFolder()
        (program, self.port) = try EchoProcess.start(port, in: folder)
    }

    private static func start(_ port: UInt16, in folder: ScratchFolder) throws -> (RunningProgram, UInt16) {
        let program = try Program.apic.start(["echo", "--port", "\(port)"], in: folder.url)
        let isListening = program.wait(20) { program.output.contains("listening") || !program.isRunning }
        let line = program.output.split(separator: "\n").first ?? ""
        guard isListening, let port = line.split(separator: ":").last.flatMap({ UInt16($0) }) else {
            throw WireError("echo does not listen: \(program.output)\(program.errors)")
        }
        return (program, port)
    }

    /// Ends it without a word to anybody.
    func kill() { program.stop(SIGKILL) }

    func restart() throws { (program, _) = try EchoProcess.start(port, in: folder) }
}
