/// How a message's body is delimited (RFC 9112 section 6.3).
enum BodyFraming: UInt8, BitwiseCopyable {
    case none
    /// By `Content-Length`.
    case length
    case chunked
    /// By the end of the connection, which requests have only on a stream of HTTP/2.
    case untilClose

    /// Nobody knows the length before the end, and trailers may follow.
    @inline(__always)
    var isOpen: Bool { self == .chunked || self == .untilClose }
}

/// Takes a body out of a stream of bytes. Chunks are decoded in place: the data of several chunks moves together, the
/// framing between them disappears. Lines of trailers come behind the data.
///
/// Strict (RFC 9112 section 7.1): hexadecimal sizes of bounded length, lines end with CRLF, extensions are read over up
/// to a bound, trailers are field lines up to a bound.
struct BodyReader: BitwiseCopyable {
    private enum ChunkState: UInt8, BitwiseCopyable {
        case size
        case extension_
        case sizeLineFeed
        case data
        case dataReturn
        case dataLineFeed
        case trailerStart
        case trailerName
        case trailerValue
        case trailerLineFeed
        case endLineFeed
    }

    /// What one step found.
    enum Step: Equatable {
        /// Data of the body at the beginning of the stretch, and so many bytes of trailer lines right behind it;
        /// `consumed` bytes of the stretch are done with.
        case progress(data: Int, trailers: Int, consumed: Int)
        /// The body is not well-formed.
        case fault
    }

    private(set) var framing: BodyFraming
    private var state: ChunkState = .size
    private var digitCount: UInt8 = 0
    private var lineCount: UInt16 = 0
    private var trailerCount: UInt16 = 0
    /// Bytes that remain of the body, or of the chunk.
    private(set) var remaining: UInt64
    private(set) var isComplete: Bool

    init(_ framing: BodyFraming, length: UInt64 = 0) {
        self.framing = framing
        remaining = framing == .length ? length : 0
        isComplete = framing == .none || (framing == .length && length == 0)
    }

    /// Takes what it can from a stretch of a block.
    ///
    /// - Returns: what now stands at `start`, and how many bytes of the stretch were consumed in all.
    mutating func step(_ block: Block, from start: Int, to end: Int) -> Step {
        switch framing {
        case .none: return .progress(data: 0, trailers: 0, consumed: 0)
        case .untilClose: return .progress(data: end - start, trailers: 0, consumed: end - start)
        case .length:
            let taken = Int(min(UInt64(end - start), remaining))
            remaining -= UInt64(taken)
            isComplete = remaining == 0
            return .progress(data: taken, trailers: 0, consumed: taken)
        case .chunked: return decodeChunks(block, from: start, to: end)
        }
    }

    /// Goes on by so many bytes of a body of known length, which come from elsewhere.
    mutating func pass(_ count: Int) {
        remaining -= UInt64(count)
        isComplete = remaining == 0
    }

    /// The end of the connection: the end of a body that it delimits, a fault in any other.
    mutating func end() -> Bool {
        if framing == .untilClose { isComplete = true }
        return isComplete
    }

    private mutating func decodeChunks(_ block: Block, from start: Int, to end: Int) -> Step {
        var read = start
        var written = start
        var trailers = 0
        while read < end, !isComplete {
            if state == .data {
                let taken = Int(min(UInt64(end - read), remaining))
                if read != written { block.move(from: read, to: written, count: taken) }
                read += taken
                written += taken
                remaining -= UInt64(taken)
                if remaining == 0 { state = .dataReturn }
            } else {
                let byte = block[read]
                let isOfTrailers = isInTrailers
                guard framingByte(byte) else { return .fault }
                read += 1
                // All but the empty line at the end.
                if isOfTrailers, isInTrailers {
                    block[written + trailers] = byte
                    trailers += 1
                }
            }
        }
        return .progress(data: written - start, trailers: trailers, consumed: read - start)
    }

    private var isInTrailers: Bool {
        switch state {
        case .trailerStart, .trailerName, .trailerValue, .trailerLineFeed: true
        default: false
        }
    }

    /// One byte that is not data. `false` if it must not stand there.
    private mutating func framingByte(_ byte: UInt8) -> Bool {
        switch state {
        case .size: return sizeByte(byte)
        case .extension_:
            lineCount += 1
            if byte == ASCII.cr {
                state = .sizeLineFeed
                return true
            }
            return lineCount <= Limits.chunkLineBytesMax && (byte == 0x09 || !ASCII.isControl(byte))
        case .sizeLineFeed:
            state = remaining == 0 ? .trailerStart : .data
            return byte == ASCII.lf
        case .data: return false
        case .dataReturn:
            state = .dataLineFeed
            return byte == ASCII.cr
        case .dataLineFeed:
            (state, digitCount, lineCount) = (.size, 0, 0)
            return byte == ASCII.lf
        case .trailerStart, .trailerName, .trailerValue, .trailerLineFeed: return trailerByte(byte)
        case .endLineFeed:
            isComplete = byte == ASCII.lf
            return isComplete
        }
    }

    private mutating func sizeByte(_ byte: UInt8) -> Bool {
        if let digit = ASCII.hexValue(byte) {
            digitCount += 1
            remaining = remaining << 4 | UInt64(digit)
            return digitCount <= Limits.chunkSizeDigitsMax
        }
        guard digitCount > 0 else { return false }
        switch byte {
        case ASCII.cr: state = .sizeLineFeed
        case 0x3B: state = .extension_
        default: return false
        }
        return true
    }

    private mutating func trailerByte(_ byte: UInt8) -> Bool {
        trailerCount += 1
        guard trailerCount <= Limits.trailerBytesMax else { return false }
        switch state {
        case .trailerStart where byte == ASCII.cr: state = .endLineFeed
        case .trailerStart:
            state = .trailerName
            return ASCII.isTokenByte(byte)
        case .trailerName:
            if byte == ASCII.colon {
                state = .trailerValue
                return true
            }
            return ASCII.isTokenByte(byte)
        case .trailerValue where byte == ASCII.cr: state = .trailerLineFeed
        case .trailerValue: return byte == 0x09 || !ASCII.isControl(byte)
        default:
            state = .trailerStart
            return byte == ASCII.lf
        }
        return true
    }
}
