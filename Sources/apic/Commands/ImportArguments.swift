internal import ArgumentParser
internal import GatewayCompiler

/// What the commands that make a spec of another file have in common.
struct ImportArguments: ParsableArguments {
    @Argument(help: "The file; `-` is standard input.", completion: .file(extensions: ["yaml", "yml", "json"]))
    var file: String

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("Where the spec is written; never overwrites.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"])
    )
    var output = "api.yaml"

    @Option(help: "What the gateway is called.")
    var gateway = "gateway"

    /// Reads, translates, says what was lost, writes, and checks what was written.
    func run(_ translate: (SourceFile) -> ImportedSpec) throws {
        let source = SourceFile(
            path: file == "-" ? "<stdin>" : file,
            bytes: try FileReading.bytes(at: file, byteCountMax: FileReading.specByteCountMax)
        )
        let imported = translate(source)
        Terminal.error.write(
            DiagnosticRenderer.text(imported.diagnostics, files: [source], isColoured: Terminal.error.isColoured)
        )
        for note in imported.notes {
            let place = "\(source.path):\(note.position.line):\(note.position.column)"
            Terminal.error.writeLine("\(place): \(note.kind.rawValue): \(note.message)")
        }
        guard !imported.spec.isEmpty else { throw ExitCode(1) }
        try FileWriting.refuseExisting(imported.secrets.isEmpty ? [output] : [output, secretsPath])
        try FileWriting.create(output, Array(imported.spec.utf8))
        Terminal.output.writeLine("wrote \(output)")
        if !imported.secrets.isEmpty {
            let lines = imported.secrets.map { "\($0.variable)=\(Self.quoted($0.value))\n" }
            try FileWriting.create(secretsPath, Array(lines.joined().utf8), mode: 0o600)
            Terminal.output.writeLine(
                "wrote \(secretsPath), the secrets for the gateway's environment: \(imported.secrets.count)"
            )
        }
        // What was written is a spec like any other: say now what is wrong with it.
        _ = try SpecCompilation([output]).gateway(reporting: .text)
    }

    /// `api.yaml` → `api.secrets.env`.
    private var secretsPath: String {
        for suffix in [".yaml", ".yml"] where output.hasSuffix(suffix) {
            return output.dropLast(suffix.count) + ".secrets.env"
        }
        return output + ".secrets.env"
    }

    /// For a shell, and for whoever reads env files.
    private static func quoted(_ value: String) -> String {
        "'" + value.replacing("'", with: "'\\''") + "'"
    }
}
