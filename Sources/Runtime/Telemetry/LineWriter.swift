internal import GatewayTable
internal import Glibc

/// Writes text, numbers and JSON strings into raw memory. The caller reserved enough for what it writes.
///
/// Unsafe operations hold because each function says how much it writes at most, and callers reserve the sum.
@safe
struct LineWriter: ~Copyable {
    private let start: UnsafeMutablePointer<UInt8>
    private var next: UnsafeMutablePointer<UInt8>

    init(_ start: UnsafeMutablePointer<UInt8>) {
        unsafe self.start = start
        unsafe next = start
    }

    var count: Int { unsafe next - start }

    /// - Precondition: at least one byte was written.
    func replaceFirst(with byte: UInt8) {
        unsafe start.pointee = byte
    }

    @inline(__always)
    mutating func put(_ byte: UInt8) {
        unsafe next.pointee = byte
        unsafe next += 1
    }

    @inline(__always)
    mutating func put(_ text: StaticString) {
        unsafe memcpy(next, text.utf8Start, text.utf8CodeUnitCount)
        unsafe next += text.utf8CodeUnitCount
    }

    /// At most 20 bytes.
    mutating func put(_ value: UInt64) {
        var digitCount = 1
        var bound: UInt64 = 10
        while digitCount < 20, value >= bound {
            digitCount += 1
            let (product, overflow) = bound.multipliedReportingOverflow(by: 10)
            if overflow { break }
            bound = product
        }
        put(value, digitCount: digitCount)
    }

    /// The last `digitCount` decimal digits of a number.
    mutating func put(_ value: UInt64, digitCount: Int) {
        var rest = value
        for index in stride(from: digitCount - 1, through: 0, by: -1) {
            unsafe next[index] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
        unsafe next += digitCount
    }

    /// Microseconds as seconds with six decimals; at most 21 bytes.
    mutating func put(seconds microseconds: UInt64) {
        put(microseconds / 1_000_000)
        put(UInt8(ascii: "."))
        put(microseconds % 1_000_000, digitCount: 6)
    }

    /// RFC 3339 with milliseconds: 24 bytes.
    mutating func put(time epochMilliseconds: Int64) {
        // Milliseconds go in the place of the `Z`, the last of the 20 bytes.
        let text = unsafe UnsafeMutableBufferPointer(start: next, count: CalendarTime.rfc3339ByteCount)
        unsafe CalendarTime(epochMilliseconds / 1_000).writeRFC3339(into: text)
        unsafe next += CalendarTime.rfc3339ByteCount - 1
        put(UInt8(ascii: "."))
        put(UInt64(epochMilliseconds % 1_000), digitCount: 3)
        put(UInt8(ascii: "Z"))
    }

    /// A JSON string with its quotes (RFC 8259 section 7); at most six bytes per byte, and two. What is not UTF-8 is
    /// replaced by U+FFFD, so that a line is always valid whatever a client sent.
    mutating func put(quoted text: TableBytes) {
        put(UInt8(ascii: "\""))
        var index = 0
        while index < text.count {
            let plain = LineWriter.plainPrefix(text, from: index)
            unsafe memcpy(next, text.base + index, plain)
            unsafe next += plain
            index += plain
            guard index < text.count else { break }
            index += putEscaped(text, at: index)
        }
        put(UInt8(ascii: "\""))
    }

    /// Writes one character that is not plain ASCII.
    ///
    /// - Returns: how many bytes of the text it took.
    private mutating func putEscaped(_ text: TableBytes, at index: Int) -> Int {
        let byte = unsafe text.base[index]
        switch byte {
        case UInt8(ascii: "\""): put("\\\"")
        case UInt8(ascii: "\\"): put("\\\\")
        case 0x0A: put("\\n")
        case 0x0D: put("\\r")
        case 0x09: put("\\t")
        case 0..<0x20, 0x7F:
            put("\\u00")
            put(LineWriter.hexDigit(byte >> 4))
            put(LineWriter.hexDigit(byte & 15))
        default:
            let length = LineWriter.characterLength(text, at: index)
            guard length > 0 else {
                put("\u{FFFD}")
                return 1
            }
            unsafe memcpy(next, text.base + index, length)
            unsafe next += length
            return length
        }
        return 1
    }

    /// How many bytes from `index` on need no escape: eight at a time, then one by one.
    private static func plainPrefix(_ text: TableBytes, from index: Int) -> Int {
        var end = index
        while text.count - end >= 8 {
            // In bounds: eight bytes remain.
            let word = unsafe UnsafeRawPointer(text.base + end).loadUnaligned(as: UInt64.self)
            if needsEscape(word) { break }
            end += 8
        }
        while end < text.count {
            let byte = unsafe text.base[end]
            guard byte >= 0x20, byte < 0x7F, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") else { break }
            end += 1
        }
        return end - index
    }

    /// Whether any of eight bytes is a control, a quote, a backslash, DEL or not ASCII. May err towards yes.
    private static func needsEscape(_ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops: UInt64 = 0x8080_8080_8080_8080
        let controls = (word &- ones &* 0x20) & ~word
        let quotes = (word ^ ones &* 0x22) &- ones
        let backslashes = (word ^ ones &* 0x5C) &- ones
        let deletes = (word ^ ones &* 0x7F) &- ones
        return (word | controls | quotes | backslashes | deletes) & tops != 0
    }

    /// Length of the valid UTF-8 sequence at `index` (RFC 3629 section 4), or 0.
    private static func characterLength(_ text: TableBytes, at index: Int) -> Int {
        let first = unsafe text.base[index]
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch first {
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        case 0xF1...0xF3: length = 4
        default: return 0
        }
        guard text.count - index >= length, unsafe second.contains(text.base[index + 1]) else { return 0 }
        for offset in 2..<max(length, 2) {
            guard unsafe text.base[index + offset] & 0xC0 == 0x80 else { return 0 }
        }
        return length
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
