internal import ArgumentParser
internal import GatewayCompiler

/// `apic link`.
struct LinkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "link",
        abstract: "Link a spec with its members and say who owns what; write no bundle.",
        discussion: """
            Conflicts are diagnostics on standard error and exit status 1, as with `apic check`. `svg` is a picture of \
            the specs: what each owns, and which exports of others it uses.
            """
    )

    /// How the report is printed.
    enum Format: String, CaseIterable, ExpressibleByArgument {
        case text
        case json
        case svg
    }

    @Argument(
        help: ArgumentHelp("The spec's files; later ones override earlier ones.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"])
    )
    var files: [String]

    @Option(help: "How to print it.")
    var format = Format.text

    func run() throws {
        let compilation = try SpecCompilation(files)
        let gateway = try compilation.gateway(reporting: .text)
        let report = LinkReport(gateway, compilation.compilation.linkage, files: compilation.files)
        switch format {
        case .text: Terminal.output.write(report.text)
        case .json: Terminal.output.write(report.json)
        case .svg: Terminal.output.write(LinkGraph(report).svg)
        }
    }
}
