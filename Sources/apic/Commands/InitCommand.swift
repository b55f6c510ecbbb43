internal import ArgumentParser
internal import Templates

/// `apic init`.
struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Write a first spec, with comments. Never overwrites."
    )

    @Argument(help: "Where to write it.", completion: .file(extensions: ["yaml", "yml"]))
    var path = "api.yaml"

    func run() throws {
        try FileWriting.create(path, Templates.spec.bytes)
        Terminal.output.writeLine("wrote \(path); next: apic dev \(path)")
    }
}
