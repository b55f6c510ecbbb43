/// Where a request stands in a trace (W3C Trace Context, levels 1 and 2): `00-TRACE-PARENT-FLAGS`.
struct TraceParent: BitwiseCopyable, Equatable {
    static let byteCount = 55
    /// The trace is recorded.
    static let sampledFlag: UInt8 = 1
    /// The trace's id is random (level 2).
    static let randomFlag: UInt8 = 2

    /// Both 0 if the request is in no trace.
    var traceHigh: UInt64 = 0
    var traceLow: UInt64 = 0
    var parent: UInt64 = 0
    var flags: UInt8 = 0

    var isPresent: Bool { traceHigh | traceLow != 0 }

    /// Reads the value of `traceparent`; of a version to come what is known of this one.
    ///
    /// - Returns: `nil` if it is none, and a trace has to begin.
    static func parse(_ value: Bytes) -> TraceParent? {
        guard value.count >= byteCount, value[2] == 0x2D, value[35] == 0x2D, value[52] == 0x2D,
            let version = hexadecimal(value[0..<2]), version != 0xFF,
            let high = hexadecimal(value[3..<19]), let low = hexadecimal(value[19..<35]),
            let parent = hexadecimal(value[36..<52]), let flags = hexadecimal(value[53..<55]),
            high | low != 0, parent != 0
        else { return nil }
        guard value.count == byteCount || version > 0 && value[byteCount] == 0x2D else { return nil }
        // Flags that nobody knows yet are not passed on.
        let known = version == 0 ? sampledFlag | randomFlag : sampledFlag
        return TraceParent(traceHigh: high, traceLow: low, parent: parent, flags: UInt8(flags) & known)
    }

    /// Digits in lower case, 16 at most.
    private static func hexadecimal(_ digits: Bytes) -> UInt64? {
        var value: UInt64 = 0
        for index in 0..<digits.count {
            let digit = digits[index]
            guard ASCII.isDigit(digit) || digit &- 0x61 < 6 else { return nil }
            value = value << 4 | UInt64(ASCII.isDigit(digit) ? digit - 0x30 : digit - 0x57)
        }
        return value
    }

    func append(to output: inout ByteWriter) {
        output.append("00-")
        appendTrace(to: &output)
        output.append(byte: 0x2D)
        TraceParent.append(parent, digitCount: 16, to: &output)
        output.append(byte: 0x2D)
        TraceParent.append(UInt64(flags), digitCount: 2, to: &output)
    }

    /// The trace's id.
    func appendTrace(to output: inout ByteWriter) {
        TraceParent.append(traceHigh, digitCount: 16, to: &output)
        TraceParent.append(traceLow, digitCount: 16, to: &output)
    }

    private static func append(_ value: UInt64, digitCount: Int, to output: inout ByteWriter) {
        for index in 0..<digitCount {
            let digit = UInt8(truncatingIfNeeded: value >> UInt64(4 * (digitCount - 1 - index))) & 15
            output.append(byte: digit < 10 ? 0x30 + digit : 0x57 + digit)
        }
    }
}

/// What systems keep in a trace for themselves: `tracestate`, a list of `key=value`.
enum TraceState {
    static let memberCountMax = 32

    /// Whether all fields of the name together are a list as it must be: 32 members, no key twice.
    static func isWellFormed(_ fields: FieldsView) -> Bool {
        let name = Bytes("tracestate")
        var keys = InlineArray<32, Bytes>(repeating: .empty)
        var count = 0
        var field = fields.firstIndex(ofName: name)
        while let index = field {
            var members = ListElements(fields.value(index))
            while let member = members.next() {
                guard count < memberCountMax, let equals = member.firstIndex(of: 0x3D),
                    isKey(member[0..<equals]), isValue(member.from(equals + 1))
                else { return false }
                for other in 0..<count where keys[other].equals(member[0..<equals]) { return false }
                keys[count] = member[0..<equals]
                count += 1
            }
            field = fields.firstIndex(ofName: name, from: index + 1)
        }
        return true
    }

    /// A small letter or a digit first, then those and `_-*/@`.
    private static func isKey(_ key: Bytes) -> Bool {
        guard !key.isEmpty, key.count <= 256, ASCII.isDigit(key[0]) || key[0] &- 0x61 < 26 else { return false }
        for index in 0..<key.count {
            switch key[index] {
            case 0x61...0x7A, 0x30...0x39, 0x5F, 0x2D, 0x2A, 0x2F, 0x40: continue
            default: return false
            }
        }
        return true
    }

    /// Visible characters and blanks between them, without `=`; a comma ends it.
    private static func isValue(_ value: Bytes) -> Bool {
        guard !value.isEmpty, value.count <= 256 else { return false }
        for index in 0..<value.count where value[index] < 0x20 || value[index] > 0x7E || value[index] == 0x3D {
            return false
        }
        return true
    }
}
