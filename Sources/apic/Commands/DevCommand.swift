internal import ArgumentParser
internal import Foundation
internal import GatewayIR
internal import GatewayRuntime
internal import Glibc

/// `apic dev`.
struct DevCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dev",
        abstract: "Compile, serve, and swap on every save.",
        discussion: """
            Serves with the apic-gateway that is beside apic, or on PATH. A save with mistakes prints them and \
            changes nothing: the last good bundle stays in service. ^C ends both, after the requests that are in \
            flight; a second ^C does not wait for them.
            """
    )

    @Argument(
        help: ArgumentHelp("The spec's files; later ones override earlier ones.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"])
    )
    var files: [String]

    @Option(help: ArgumentHelp("Serve clients here and not where the spec says.", valueName: "address:port"))
    var http: String?

    @Option(
        help: ArgumentHelp(
            "Serve health, metrics and status here and not where the spec says.",
            valueName: "address:port"
        )
    )
    var status: String?

    @Option(
        help: ArgumentHelp(
            "The instant at which the lifecycle's clock starts, like 2027-01-01 or 2027-01-01T09:00:00Z.",
            valueName: "instant"
        )
    )
    var at: String?

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("The bundle's folder; by default one that is removed at the end.", valueName: "folder"),
        completion: .directory
    )
    var output: String?

    func validate() throws {
        guard !files.contains("-") else { throw ValidationError("standard input cannot be watched; name files") }
        // The gateway would refuse them, and no save would mend that.
        do {
            _ = try Invocation.parse(["bundle"] + flags, variable: { _ in nil })
        } catch {
            throw ValidationError(error.message)
        }
    }

    /// What is handed on to the gateway.
    private var flags: [String] {
        [("--http", http), ("--status", status), ("--at", at)].flatMap { flag, value in value.map { [flag, $0] } ?? [] }
    }

    func run() throws {
        let folder = output ?? NSTemporaryDirectory() + "apic-dev-\(getpid())"
        defer { if output == nil { try? FileManager.default.removeItem(atPath: folder) } }
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
