internal import ArgumentParser
internal import GatewayCompiler

/// `apic import`.
struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Make a spec of what another gateway is configured with.",
        subcommands: [ImportKongCommand.self, ImportKonnectCommand.self, ImportOpenAPICommand.self]
    )
}

/// `apic import kong`.
struct ImportKongCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kong",
        abstract: "Make a spec of a declarative file of Kong's, as decK writes it.",
        discussion: """
            Formats 1.1, 2.1 and 3.0. Routes match as they do in Kong, and the same ones win. What the spec cannot say \
            is listed with its line. Keys and passwords go to a file of variables beside the spec, for its owner only.
            """
    )

    @OptionGroup var arguments: ImportArguments

    func run() throws {
        try arguments.run { KongImport.translate($0, gateway: arguments.gateway) }
    }
}
