internal import ArgumentParser
internal import GatewayCompiler
internal import GatewayEmitters
internal import GatewayIR

/// `apic explain`.
struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Explain a diagnostic's code, or what happens to a request on any day.",
        usage: """
            apic explain E0503
            apic explain <file> ... "GET /orders/v1/7" [--at <instant>] [-H "Name: value"] ...
            """,
        discussion: """
            Route, version and state are found by the gateway's own code over the table that `apic build` would write.
            """
    )

    @Argument(
        help: ArgumentHelp("A diagnostic's code; or a spec's files, then a request.", valueName: "word"),
        completion: .file(extensions: ["yaml", "yml"])
    )
    var words: [String]

    @Option(
        help: ArgumentHelp(
            "The instant, like 2027-01-01 or 2027-01-01T09:00:00Z; default: now.",
            valueName: "instant"
        )
    )
    var at: String?

    @Option(
        name: [.customShort("H"), .customLong("header")],
        help: ArgumentHelp("A header field of the request, `Name: value`; may be repeated.", valueName: "field")
    )
    var fields: [String] = []

    @Option(help: "The request's host.")
    var host: String?

    @Option(help: ArgumentHelp("Whose valid key the request carries.", valueName: "name"))
    var consumer: String?

    func run() throws {
        guard words.count > 1 else { return try explainCode(words[0]) }
        // `GET /path` without quotes is two words.
        let hasMethodAlone =
            words.count > 2 && words[words.count - 1].hasPrefix("/")
            && words[words.count - 2].utf8.allSatisfy { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
        let request = words.suffix(hasMethodAlone ? 2 : 1)
        try explainRequest(request.joined(separator: " "), of: Array(words.dropLast(request.count)))
    }

    private func explainCode(_ id: String) throws {
        guard let code = DiagnosticCode.named(id) else {
            let isRequest = id.contains("/") || id.hasSuffix(".yaml") || id.hasSuffix(".yml")
            throw Misuse(
                message: isRequest
                    ? "to explain a request, give a spec's file and the request: apic explain api.yaml \"GET /path\""
                    : "there is no diagnostic `\(id)`; codes look like E0503 or W0602"
            )
        }
        Terminal.output.write(code.longForm)
    }

    private func explainRequest(_ text: String, of paths: [String]) throws {
        let request: RequestDraft
        do {
            request = try RequestDraft(text, host: host, fieldLines: fields)
        } catch {
            throw Misuse(message: error.message)
        }
        let instant = try Instants.parse(at)
        let compilation = try SpecCompilation(paths)
        // Warnings are for `check`: they have nothing to do with what was asked.
        guard let gateway = compilation.compilation.gateway else {
            compilation.report(.text)
            throw ExitCode(1)
        }
        let consumer = try consumerIndex(gateway.consumers.map(\.name))
        try TableMemory(TableEmitter.emit(gateway)).withView { view in
            let explanation = Explanation(
                request: request,
                instant: instant,
                gateway: gateway,
                files: compilation.files,
                view: view,
                consumer: consumer
            )
            Terminal.output.writeLine(explanation.lines().joined(separator: "\n"))
        }
    }

    private func consumerIndex(_ names: [String]) throws -> Int? {
        guard let consumer else { return nil }
        guard let index = names.firstIndex(of: consumer) else {
            let others = names.isEmpty ? "it has none at all" : "there are \(names.joined(separator: ", "))"
            throw Misuse(message: "the spec has no consumer `\(consumer)`; \(others)")
        }
        return index
    }
}
