/// Writes JSON text (RFC 8259) as UTF-8, in the order in which it is told.
package struct JSONWriter {
    package private(set) var bytes: [UInt8] = []
    /// Whether the next value or key is the first of its list or map.
    private var isFirst = true

    package init() {}

    package mutating func object(_ body: (inout JSONWriter) -> Void) { nest("{", "}", body) }

    package mutating func array(_ body: (inout JSONWriter) -> Void) { nest("[", "]", body) }

    package mutating func key(_ name: String, _ body: (inout JSONWriter) -> Void) {
        separate()
        quote(name)
        bytes.append(UInt8(ascii: ":"))
        isFirst = true
        body(&self)
        isFirst = false
    }

    package mutating func string(_ text: String) {
        separate()
        quote(text)
    }

    /// Text that already is JSON: a number, `true`, `null`.
    package mutating func verbatim(_ text: some Sequence<UInt8>) {
        separate()
        bytes += text
    }

    package mutating func number(_ value: Int) { verbatim(String(value).utf8) }

    private mutating func nest(_ open: Unicode.Scalar, _ close: Unicode.Scalar, _ body: (inout JSONWriter) -> Void) {
        separate()
        bytes.append(UInt8(ascii: open))
        isFirst = true
        body(&self)
        isFirst = false
        bytes.append(UInt8(ascii: close))
    }

    private mutating func separate() {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
    }

    private mutating func quote(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0x0A: bytes += "\\n".utf8
            case 0x0D: bytes += "\\r".utf8
            case 0x09: bytes += "\\t".utf8
            case 0..<0x20, 0x7F:
                let hex = String(byte, radix: 16)
                bytes += "\\u00".utf8
                if byte < 16 { bytes.append(UInt8(ascii: "0")) }
                bytes += hex.utf8
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
