internal import ArgumentParser
internal import GatewayCompiler

/// `apic import openapi`.
struct ImportOpenAPICommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "openapi",
        abstract: "Make a spec of an OpenAPI description, 3.0 or 3.1: an API with one version.",
        discussion: """
            A route for each operation, key-auth and basic-auth where its security asks for them. What the spec cannot \
            say is listed with its line.
            """
    )

    @OptionGroup var arguments: ImportArguments

    func run() throws {
        try arguments.run { OpenAPIImport.translate($0, gateway: arguments.gateway) }
    }
}
