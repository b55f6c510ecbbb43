internal import ArgumentParser
internal import GatewayCompiler

/// `apic audit`.
struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Print every route with who may call it, how often and from where, and every credential.",
        discussion: "Warnings of the spec are for `check`; a spec with errors has no audit."
    )

    /// How an audit is printed.
    enum Format: String, CaseIterable, ExpressibleByArgument {
        case markdown
        case json
    }

    @Argument(
        help: ArgumentHelp("The spec's files; later ones override earlier ones.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"])
    )
    var files: [String]

    @Option(help: "How to print it.")
    var format = Format.markdown

    @Option(
        help: ArgumentHelp(
            "The instant at which states and credentials are judged, like 2027-01-01; default: now.",
            valueName: "instant"
        )
    )
    var at: String?

    func run() throws {
        let instant = try Instants.parse(at)
        let compilation = try SpecCompilation(files)
        guard let gateway = compilation.compilation.gateway else {
            compilation.report(.text)
            throw ExitCode(1)
        }
        let report = AuditReport(audit: Audit(gateway: gateway, files: compilation.files, instant: instant))
        Terminal.output.write(format == .json ? report.json + "\n" : report.markdown)
    }
}
