internal import GatewayTable
internal import Glibc

/// Bytes in memory that somebody else owns: a block, the table, a literal. A view, valid as long as its owner.
///
/// Unsafe operations hold because `count` bounds every access, asserted in debug builds, and because views are made
/// and dropped within one step of the loop, in which no block moves.
@safe
struct Bytes: @unchecked Sendable {
    let base: UnsafePointer<UInt8>
    let count: Int

    @inline(__always)
    init(_ base: UnsafePointer<UInt8>, count: Int) {
        unsafe self.base = base
        self.count = count
    }

    @inline(__always)
    init(_ literal: StaticString) {
        unsafe base = literal.utf8Start
        count = literal.utf8CodeUnitCount
    }

    @inline(__always)
    init(_ bytes: TableBytes) {
        unsafe base = bytes.base
        count = bytes.count
    }

    static var empty: Bytes { Bytes("") }

    @inline(__always)
    var isEmpty: Bool { count == 0 }

    @inline(__always)
    var buffer: UnsafeBufferPointer<UInt8> { unsafe UnsafeBufferPointer(start: base, count: count) }

    @inline(__always)
    subscript(index: Int) -> UInt8 {
        assert(index >= 0 && index < count)
        return unsafe base[index]
    }

    @inline(__always)
    subscript(range: Range<Int>) -> Bytes {
        assert(range.lowerBound >= 0 && range.upperBound <= count)
        return unsafe Bytes(base + range.lowerBound, count: range.count)
    }

    @inline(__always)
    func from(_ offset: Int) -> Bytes { self[offset..<count] }

    /// The first index of a byte at or behind `start`, or `nil`.
    @inline(__always)
    func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
        guard start < count else { return nil }
        // memchr reads at most the `count - start` bytes that remain.
        guard let found = unsafe memchr(base + start, Int32(byte), count - start) else { return nil }
        return unsafe UnsafeRawPointer(found) - UnsafeRawPointer(base)
    }

    func equals(_ other: Bytes) -> Bool {
        // memcmp reads `count` bytes of both, which are equally long.
        count == other.count && (unsafe memcmp(base, other.base, count)) == 0
    }

    /// Whether the bytes are those of a lower-case text, in any case. ASCII letters only (RFC 9110 section 5.1).
    func equalsIgnoringCase(_ lowercase: Bytes) -> Bool {
        guard count == lowercase.count else { return false }
        for index in 0..<count where ASCII.lowercased(self[index]) != lowercase[index] { return false }
        return true
    }

    /// Whether the bytes are those of a text of any case, in any case. ASCII letters only.
    func equals(inAnyCase other: Bytes) -> Bool {
        guard count == other.count else { return false }
        for index in 0..<count where ASCII.lowercased(self[index]) != ASCII.lowercased(other[index]) { return false }
        return true
    }

    @inline(__always)
    private static var bit5: UInt64 { 0x2020_2020_2020_2020 }

    /// Whether the bytes are those of a literal in lower case, in any case, eight at a time.
    ///
    /// Setting bit 5 makes a letter of no other byte than its upper case; of the other bytes that literals here have,
    /// `-` and digits, only of control bytes.
    ///
    /// - Precondition: the bytes have no control bytes; the literal has letters, digits and `-` only, 24 at most.
    @inline(__always)
    func equalsIgnoringCase(_ lowercase: StaticString) -> Bool {
        let length = lowercase.utf8CodeUnitCount
        guard count == length else { return false }
        // Every load lies within the first `length` bytes of both, and is known at build for the literal.
        let own = unsafe UnsafeRawPointer(base)
        let other = unsafe UnsafeRawPointer(lowercase.utf8Start)
        if length >= 8 {
            let first = unsafe own.loadUnaligned(as: UInt64.self) | Self.bit5
            let last = unsafe own.loadUnaligned(fromByteOffset: length - 8, as: UInt64.self) | Self.bit5
            guard unsafe first == other.loadUnaligned(as: UInt64.self),
                unsafe last == other.loadUnaligned(fromByteOffset: length - 8, as: UInt64.self)
            else { return false }
            guard length > 16 else { return true }
            let middle = unsafe own.loadUnaligned(fromByteOffset: 8, as: UInt64.self) | Self.bit5
            return unsafe middle == other.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        }
        if length >= 4 {
            let mask = UInt32(truncatingIfNeeded: Self.bit5)
            let first = unsafe own.loadUnaligned(as: UInt32.self) | mask
            let last = unsafe own.loadUnaligned(fromByteOffset: length - 4, as: UInt32.self) | mask
            return unsafe first == other.loadUnaligned(as: UInt32.self)
                && last == other.loadUnaligned(fromByteOffset: length - 4, as: UInt32.self)
        }
        for index in 0..<length {
            guard unsafe self[index] | 0x20 == lowercase.utf8Start[index] else { return false }
        }
        return true
    }

    func hasSuffix(_ other: Bytes) -> Bool {
        count >= other.count && from(count - other.count).equals(other)
    }

    func hasPrefix(_ other: Bytes) -> Bool {
        count >= other.count && self[0..<other.count].equals(other)
    }

    /// Without spaces and tabs at both ends (OWS, RFC 9110 section 5.6.3).
    var trimmed: Bytes {
        var start = 0
        var end = count
        while start < end, ASCII.isBlank(self[start]) { start += 1 }
        while end > start, ASCII.isBlank(self[end - 1]) { end -= 1 }
        return self[start..<end]
    }

    /// The bytes as an unsigned decimal number without sign or blanks; `nil` if they are none or do not fit into 64
    /// bits.
    var decimal: UInt64? {
        guard count > 0, count <= 20 else { return nil }
        var value: UInt64 = 0
        // Nineteen digits fit into 64 bits.
        for index in 0..<min(count, 19) {
            let digit = self[index] &- 0x30
            guard digit <= 9 else { return nil }
            value = value &* 10 &+ UInt64(digit)
        }
        guard count == 20 else { return value }
        let digit = self[19] &- 0x30
        let (product, isOver) = value.multipliedReportingOverflow(by: 10)
        let (sum, carries) = product.addingReportingOverflow(UInt64(digit))
        return digit <= 9 && !isOver && !carries ? sum : nil
    }

    var string: String { unsafe String(decoding: buffer, as: UTF8.self) }
}

/// Questions about single bytes.
enum ASCII {
    static let cr: UInt8 = 0x0D
    static let lf: UInt8 = 0x0A
    static let space: UInt8 = 0x20
    static let slash: UInt8 = 0x2F
    static let percent: UInt8 = 0x25
    static let colon: UInt8 = 0x3A
    static let dot: UInt8 = 0x2E
    static let comma: UInt8 = 0x2C
    static let quote: UInt8 = 0x22

    @inline(__always)
    static func lowercased(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

    @inline(__always)
    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    @inline(__always)
    static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7F }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    /// Whether a byte may stand in a token: method or field name (RFC 9110 section 5.6.2).
    @inline(__always)
    static func isTokenByte(_ byte: UInt8) -> Bool {
        // Two 64-bit sets: bytes 0 to 63, and 64 to 127.
        let low: UInt64 = 0x03FF_6CFA_0000_0000
        let high: UInt64 = 0x57FF_FFFF_C7FF_FFFE
        if byte < 64 { return low >> UInt64(byte) & 1 != 0 }
        return byte < 128 && high >> UInt64(byte & 63) & 1 != 0
    }

    /// Whether a byte needs no percent-escape in a URI (RFC 3986 section 2.3).
    @inline(__always)
    static func isUnreserved(_ byte: UInt8) -> Bool {
        isDigit(byte) || lowercased(byte) &- 0x61 < 26 || byte == 0x2D || byte == 0x2E || byte == 0x5F || byte == 0x7E
    }

    /// The value of a hexadecimal digit, or `nil`.
    @inline(__always)
    static func hexValue(_ byte: UInt8) -> UInt8? {
        if isDigit(byte) { return byte - 0x30 }
        let letter = lowercased(byte)
        return letter &- 0x61 < 6 ? letter - 0x61 + 10 : nil
    }
}
