/// Lists of media types in the text pool: in lower case, each with a line feed behind it. A subtype may begin with `*`,
/// which stands for anything: `text/*`, `application/*+json`.
package enum MediaTypes {
    /// The text of a list.
    package static func text(_ types: [String]) -> String { types.map { $0 + "\n" }.joined() }

    /// Whether bytes are such a list, and hold a type at least.
    static func areTypes(_ bytes: TableBytes) -> Bool {
        var start = 0
        var slash = -1
        for offset in 0..<bytes.count {
            let byte = bytes[offset]
            if byte == UInt8(ascii: "\n") {
                guard slash > start, offset > slash + 1 else { return false }
                (start, slash) = (offset + 1, -1)
            } else if byte == UInt8(ascii: "/") {
                guard slash < 0 else { return false }
                slash = offset
            } else {
                let isUpper = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
                guard byte > 0x20, byte < 0x7F, !isUpper else { return false }
                // In the one place where it stands for something.
                guard byte != UInt8(ascii: "*") || (slash >= 0 && offset == slash + 1) else { return false }
            }
        }
        return bytes.count > 0 && start == bytes.count
    }
}
