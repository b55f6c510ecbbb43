internal import CPlatform
internal import CTLS
internal import Digests
internal import GatewayTable
internal import Glibc

/// As whom the gateway asks other servers: by record of `introspections` a whole header line with its secret, in memory
/// that is overwritten when the bundle is used no more. One of a generation.
///
/// Unsafe operations hold because every line lies within the memory, which lives as long as the object.
@safe
final class ClientSecrets: @unchecked Sendable {
    private let base: UnsafeMutablePointer<UInt8>
    private let count: Int
    private let lines: [Range<Int>]

    private init(_ lines: [[UInt8]]) {
        let count = lines.reduce(0) { $0 + $1.count }
        let base = UnsafeMutablePointer<UInt8>.allocate(capacity: max(count, 1))
        var ranges: [Range<Int>] = []
        var end = 0
        for line in lines {
            for (offset, byte) in line.enumerated() { unsafe base[end + offset] = byte }
            ranges.append(end..<end + line.count)
            end += line.count
        }
        self.count = count
        self.lines = ranges
        unsafe self.base = base
    }

    deinit {
        unsafe apic_tls_wipe(base, count)
        unsafe base.deallocate()
    }

    /// `Authorization: Basic …` with its end, for a record.
    func line(_ index: UInt32) -> Bytes {
        let range = lines[Int(index)]
        return unsafe Bytes(base + range.lowerBound, count: range.count)
    }

    /// Reads the secrets that a table names.
    ///
    /// - Parameters:
    ///   - folder: of the bundle, with a slash: relative paths are relative to it.
    ///   - files: gets those that were read.
    ///   - digest: gets what they hold.
    static func load(
        _ view: TableView,
        folder: String,
        files: inout [Security.WatchedFile],
        digest: inout SHA256
    ) throws(LoadError) -> ClientSecrets {
        var lines: [[UInt8]] = []
        for index in 0..<view.introspections.count {
            let record = view.introspections[index]
            let client = view.bytes(record.clientID).array
            let place = view.string(record.secret)
            let owner = "oauth2-introspection as \(view.string(record.clientID))"
            let secret: [UInt8]
            if record.secretKind == UInt32(CredentialKind.file.rawValue) {
                let path = place.hasPrefix("/") ? place : folder + place
                files.append(Security.WatchedFile(path: path, identity: BundleWatch.Identity(path: path)))
                secret = try Secrets.file(path, consumer: owner)
            } else {
                secret = try Secrets.environment(place, consumer: owner)
            }
            digest.update(secret)
            // RFC 6749 section 2.3.1: both are encoded like a form before they are joined.
            let pair = formEncoded(client) + [UInt8(ascii: ":")] + formEncoded(secret)
            lines.append(Array("Authorization: Basic ".utf8) + base64(pair) + [13, 10])
        }
        return ClientSecrets(lines)
    }

    private static func formEncoded(_ bytes: [UInt8]) -> [UInt8] {
        return bytes.flatMap { byte in
            FormText.isPlain(byte) ? [byte] : [ASCII.percent, FormText.digit(byte >> 4), FormText.digit(byte & 15)]
        }
    }

    private static func base64(_ bytes: [UInt8]) -> [UInt8] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = (0..<3).reduce(0) { $0 << 8 | (start + $1 < bytes.count ? Int(bytes[start + $1]) : 0) }
            for index in 0..<4 {
                let isPadding = start + index > bytes.count
                text.append(isPadding ? UInt8(ascii: "=") : alphabet[group >> (18 - 6 * index) & 63])
            }
        }
        return text
    }
}

/// Texts in forms (`application/x-www-form-urlencoded`).
enum FormText {
    /// Whether a token is one that could have been issued (RFC 6749 appendix A.12): visible characters, without blanks.
    static func isToken(_ bytes: Bytes) -> Bool {
        for index in 0..<bytes.count where bytes[index] <= 0x20 || bytes[index] >= 0x7F { return false }
        return !bytes.isEmpty
    }

    /// Half of an escape.
    static func digit(_ half: UInt8) -> UInt8 { half < 10 ? 0x30 + half : 0x37 + half }

    /// What stands for itself, and is no space.
    static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: true
        default: false
        }
    }
}
