internal import ArgumentParser
internal import GatewayEmitters
internal import GatewayTable

/// `apic version`.
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version",
        abstract: "Print the version of the compiler and of the table format it writes."
    )

    static let text = "apic \(CompilerVersion.text) (table format \(TableLayout.formatVersion))"

    func run() {
        Terminal.output.writeLine(Self.text)
    }
}
