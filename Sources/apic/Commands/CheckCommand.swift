internal import ArgumentParser

/// `apic check`.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Report everything that is wrong with a spec; write nothing."
    )

    @OptionGroup var spec: SpecArguments

    @Option(
        help: ArgumentHelp(
            "Print the chain of a route, like \"GET /orders/v1/{id}\": each step, and where in the spec it stands.",
            valueName: "route"
        )
    )
    var explainChain: String?

    func run() throws {
        let progress = Progress("compiling")
        defer { progress.finish() }
        let compilation = try SpecCompilation(spec.files)
        progress.finish()
        let gateway = try compilation.gateway(reporting: spec.format)
        guard let explainChain else { return }
        guard let lines = ChainExplanation(gateway: gateway, files: compilation.files).lines(of: explainChain) else {
            throw Misuse(
                message:
                    "the gateway has no route `\(explainChain)`; write its whole path, like \"GET /orders/v1/{id}\""
            )
        }
        Terminal.output.writeLine(lines.joined(separator: "\n"))
    }
}
