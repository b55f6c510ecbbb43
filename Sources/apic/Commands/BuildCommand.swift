internal import ArgumentParser
internal import CPlatform
internal import GatewayIR

/// `apic build`.
struct BuildCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: "Compile a spec to a bundle: the table and the files that deploy it.",
        discussion: """
            The bundle is written completely or not at all; what was there stays as it is if the spec has errors. \
            The same spec gives the same bytes on every machine.
            """
    )

    @OptionGroup var spec: SpecArguments

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("The bundle's folder.", valueName: "folder"),
        completion: .directory
    )
    var output = "dist"

    @Option(
        help: ArgumentHelp(
            "A folder with templates that replace those of the same name (docker-compose.yml.mustache, …).",
            valueName: "folder"
        ),
        completion: .directory
    )
    var templates: String?

    func run() throws {
        apic_prefer_large_pages()
        let progress = Progress("compiling")
        defer { progress.finish() }
        let build = try BundleBuild(templateFolder: templates)
        let compilation = try SpecCompilation(spec.files, emitsTable: true)
        progress.finish()
        let gateway = try compilation.gateway(reporting: spec.format)
        let byteCount = try build.write(gateway, of: compilation, to: output)
        if spec.format == .text { Terminal.output.writeLine(Self.summary(gateway, byteCount, output)) }
        // What goes with the process is not freed piece by piece before.
        withExtendedLifetime((gateway, compilation)) { APIC.end(with: 0) }
    }

    /// `dist: 3 APIs, 9 versions, 31 routes; table of 12.4 KiB`.
    static func summary(_ gateway: Gateway, _ byteCount: Int, _ output: String) -> String {
        let counts = [
            count(gateway.apis.count, "API"), count(gateway.versions.count, "version"),
            count(gateway.routes.count, "route"),
        ]
        let tenths = (byteCount * 10 + 512) / 1024
        return "\(output): \(counts.joined(separator: ", ")); table of \(tenths / 10).\(tenths % 10) KiB"
    }

    private static func count(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
}
