internal import ArgumentParser
internal import GatewayEmitters
internal import GatewayTable

/// `apic inspect`.
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Print what a bundle's table says: routes, programs, lifecycle, sections.",
        discussion: """
            The table is verified as the gateway does when it loads it; one that the gateway would refuse is refused \
            here, with the same words.
            """
    )

    /// How a table is printed.
    enum Format: String, CaseIterable, ExpressibleByArgument {
        case text
        case json
    }

    @Argument(help: "A bundle's folder, or a table file.", completion: .file())
    var path: String

    @Option(help: "How to print it.")
    var format = Format.text

    @Option(
        help: ArgumentHelp(
            "The instant whose lifecycle states are shown, like 2027-01-01; default: now.",
            valueName: "instant"
        )
    )
    var at: String?

    func run() throws {
        let instant = try Instants.parse(at)
        let file = FileFacts(path)?.kind == .folder ? "\(path)/\(Bundle.tablePath)" : path
        let bytes = try FileReading.bytes(
            at: file,
            byteCountMax: TableLayout.fileByteCountMax,
            missingHelp: "`apic build` writes one"
        )
        let table: TableMemory
        do {
            table = try TableMemory(bytes)
        } catch {
            throw FileFailure("`\(file)`: \(error.message)")
        }
        table.withView { view in
            let report = TableReport(view, at: instant)
            Terminal.output.write(format == .json ? report.json : report.text)
        }
    }
}
