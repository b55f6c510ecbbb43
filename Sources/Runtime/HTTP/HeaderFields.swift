internal import CPlatform

/// What the gateway itself reads of header fields; all others are carried along.
enum FieldKind: UInt8, BitwiseCopyable {
    case other = 0
    case host
    case connection
    case contentLength
    case transferEncoding
    case expect
    case upgrade
    case te
    case trailer
    case keepAlive
    case proxyConnection
    case proxyAuthorization
    case proxyAuthenticate
    case http2Settings
    case forwarded
    case forwardedFor
    case forwardedHost
    case forwardedProto
    case forwardedOther
    case consumer
    case date
    case deprecation
    case sunset
    case link
    case vary
    case rateLimit

    /// The kind of a field name, found by its length and then by its bytes.
    @inline(__always)
    static func of(_ name: Bytes) -> FieldKind {
        // Most names are of a length that no field of interest has, or differ in their first byte.
        name.count < 2 || name.count > 19 ? .other : ofKnownLength(name)
    }

    private static func ofKnownLength(_ name: Bytes) -> FieldKind {
        switch name.count {
        case 2: name.isName("te") ? .te : .other
        case 4:
            name.isName("host")
                ? .host
                : name.isName("date") ? .date : name.isName("link") ? .link : name.isName("vary") ? .vary : .other
        case 6: name.isName("expect") ? .expect : name.isName("sunset") ? .sunset : .other
        case 7: name.isName("upgrade") ? .upgrade : name.isName("trailer") ? .trailer : .other
        case 9: name.isName("forwarded") ? .forwarded : name.isName("ratelimit") ? .rateLimit : .other
        case 10: name.isName("connection") ? .connection : name.isName("keep-alive") ? .keepAlive : .other
        case 11: name.isName("deprecation") ? .deprecation : .other
        case 14:
            name.isName("content-length") ? .contentLength : name.isName("http2-settings") ? .http2Settings : .other
        case 15: name.isName("x-forwarded-for") ? .forwardedFor : name.isName("x-credential-id") ? .consumer : .other
        case 16:
            name.isName("x-forwarded-host")
                ? .forwardedHost
                : name.isName("x-forwarded-port")
                    ? .forwardedOther
                    : name.isName("ratelimit-policy")
                        ? .rateLimit : name.isName("proxy-connection") ? .proxyConnection : .other
        case 17:
            name.isName("transfer-encoding")
                ? .transferEncoding
                : name.isName("x-forwarded-proto")
                    ? .forwardedProto : name.isName("x-consumer-groups") ? .consumer : .other
        case 18:
            name.isName("x-forwarded-prefix")
                ? .forwardedOther : name.isName("proxy-authenticate") ? .proxyAuthenticate : .other
        case 19:
            name.isName("x-consumer-username")
                ? .consumer : name.isName("proxy-authorization") ? .proxyAuthorization : .other
        default: .other
        }
    }
}

extension Bytes {
    /// Whether the bytes are this field name, which is given in lower case.
    @inline(__always)
    func isName(_ lowercase: StaticString) -> Bool { equalsIgnoringCase(lowercase) }
}

/// A header field of a message, as offsets from the message's first byte. The field's line ends with CRLF two bytes
/// behind the last byte that is not blank, or after blanks: `lineEnd` is behind it.
struct HeaderField: BitwiseCopyable {
    var nameStart: UInt16 = 0
    var nameCount: UInt16 = 0
    var valueStart: UInt16 = 0
    var valueCount: UInt16 = 0
    var lineEnd: UInt16 = 0
    var kind: FieldKind = .other
    /// The field is not carried along.
    var isDropped = false
}

/// What can be wrong with a message's head.
enum HeadFault: UInt8, Error {
    case none
    case method
    case target
    case targetTooLong
    case version
    case versionUnsupported
    case fieldName
    case fieldValue
    case lineEnd
    case tooLarge
    case tooManyFields
    case host
    case contentLength
    case transferEncoding
    case transferEncodingUnsupported
    case framing
    case path
    case status
}

/// The header fields of one message: a table that is allocated once and filled anew for each message.
struct HeaderTable: ~Copyable {
    let fields: Slab<HeaderField>
    private(set) var count = 0

    init() { fields = Slab(capacity: Limits.fieldCountMax, repeating: HeaderField()) }

    deinit { fields.deallocate() }

    mutating func forget() { count = 0 }

    /// Parses field lines up to and including the empty line (RFC 9112 section 5). Strict: every line ends with CRLF,
    /// no line begins with a blank (obs-fold), no blank stands before the colon, no control byte in a value.
    ///
    /// - Parameters:
    ///   - message: from its first byte; at most 65 535 bytes.
    ///   - start: where the first field line begins.
    ///   - countMax: fields that are accepted.
    /// - Returns: the offset behind the empty line; 0 if the head is not complete yet; negative on a fault.
    @inline(__always)
    mutating func parse(_ message: Bytes, from start: Int, countMax: Int, fault: inout HeadFault) -> Int {
        count = 0
        var offset = start
        let end = message.count
        while true {
            guard offset < end else { return 0 }
            if message[offset] == ASCII.cr {
                guard offset + 1 < end else { return 0 }
                guard message[offset + 1] == ASCII.lf else { return refuse(.lineEnd, &fault) }
                return offset + 2
            }
            let nameStart = offset
            offset = message.endOfToken(from: offset)
            guard offset < end else { return 0 }
            guard message[offset] == ASCII.colon, offset > nameStart else {
                return refuse(message[offset] == ASCII.lf ? .lineEnd : .fieldName, &fault)
            }
            let nameEnd = offset
            offset += 1
            while offset < end, ASCII.isBlank(message[offset]) { offset += 1 }
            let valueStart = offset
            offset = message.endOfValue(from: offset)
            guard offset < end else { return 0 }
            guard message[offset] == ASCII.cr else {
                return refuse(message[offset] == ASCII.lf ? .lineEnd : .fieldValue, &fault)
            }
            guard offset + 1 < end else { return 0 }
            guard message[offset + 1] == ASCII.lf else { return refuse(.lineEnd, &fault) }
            var valueEnd = offset
            while valueEnd > valueStart, ASCII.isBlank(message[valueEnd - 1]) { valueEnd -= 1 }
            offset += 2
            guard count < countMax else { return refuse(.tooManyFields, &fault) }
            fields[count] = HeaderField(
                nameStart: UInt16(truncatingIfNeeded: nameStart),
                nameCount: UInt16(truncatingIfNeeded: nameEnd - nameStart),
                valueStart: UInt16(truncatingIfNeeded: valueStart),
                valueCount: UInt16(truncatingIfNeeded: valueEnd - valueStart),
                lineEnd: UInt16(truncatingIfNeeded: offset),
                kind: FieldKind.of(message[nameStart..<nameEnd])
            )
            count += 1
        }
    }

    private func refuse(_ what: HeadFault, _ fault: inout HeadFault) -> Int {
        fault = what
        return -1
    }

    @inline(__always)
    func name(_ index: Int, in message: Bytes) -> Bytes {
        let start = Int(fields[index].nameStart)
        return message[start..<start + Int(fields[index].nameCount)]
    }

    @inline(__always)
    func value(_ index: Int, in message: Bytes) -> Bytes {
        let start = Int(fields[index].valueStart)
        return message[start..<start + Int(fields[index].valueCount)]
    }

    /// The first field with a name, which is given in lower case, from `start` on.
    func firstIndex(ofName lowercase: Bytes, in message: Bytes, from start: Int = 0) -> Int? {
        for index in start..<max(count, start) where Int(fields[index].nameCount) == lowercase.count {
            if name(index, in: message).equalsIgnoringCase(lowercase) { return index }
        }
        return nil
    }

    /// Marks all fields of a name, which is given in lower case, as not to be carried along.
    func drop(name lowercase: Bytes, in message: Bytes) {
        var index = firstIndex(ofName: lowercase, in: message)
        while let found = index {
            fields[found].isDropped = true
            index = firstIndex(ofName: lowercase, in: message, from: found + 1)
        }
    }

    /// Marks all fields whose names begin so, which is given in lower case, as not to be carried along.
    func drop(prefix lowercase: Bytes, in message: Bytes) {
        for index in 0..<count where Int(fields[index].nameCount) >= lowercase.count {
            if name(index, in: message)[0..<lowercase.count].equalsIgnoringCase(lowercase) {
                fields[index].isDropped = true
            }
        }
    }

    /// Appends the lines of all fields that are carried along; neighbours are copied together.
    @inline(__always)
    func appendKept(of message: Bytes, to output: inout ByteWriter) {
        var index = 0
        while index < count {
            if fields[index].isDropped {
                index += 1
                continue
            }
            let start = Int(fields[index].nameStart)
            while index < count, !fields[index].isDropped { index += 1 }
            output.append(message[start..<Int(fields[index - 1].lineEnd)])
        }
    }
}

extension Bytes {
    /// The index of the first byte at or behind `start` that is not of a token; `count` if there is none.
    @inline(__always)
    func endOfToken(from start: Int) -> Int {
        // The shim reads at most the `count - start` bytes that remain.
        unsafe start + apic_find_nontoken(base + start, count - start)
    }

    /// The index of the first control byte but tab at or behind `start`: where a field value ends. `count` if there is
    /// none.
    @inline(__always)
    func endOfValue(from start: Int) -> Int {
        // The shim reads at most the `count - start` bytes that remain.
        unsafe start + apic_find_control(base + start, count - start)
    }
}
