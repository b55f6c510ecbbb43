internal import ArgumentParser
internal import GatewayCompiler
internal import GatewayEmitters
internal import GatewayIR

/// `apic export`.
struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Make of a spec what another gateway is configured with.",
        subcommands: [ExportKongCommand.self]
    )
}

/// `apic export kong`.
struct ExportKongCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kong",
        abstract: "Make a declarative file of Kong's (format 3.0), as decK reads it.",
        discussion: """
            Who may call what is kept exactly, or there is no file: what Kong cannot express is named, each with its \
            place in the spec. What Kong does a little differently is named, too. Kong has no dates, so the file is of \
            one instant; secrets are variables with DECK_ in front of their names.
            """
    )

    @Argument(
        help: ArgumentHelp("The spec's files; later ones override earlier ones.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"])
    )
    var files: [String]

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("Where the file is written; never overwrites. `-` is standard output.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"])
    )
    var output = "kong.yml"

    @Option(
        help: ArgumentHelp("The instant of which the file is, like 2027-01-01; default: now.", valueName: "instant")
    )
    var at: String?

    func run() throws {
        let instant = try Instants.parse(at)
        let compilation = try SpecCompilation(files)
        let gateway = try compilation.gateway(reporting: .text)
        let export = KongExport(gateway, at: instant)
        for note in export.notes {
            let place = note.origin.map { compilation.files.position($0) + ": " } ?? ""
            Terminal.error.writeLine("\(place)\(note.kind.rawValue): \(note.text)")
        }
        guard !export.text.isEmpty else {
            Terminal.error.writeLine("apic: nothing is written, since Kong cannot do what was refused")
            throw ExitCode(1)
        }
        guard output != "-" else { return Terminal.output.write(export.text) }
        try FileWriting.create(output, Array(export.text.utf8))
        Terminal.output.writeLine("wrote \(output)")
    }
}
