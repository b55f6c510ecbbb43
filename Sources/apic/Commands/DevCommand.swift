internal import ArgumentParser
internal import Foundation
internal import GatewayIR
internal import Glibc

/// `apic dev`.
struct DevCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dev",
        abstract: "Compile, serve, and swap on every save.",
        discussion: """
            Serves with the apic-gateway that is beside apic, or on PATH. A save with mistakes prints them and changes
            nothing: the last good bundle stays in service. ^C ends both.
            """
    )

    @Argument(
        help: "The spec's files; later ones override earlier ones.",
        completion: .file(extensions: ["yaml", "yml"])
    )
    var files: [String]

    @Option(help: "Serve clients here and not where the spec says, as ADDRESS:PORT.")
    var http: String?

    @Option(help: "Serve health, metrics and status here and not where the spec says, as ADDRESS:PORT.")
    var status: String?

    @Option(help: "The instant at which the lifecycle's clock starts, like 2027-01-01 or 2027-01-01T09:00:00Z.")
    var at: String?

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: "The bundle's folder; by default one that is removed at the end.",
        completion: .directory
    )
    var output: String?

    func validate() throws {
        guard !files.contains("-") else { throw ValidationError("standard input cannot be watched; name files") }
    }

    func run() throws {
        let folder = output ?? NSTemporaryDirectory() + "apic-dev-\(getpid())"
        defer { if output == nil { try? FileManager.default.removeItem(atPath: folder) } }
        var flags: [String] = []
        for (flag, value) in [("--http", http), ("--status", status), ("--at", at)] {
            if let value { flags += [flag, value] }
        }
        var session = DevSession(
            files: files,
            bundle: folder,
            gateway: try GatewayProcess.find(),
            arguments: [folder] + flags,
            build: try BundleBuild(templateFolder: nil)
        )
        session.run()
    }
}
