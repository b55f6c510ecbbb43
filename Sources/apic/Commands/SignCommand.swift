internal import ArgumentParser
internal import Glibc

/// `apic sign`.
struct SignCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign",
        abstract: "Sign a bundle, so that gateways started with --trust serve it and no other.",
        discussion: """
            apic sign --new-key release.key      writes release.key and release.key.pub
            apic sign dist --key release.key     writes dist/bundle.sig
            apic-gateway dist --trust release.key.pub

            The signature is of the table, of the certificates that it names, and of a sequence number: a gateway serves \
            no older bundle behind a newer one. Bundles of single nodes (`serves`) in the folder are signed, too.
            """
    )

    @Argument(help: "A bundle's folder.", completion: .directory)
    var bundle: String?

    @Option(help: ArgumentHelp("The private key to sign with.", valueName: "file"), completion: .file())
    var key: String?

    @Option(
        help: ArgumentHelp(
            "Where the bundle stands among those of its gateway; default: the seconds since 1970.",
            valueName: "number"
        )
    )
    var sequence: UInt64?

    @Option(
        help: ArgumentHelp("Make a key pair instead: FILE and FILE.pub. Never overwrites.", valueName: "file"),
        completion: .file()
    )
    var newKey: String?

    func run() throws {
        if let newKey {
            guard bundle == nil, key == nil, sequence == nil else {
                throw Misuse(message: "`--new-key` makes a key and signs nothing; leave out the rest")
            }
            let name = try KeyFiles.make(at: newKey)
            Terminal.output.writeLine("wrote \(newKey) and \(newKey).pub: key \(name)")
            return
        }
        guard let bundle, let key else {
            throw Misuse(message: "name a bundle and a key: `apic sign dist --key release.key`")
        }
        let statement = try BundleSigning.signAll(
            bundle,
            with: try KeyFiles.read(key),
            sequence: sequence,
            now: UInt64(max(time(nil), 0))
        )
        let count = try BundleSigning.folders(of: bundle).count
        let others = count == 0 ? "" : ", and \(count) of single nodes"
        Terminal.output.writeLine("\(bundle): signed \(BundleSigning.summary(statement))\(others)")
    }
}
