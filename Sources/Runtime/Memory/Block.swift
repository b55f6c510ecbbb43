internal import Glibc

/// A fixed piece of memory (`Limits.blockBytes`) for the bytes of one direction of one connection.
@safe
struct Block: BitwiseCopyable, @unchecked Sendable {
    let base: UnsafeMutablePointer<UInt8>

    /// - Precondition: the range lies within the block.
    @inline(__always)
    func bytes(_ start: Int, _ end: Int) -> Bytes {
        assert(start >= 0 && start <= end && end <= Limits.blockBytes)
        return unsafe Bytes(base + start, count: end - start)
    }

    /// Moves bytes within the block; the ranges may overlap.
    @inline(__always)
    func move(from source: Int, to destination: Int, count: Int) {
        assert(source >= 0 && destination >= 0 && max(source, destination) + count <= Limits.blockBytes)
        unsafe _ = memmove(base + destination, base + source, count)
    }

    /// Copies bytes of elsewhere into the block.
    @inline(__always)
    func copy(_ bytes: Bytes, to destination: Int) {
        assert(destination >= 0 && destination + bytes.count <= Limits.blockBytes)
        unsafe _ = memcpy(base + destination, bytes.base, bytes.count)
    }

    subscript(index: Int) -> UInt8 {
        get {
            assert(index >= 0 && index < Limits.blockBytes)
            return unsafe base[index]
        }
        nonmutating set {
            assert(index >= 0 && index < Limits.blockBytes)
            unsafe base[index] = newValue
        }
    }
}

/// The blocks that a worker is not using. Each is allocated once and used again, so that the request path does not
/// allocate in steady state.
///
/// A handle, free to copy: the callbacks of HTTP/2 sessions take blocks, too.
///
/// Unsafe operations hold because the first word of a block that is not in use links it to the next one, and nobody
/// else looks at it.
@safe
struct BlockPool: @unchecked Sendable {
    @safe
    private struct Spare {
        var first: UnsafeMutableRawPointer?
        var count = 0
    }

    private let spare: UnsafeMutablePointer<Spare>

    init() {
        unsafe spare = .allocate(capacity: 1)
        unsafe spare.initialize(to: Spare())
    }

    func take() -> Block {
        guard let first = unsafe spare.pointee.first else {
            // Pages are touched only as far as bytes are written. The odd lines behind each block keep the first bytes
            // of all blocks, which are the ones in use, out of the same few sets of the caches.
            return unsafe Block(base: .allocate(capacity: Limits.blockBytes + Limits.blockGapBytes))
        }
        unsafe spare.pointee.first = first.load(as: UnsafeMutableRawPointer?.self)
        unsafe spare.pointee.count -= 1
        return unsafe Block(base: first.assumingMemoryBound(to: UInt8.self))
    }

    func give(_ block: Block) {
        guard unsafe spare.pointee.count < Limits.spareBlockCountMax else {
            unsafe block.base.deallocate()
            return
        }
        let start = unsafe UnsafeMutableRawPointer(block.base)
        unsafe start.storeBytes(of: spare.pointee.first, as: UnsafeMutableRawPointer?.self)
        unsafe spare.pointee.first = start
        unsafe spare.pointee.count += 1
    }

    /// - Precondition: no copy of the handle is used any more.
    func deallocate() {
        while let first = unsafe spare.pointee.first {
            unsafe spare.pointee.first = first.load(as: UnsafeMutableRawPointer?.self)
            unsafe first.deallocate()
        }
        unsafe spare.deallocate()
    }
}

/// Appends bytes to a stretch of memory; what does not fit is not written but noted.
@safe
struct ByteWriter {
    private let base: UnsafeMutablePointer<UInt8>
    private let capacity: Int
    private(set) var count: Int
    private(set) var isOverfull = false

    @inline(__always)
    init(_ base: UnsafeMutablePointer<UInt8>, capacity: Int, count: Int = 0) {
        unsafe self.base = base
        self.capacity = capacity
        self.count = count
    }

    /// Behind the first `count` bytes of a block.
    @inline(__always)
    init(_ block: Block, count: Int = 0, capacity: Int = Limits.blockBytes) {
        unsafe self.init(block.base, capacity: capacity, count: count)
    }

    var written: Bytes { unsafe Bytes(base, count: count) }
    var room: Int { capacity - count }

    @inline(__always)
    mutating func append(_ bytes: Bytes) {
        guard bytes.count <= capacity - count else {
            isOverfull = true
            return
        }
        // The guard leaves room for exactly these bytes.
        unsafe _ = memcpy(base + count, bytes.base, bytes.count)
        count += bytes.count
    }

    @inline(__always)
    mutating func append(_ literal: StaticString) { append(Bytes(literal)) }

    @inline(__always)
    mutating func append(byte: UInt8) {
        guard count < capacity else {
            isOverfull = true
            return
        }
        unsafe base[count] = byte
        count += 1
    }

    mutating func append(lowercased bytes: Bytes) {
        for index in 0..<bytes.count { append(byte: ASCII.lowercased(bytes[index])) }
    }

    mutating func append(decimal value: UInt64) {
        // 20 digits hold every 64-bit number.
        var digits = InlineArray<20, UInt8>(repeating: 0x30)
        var rest = value
        var first = 20
        repeat {
            first -= 1
            digits[first] = UInt8(0x30 + rest % 10)
            rest /= 10
        } while rest > 0
        for index in first..<20 { append(byte: digits[index]) }
    }

    mutating func append(hexadecimal value: UInt64) {
        var shift = 60
        while shift > 0, value >> UInt64(shift) == 0 { shift -= 4 }
        while shift >= 0 {
            let digit = UInt8(truncatingIfNeeded: value >> UInt64(shift)) & 15
            append(byte: digit < 10 ? 0x30 + digit : 0x57 + digit)
            shift -= 4
        }
    }

    /// Text as the inside of a JSON string (RFC 8259 section 7); bytes that are not ASCII pass if they are UTF-8, else
    /// become U+FFFD one by one.
    mutating func append(json bytes: Bytes) {
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case ASCII.quote: append("\\\"")
            case 0x5C: append("\\\\")
            case 0x00..<0x20, 0x7F:
                append("\\u00")
                append(byte: byte >> 4 == 0 ? 0x30 : 0x30 + byte >> 4)
                let low = byte & 15
                append(byte: low < 10 ? 0x30 + low : 0x57 + low)
            case 0x20..<0x7F: append(byte: byte)
            default:
                let length = UTF8Sequence.count(in: bytes, at: index)
                guard length > 0 else {
                    append("\\ufffd")
                    break
                }
                append(bytes[index..<index + length])
                index += length - 1
            }
            index += 1
        }
    }
}

/// Well-formed sequences of UTF-8 (Unicode 15, table 3-7).
enum UTF8Sequence {
    /// Bytes of the sequence that begins with a byte of 0x80 or more, or 0 if it is none.
    static func count(in bytes: Bytes, at start: Int) -> Int {
        let lead = bytes[start]
        let length: Int
        var low: UInt8 = 0x80
        var high: UInt8 = 0xBF
        switch lead {
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, low) = (3, 0xA0)
        case 0xED: (length, high) = (3, 0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, low) = (4, 0x90)
        case 0xF4: (length, high) = (4, 0x8F)
        case 0xF1...0xF3: length = 4
        default: return 0
        }
        guard start + length <= bytes.count, (low...high).contains(bytes[start + 1]) else { return 0 }
        for offset in 2..<max(length, 2) where bytes[start + offset] & 0xC0 != 0x80 { return 0 }
        return length
    }
}
