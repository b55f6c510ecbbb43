internal import ArgumentParser
internal import GatewayCompiler

/// `apic import konnect`.
struct ImportKonnectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "konnect",
        abstract: "Make files of Konnect's quickstart script: docker run … kong/kong-gateway.",
        discussion: """
            Writes NODE.env, NODE.crt, NODE.key (for its owner only), docker-compose.yml and node.yaml, the node as a \
            part of a spec. The script is read, never run.
            """
    )

    @Argument(help: "The script; `-` is standard input.", completion: .file(extensions: ["sh"]))
    var script: String

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("The folder to write to; nothing in it is overwritten.", valueName: "folder"),
        completion: .directory
    )
    var output = "konnect"

    @Option(help: "What the node is called.")
    var node = "kong-1"

    func run() throws {
        try CertCommand.check(node: node)
        let bytes = try FileReading.bytes(at: script, byteCountMax: 1 << 20)
        let outcome = KonnectImport.translate(bytes, node: node)
        for note in outcome.notes {
            Terminal.error.writeLine("\(script):\(note.position.line): \(note.kind.rawValue): \(note.message)")
        }
        guard !outcome.files.isEmpty else { throw ExitCode(1) }
        _ = try Folder(making: output)
        let paths = outcome.files.map { "\(output)/\($0.path)" }
        try FileWriting.refuseExisting(paths)
        for (file, path) in zip(outcome.files, paths) {
            try FileWriting.create(path, Array(file.text.utf8), mode: file.isSecret ? 0o600 : 0o644)
        }
        Terminal.output.writeLine("wrote \(paths.joined(separator: ", "))")
    }
}
