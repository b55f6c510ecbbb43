internal import ArgumentParser

/// `apic verify`.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Verify a bundle's signature, as a gateway started with --trust does."
    )

    @Argument(help: "A bundle's folder.", completion: .directory)
    var bundle: String

    @Option(
        help: ArgumentHelp("A public key that may have signed it; may be repeated.", valueName: "file"),
        completion: .file()
    )
    var trust: [String] = []

    func run() throws {
        guard !trust.isEmpty else { throw Misuse(message: "name the public key: `--trust release.key.pub`") }
        let statement = try BundleSigning.verify(bundle, trust: trust)
        Terminal.output.writeLine("\(bundle): signed \(BundleSigning.summary(statement))")
        for folder in try BundleSigning.folders(of: bundle) {
            let statement = try BundleSigning.verify(folder, trust: trust)
            Terminal.output.writeLine("\(folder): signed \(BundleSigning.summary(statement))")
        }
    }
}
