internal import ArgumentParser

/// `apic check`.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Report everything that is wrong with a spec; write nothing."
    )

    @OptionGroup var spec: SpecArguments

    func run() throws {
        let progress = Progress("compiling")
        defer { progress.finish() }
        let compilation = try SpecCompilation(spec.files)
        progress.finish()
        _ = try compilation.gateway(reporting: spec.format)
    }
}
