internal import GatewayCompiler
internal import GatewayTable
internal import Glibc

/// `revoked.yaml`: which certificates of an authority's nodes were taken back, as a part of a spec that is built beside
/// the others: `apic build api.yaml ca/revoked.yaml`.
struct RevocationFile {
    /// A certificate that was taken back.
    struct Entry {
        var fingerprint: [UInt8]
        /// Seconds since 1970; `nil` is at once.
        var serveUntil: Int64?
    }

    static let name = "revoked.yaml"
    private static let byteCountMax = 1 << 22
    /// What a spec needs beside the file to be one.
    private static let rest = "apic: 1\ngateway: authority\napis: { none: { path: /, versions: {} } }\n"

    private(set) var epoch: UInt32 = 0
    private(set) var entries: [Entry] = []
    private let path: String

    /// Reads what is in an authority's folder; no file is no revocation.
    init(of authority: String) throws(FileFailure) {
        path = "\(authority)/\(Self.name)"
        guard access(path, F_OK) == 0 else { return }
        let bytes = try FileReading.bytes(at: path, byteCountMax: Self.byteCountMax)
        var diagnostics: [Diagnostic] = []
        // By the compiler's own reader, and whole or not at all: what is not understood must not be forgotten.
        let document = Compiler.document(
            [
                SourceFile(path: "authority", bytes: Array(Self.rest.utf8)), SourceFile(path: path, bytes: bytes),
            ],
            buildEnvironment: [:],
            into: &diagnostics
        )
        let isWrong = diagnostics.contains { $0.severity == .error && $0.span.file == 1 }
        guard let spec = document?.revocations, !isWrong else {
            throw FileFailure("`\(path)` is not what `apic cert revoke` writes; `apic check api.yaml \(path)` says why")
        }
        entries = spec.certificates.map { Entry(fingerprint: $0.fingerprint.value, serveUntil: $0.serveUntil?.value) }
        epoch = spec.epoch?.value ?? UInt32(entries.count)
    }

    /// When the node with a certificate stops serving: `nil` if it was not revoked.
    func entry(of fingerprint: [UInt8]) -> Entry? { entries.first { $0.fingerprint == fingerprint } }

    /// Takes certificates back, in a new epoch. One that was taken back before gets the date that is given now.
    mutating func revoke(_ fingerprints: [[UInt8]], serveUntil: Int64?) throws(FileFailure) {
        guard epoch < UInt32.max else { throw FileFailure("`\(path)`: no epoch is left") }
        epoch += 1
        entries.removeAll { fingerprints.contains($0.fingerprint) }
        entries += fingerprints.map { Entry(fingerprint: $0, serveUntil: serveUntil) }
    }

    /// Writes it beside the old one and renames it in.
    func write() throws(FileFailure) {
        let beside = "\(path).\(getpid())"
        unlink(beside)
        try FileWriting.create(beside, Array(text.utf8), mode: 0o644)
        guard rename(beside, path) == 0 else {
            let code = errno
            unlink(beside)
            throw FileFailure(cannot: "replace `\(path)`", code: code)
        }
    }

    private var text: String {
        var text = """
            # Written by `apic cert revoke`; build it into the bundle: apic build api.yaml \(path)
            revoked:
              epoch: \(epoch)
              certificates:

            """
        for entry in entries {
            let fingerprint = "\"sha256:\(BundleStatement.hex(entry.fingerprint))\""
            text +=
                entry.serveUntil.map {
                    "    - { certificate: \(fingerprint), serve-until: \(CalendarTime($0).rfc3339) }\n"
                } ?? "    - \(fingerprint)\n"
        }
        return text
    }
}
