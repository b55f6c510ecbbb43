/// The trailer fields of one body (RFC 9110 section 6.5), until they are handed on: their lines in a block, framed as
/// the end of a chunked body, so that a connection of HTTP/1.1 can be lent the whole. Empty for most bodies.
struct Trailers: BitwiseCopyable {
    /// Ends the last chunk.
    private static var prefix: StaticString { "0\r\n" }

    /// Whoever holds the trailers gives it back.
    private(set) var block: Block?
    private(set) var end: Int32 = 0
    /// They are complete, and to be sent behind the body.
    var isWaiting = false

    /// The lines, without the empty one at the end.
    var lines: Bytes {
        guard let block else { return .empty }
        return block.bytes(Trailers.prefix.utf8CodeUnitCount, Int(end) - (isComplete ? 2 : 0))
    }

    private(set) var isComplete = false

    /// Keeps a piece of the lines.
    ///
    /// - Returns: whether there is room for it.
    mutating func keep(_ bytes: Bytes, _ pool: BlockPool) -> Bool {
        var writer = start(pool)
        writer.append(bytes)
        end = Int32(writer.count)
        return !writer.isOverfull
    }

    /// Keeps a field as a line.
    mutating func keep(name: Bytes, value: Bytes, _ pool: BlockPool) -> Bool {
        var writer = start(pool)
        writer.append(name)
        writer.append(": ")
        writer.append(value)
        writer.append("\r\n")
        end = Int32(writer.count)
        return !writer.isOverfull
    }

    private mutating func start(_ pool: BlockPool) -> ByteWriter {
        if let block { return ByteWriter(block, count: Int(end), capacity: Limits.trailerBytesMax) }
        let fresh = pool.take()
        block = fresh
        var writer = ByteWriter(fresh, capacity: Limits.trailerBytesMax)
        writer.append(Trailers.prefix)
        return writer
    }

    /// The body is sent once more.
    mutating func rewind() { isWaiting = !lines.isEmpty }

    /// All lines are there: leaves out those of fields that must not be trailers, or that the gateway says itself.
    ///
    /// - Returns: `false` if one names the message's framing, so that its sender cannot be trusted with it.
    mutating func complete() -> Bool {
        guard let block else { return true }
        isComplete = true
        return keepLines(of: block, to: Int(end)) { TrailerRule.of($0) }
    }

    /// Leaves out a field that policy has a say in.
    ///
    /// - Parameter name: in lower case.
    mutating func drop(name lowercase: Bytes) {
        guard let block, isComplete else { return }
        _ = keepLines(of: block, to: Int(end) - 2) { $0.equalsIgnoringCase(lowercase) ? .dropped : .carried }
    }

    private mutating func keepLines(of block: Block, to linesEnd: Int, _ rule: (Bytes) -> TrailerRule) -> Bool {
        let first = Trailers.prefix.utf8CodeUnitCount
        var read = first
        var written = first
        while read < linesEnd {
            let rest = block.bytes(read, linesEnd)
            guard let lineFeed = rest.firstIndex(of: ASCII.lf) else { return false }
            switch rule(rest[0..<rest.endOfToken(from: 0)]) {
            case .refused: return false
            case .dropped: break
            case .carried:
                block.move(from: read, to: written, count: lineFeed + 1)
                written += lineFeed + 1
            }
            read += lineFeed + 1
        }
        isWaiting = written > first
        block[written] = ASCII.cr
        block[written + 1] = ASCII.lf
        end = Int32(written + 2)
        return true
    }
}

/// What becomes of a trailer field by its name.
enum TrailerRule {
    case carried
    case dropped
    case refused

    /// Trailers come when decisions were made: fields that frame or route a message, change what it asks for, say who
    /// asks, or how its content is to be read, have no place there (RFC 9110 section 6.5.1), nor have those that the
    /// gateway says itself.
    static func of(_ name: Bytes) -> TrailerRule {
        switch FieldKind.of(name) {
        case .contentLength, .transferEncoding: .refused
        case .other: isForbidden(name) ? .dropped : .carried
        default: .dropped
        }
    }

    private static func isForbidden(_ name: Bytes) -> Bool {
        let crossOrigin = Bytes("access-control-")
        if name.count > crossOrigin.count, name[0..<crossOrigin.count].equalsIgnoringCase(crossOrigin) { return true }
        return switch name.count {
        case 0: true
        case 3: name.isName("age") || name.isName("via")
        case 5: name.isName("range")
        case 6: name.isName("cookie") || name.isName("pragma")
        case 7: name.isName("expires") || name.isName("warning")
        case 8: name.isName("if-match") || name.isName("if-range") || name.isName("location")
        case 10: name.isName("set-cookie")
        case 11: name.isName("retry-after")
        case 12: name.isName("content-type") || name.isName("max-forwards")
        case 13:
            name.isName("authorization") || name.isName("cache-control") || name.isName("content-range")
                || name.isName("if-none-match")
        case 16: name.isName("content-encoding") || name.isName("www-authenticate")
        case 17: name.isName("if-modified-since")
        case 19: name.isName("authentication-info") || name.isName("if-unmodified-since")
        default: false
        }
    }
}
