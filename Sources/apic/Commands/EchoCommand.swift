internal import ArgumentParser

/// `apic echo`.
struct EchoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "echo",
        abstract: "Run an upstream on loopback that answers with what it received.",
        discussion: """
            The answer is JSON: method, path, query, headers, size and SHA-256 of the body. The query parameters \
            `status` (200 to 599) and `delay` (250ms, 2s) choose the answer's status and when it comes.
            """
    )

    @Option(help: "The port on 127.0.0.1; 0 takes a free one.")
    var port: UInt16 = 9000

    func run() throws {
        let server = try EchoServer(port: port)
        Terminal.output.writeLine("echo: listening on http://127.0.0.1:\(server.port)")
        server.run()
    }
}
