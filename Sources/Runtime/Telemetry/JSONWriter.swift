internal import GatewayTable

/// Writes one JSON value (RFC 8259) into bytes: objects, arrays and what is in them, in the order of the calls.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    private var needsComma = false

    mutating func openObject() { open(UInt8(ascii: "{")) }
    mutating func closeObject() { close(UInt8(ascii: "}")) }
    mutating func openArray() { open(UInt8(ascii: "[")) }
    mutating func closeArray() { close(UInt8(ascii: "]")) }

    /// The name of the member that comes next.
    mutating func key(_ name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    mutating func string(_ text: String) {
        separate()
        bytes.appendQuoted(text)
    }

    mutating func integer(_ value: some BinaryInteger) {
        separate()
        bytes += String(value).utf8
    }

    mutating func boolean(_ value: Bool) {
        separate()
        bytes += (value ? "true" : "false").utf8
    }

    mutating func null() {
        separate()
        bytes += "null".utf8
    }

    mutating func member(_ name: String, _ text: String?) {
        key(name)
        if let text { string(text) } else { null() }
    }

    mutating func member(_ name: String, _ value: Int64) {
        key(name)
        integer(value)
    }

    mutating func member(_ name: String, _ value: UInt64) {
        key(name)
        integer(value)
    }

    mutating func member(_ name: String, _ value: Bool) {
        key(name)
        boolean(value)
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }
}

extension [UInt8] {
    /// Appends a JSON string with its quotes.
    mutating func appendQuoted(_ text: String) {
        var text = text
        // The text's bytes are lent for the call, and six times as many, and two, are reserved.
        let quoted = text.withUTF8 { utf8 in
            unsafe [UInt8](unsafeUninitializedCapacity: 6 * utf8.count + 2) { buffer, count in
                guard let start = buffer.baseAddress else { return }
                var writer = unsafe LineWriter(start)
                let empty = TableBytes.none
                writer.put(quoted: unsafe TableBytes(base: utf8.baseAddress ?? empty.base, count: utf8.count))
                count = writer.count
            }
        }
        self += quoted
    }
}
