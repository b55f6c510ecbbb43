import Foundation

/// Debian's Redis server on a port of its own, in a folder of its own; ended by its process id.
package final class RunningRedis {
    package let port: UInt16
    private let folder: ScratchFolder
    private let password: String?
    private var program: RunningProgram

    package init(password: String? = nil) throws {
        folder = try ScratchFolder()
        port = try FreePort.take()
        self.password = password
        program = try RunningRedis.start(port, password, in: folder)
        try waitUntilServing()
    }

    deinit { stop() }

    private static func start(_ port: UInt16, _ password: String?, in folder: ScratchFolder) throws -> RunningProgram {
        try Program.installed("redis-server").start(
            [
                "--port", "\(port)", "--bind", "127.0.0.1", "--dir", folder.path, "--save", "", "--appendonly", "no",
                "--daemonize", "no",
            ] + (password.map { ["--requirepass", $0] } ?? []),
            in: folder.url
        )
    }

    private func waitUntilServing() throws {
        guard program.wait(20, until: { (try? ask("PING")) == "PONG" }) else {
            throw WireError("Redis does not serve: \(program.output)\(program.errors)")
        }
    }

    /// What it answers to a command.
    package func ask(_ command: String...) throws -> String {
        let asking = try start(command)
        _ = asking.waitForEnd()
        return asking.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Asks, and does not wait for the answer: the program runs until it is there.
    package func startAsking(_ command: String...) throws -> RunningProgram { try start(command) }

    private func start(_ command: [String]) throws -> RunningProgram {
        let login = password.map { ["--no-auth-warning", "-a", $0] } ?? []
        return try Program.installed("redis-cli").start(["-p", "\(port)"] + login + command, in: folder.url)
    }

    /// Ends it, with all that it knows.
    package func stop() { program.stop(SIGKILL) }

    package func startAgain() throws {
        program = try RunningRedis.start(port, password, in: folder)
        try waitUntilServing()
    }

    /// Lets it answer nobody; connections are still taken by the kernel.
    package func freeze() { kill(program.identifier, SIGSTOP) }

    package func thaw() { kill(program.identifier, SIGCONT) }
}
