/// What the signature of a bundle says: which files belong together, and in which order bundles follow each other. The
/// text form is lines of ASCII, the last of them the signature of all before it:
///
///     apic bundle signature 1
///     sequence 1764115200
///     file SHA-256 BYTES gateway.apib
///     file SHA-256 BYTES certs/edge.crt
///     key 32 BYTES OF A PUBLIC KEY
///     signature 64 BYTES
///
/// There is one way to write a statement, and nothing else is read: digests, keys and signatures are lower-case
/// hexadecimal, numbers have no leading zero, files ascend by path.
package struct BundleStatement: Equatable, Sendable {
    /// A file of the bundle.
    package struct File: Equatable, Sendable {
        /// Relative to the bundle's folder, and inside it.
        package var path: String
        package var byteCount: UInt64
        /// SHA-256.
        package var digest: [UInt8]

        package init(path: String, byteCount: UInt64, digest: [UInt8]) {
            self.path = path
            self.byteCount = byteCount
            self.digest = digest
        }
    }

    /// Where it stands in a bundle's folder.
    package static let fileName = "bundle.sig"
    /// A statement that is longer is none.
    package static let byteCountMax = 65_536
    package static let fileCountMax = 256
    package static let digestByteCount = 32
    package static let keyByteCount = 32
    package static let signatureByteCount = 64
    private static let pathByteCountMax = 1_024
    private static let title = "apic bundle signature 1"

    /// Bundles of a gateway are served in this order.
    package var sequence: UInt64
    /// Ascending by path.
    package var files: [File]
    /// The public key of Ed25519 whose signature this is.
    package var key: [UInt8]
    package var signature: [UInt8]

    /// A statement that is still to be signed.
    ///
    /// - Parameter files: in any order; their paths are distinct.
    package init(sequence: UInt64, files: [File], key: [UInt8]) {
        self.sequence = sequence
        self.files = files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        self.key = key
        signature = []
    }

    /// Reads the text form; `nil` if it is anything but that.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count <= BundleStatement.byteCountMax, bytes.last == 0x0A else { return nil }
        var lines = bytes.dropLast().split(separator: 0x0A, omittingEmptySubsequences: false)[...]
        guard lines.count >= 4, let title = lines.popFirst(), title.elementsEqual(BundleStatement.title.utf8),
            let sequence = lines.popFirst().flatMap({ BundleStatement.rest(of: $0, behind: "sequence ") }),
            let number = BundleStatement.number(sequence),
            let signature = lines.popLast().flatMap({ BundleStatement.rest(of: $0, behind: "signature ") }),
            let signatureBytes = BundleStatement.bytes(hex: signature, count: BundleStatement.signatureByteCount),
            let key = lines.popLast().flatMap({ BundleStatement.rest(of: $0, behind: "key ") }),
            let keyBytes = BundleStatement.bytes(hex: key, count: BundleStatement.keyByteCount),
            lines.count <= BundleStatement.fileCountMax
        else { return nil }
        var files: [File] = []
        for line in lines {
            guard let file = BundleStatement.file(line) else { return nil }
            files.append(file)
        }
        self.init(sequence: number, files: files, key: keyBytes)
        self.signature = signatureBytes
        // What is not written as it would be written here is not what was signed.
        guard zip(self.files, self.files.dropFirst()).allSatisfy({ $0.path != $1.path }), self.bytes == bytes else {
            return nil
        }
    }

    /// The bytes that the signature is of.
    package var signedBytes: [UInt8] {
        var text = "\(BundleStatement.title)\nsequence \(sequence)\n"
        for file in files {
            text += "file \(BundleStatement.hex(file.digest)) \(file.byteCount) \(file.path)\n"
        }
        return Array("\(text)key \(BundleStatement.hex(key))\n".utf8)
    }

    /// The text form, signature included.
    package var bytes: [UInt8] { signedBytes + Array("signature \(BundleStatement.hex(signature))\n".utf8) }

    /// The file with a path.
    package func file(_ path: String) -> File? { files.first { $0.path == path } }

    /// Whether a path can be one of a statement: relative, without a way out of the folder, on one line.
    package static func isPath(_ path: String) -> Bool {
        let names = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return path.utf8.count <= pathByteCountMax && path.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
            && names.allSatisfy { !$0.isEmpty && !$0.elementsEqual(".".utf8) && !$0.elementsEqual("..".utf8) }
    }

    /// Bytes as lower-case hexadecimal digits.
    package static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    // MARK: Parsing

    private static func file(_ line: ArraySlice<UInt8>) -> File? {
        guard let rest = rest(of: line, behind: "file ") else { return nil }
        let parts = rest.split(separator: UInt8(ascii: " "), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let digest = bytes(hex: parts[0], count: digestByteCount),
            let byteCount = number(parts[1]), let path = String(validating: parts[2], as: UTF8.self), isPath(path)
        else { return nil }
        return File(path: path, byteCount: byteCount, digest: digest)
    }

    private static func rest(of line: ArraySlice<UInt8>, behind word: StaticString) -> ArraySlice<UInt8>? {
        let count = word.utf8CodeUnitCount
        guard line.count > count, line.prefix(count).elementsEqual(word.description.utf8) else { return nil }
        return line.dropFirst(count)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        guard digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return UInt64(String(decoding: digits, as: UTF8.self))
    }

    private static func bytes(hex: ArraySlice<UInt8>, count: Int) -> [UInt8]? {
        guard hex.count == 2 * count else { return nil }
        var bytes: [UInt8] = []
        var rest = hex[...]
        while let high = rest.popFirst(), let low = rest.popFirst() {
            guard let first = value(high), let second = value(low) else { return nil }
            bytes.append(first << 4 | second)
        }
        return bytes
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}

extension TableView {
    /// Paths of the files that a bundle brings along for its table, relative to its folder; ascending. Keys are not
    /// among them, and neither is what stands at an absolute path or is renewed beside the bundle.
    package var bundledPaths: [String] {
        var references: [TextReference] = []
        for index in 0..<certificates.count { references.append(certificates[index].certificate) }
        for index in 0..<listenerTLS.count { references.append(listenerTLS[index].clientAuthorities) }
        for index in 0..<upstreamTLS.count { references.append(upstreamTLS[index].authorities) }
        for index in 0..<keySources.count { references.append(keySources[index].authorities) }
        return Set(references.map(string)).filter { !$0.isEmpty && !$0.hasPrefix("/") }.sorted()
    }
}
