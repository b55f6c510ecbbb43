/// Writes the text format of Prometheus, version 0.0.4: each family once, with its help and type, then its samples.
struct MetricsWriter {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    enum Kind: String {
        case counter
        case gauge
        case histogram
    }

    private(set) var bytes: [UInt8] = []

    /// Begins a family. Its samples follow at once.
    mutating func family(_ name: String, _ kind: Kind, _ help: String) {
        bytes += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n".utf8
    }

    mutating func sample(_ name: String, _ labels: KeyValuePairs<String, String>, _ value: some FixedWidthInteger) {
        sample(name, labels, text: String(value))
    }

    mutating func sample(_ name: String, _ value: some FixedWidthInteger) {
        sample(name, [:], text: String(value))
    }

    /// Microseconds as seconds.
    mutating func sample(_ name: String, _ labels: KeyValuePairs<String, String> = [:], microseconds: UInt64) {
        sample(name, labels, text: MetricsWriter.seconds(microseconds))
    }

    private mutating func sample(_ name: String, _ labels: KeyValuePairs<String, String>, text: String) {
        bytes += name.utf8
        if !labels.isEmpty {
            bytes.append(UInt8(ascii: "{"))
            for (index, (key, value)) in labels.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                bytes += key.utf8
                bytes += "=\"".utf8
                for byte in value.utf8 { append(escaped: byte) }
                bytes.append(UInt8(ascii: "\""))
            }
            bytes.append(UInt8(ascii: "}"))
        }
        bytes.append(UInt8(ascii: " "))
        bytes += text.utf8
        bytes.append(UInt8(ascii: "\n"))
    }

    private mutating func append(escaped byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\\"): bytes += "\\\\".utf8
        case UInt8(ascii: "\""): bytes += "\\\"".utf8
        case 0x0A: bytes += "\\n".utf8
        default: bytes.append(byte)
        }
    }

    /// `0.0025`, `1`, `10`: without zeros at the end.
    static func seconds(_ microseconds: UInt64) -> String {
        let whole = String(microseconds / 1_000_000)
        var fraction = Array(String(microseconds % 1_000_000 + 1_000_000).utf8.dropFirst())
        while fraction.last == UInt8(ascii: "0") { fraction.removeLast() }
        return fraction.isEmpty ? whole : whole + "." + String(decoding: fraction, as: UTF8.self)
    }
}
