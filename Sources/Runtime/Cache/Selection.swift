/// What an answer was chosen by (RFC 9111 section 4.1): the fields of its request that its `Vary` names, each as its
/// name in lower case, a colon, `+` and its value or `-` if it was not there, and a line feed. The lines of one field
/// are joined by commas.
enum Selection {
    /// - Returns: `false` if there are more than are looked at.
    static func write(_ answer: FieldsView, _ request: FieldsView, to output: inout ByteWriter) -> Bool {
        let name = Bytes("vary")
        var count = 0
        var index = answer.firstIndex(ofName: name)
        while let found = index {
            var members = FieldMembers(answer.value(found))
            while let member = members.next() {
                count += 1
                guard count <= Limits.cacheVaryCountMax else { return false }
                let start = output.count
                output.append(lowercased: member)
                let field = output.written.from(start)
                output.append(byte: ASCII.colon)
                append(request, field, to: &output)
                output.append(byte: ASCII.lf)
            }
            index = answer.firstIndex(ofName: name, from: found + 1)
        }
        return !output.isOverfull
    }

    private static func append(_ request: FieldsView, _ name: Bytes, to output: inout ByteWriter) {
        guard var index = request.firstIndex(ofName: name) else { return output.append(byte: 0x2D) }
        output.append(byte: 0x2B)
        while true {
            output.append(request.value(index))
            guard let next = request.firstIndex(ofName: name, from: index + 1) else { return }
            output.append(byte: ASCII.comma)
            index = next
        }
    }

    /// Whether a request has the same fields as the one for which a selection was written.
    static func matches(_ selection: Bytes, _ request: FieldsView) -> Bool {
        var fields = SelectedFields(selection)
        while let field = fields.next() {
            var lines = JoinedLines(field.value)
            var index = request.firstIndex(ofName: field.name)
            while let found = index {
                guard lines.take(request.value(found)) else { return false }
                index = request.firstIndex(ofName: field.name, from: found + 1)
            }
            guard lines.areAll else { return false }
        }
        return true
    }

    /// Whether the upstream got the same fields. What it was sent may be something else than what the client sent, and
    /// then nobody who is only seen from here is known to be like that client.
    static func isSent(_ selection: Bytes, in head: Bytes) -> Bool {
        var fields = SelectedFields(selection)
        while let field = fields.next() {
            var lines = JoinedLines(field.value)
            var sent = StoredLines(head)
            while let line = sent.next() {
                guard !line.name.equalsIgnoringCase(field.name) || lines.take(line.value) else { return false }
            }
            guard lines.areAll else { return false }
        }
        return true
    }

    /// Whether all fields of a selection are what clients say, and not what the gateway may write for one and not for
    /// the next.
    ///
    /// - Parameter isPlain: nothing is told the upstream of a token, or by an authorizer, under names of any kind.
    static func isOfClients(_ selection: Bytes, isPlain: Bool) -> Bool {
        var fields = SelectedFields(selection)
        while let field = fields.next() {
            switch FieldKind.of(field.name) {
            case .consumer, .forwarded, .forwardedFor, .forwardedHost, .forwardedProto, .forwardedOther: return false
            default: if !isPlain, !isNegotiated(field.name) { return false }
            }
        }
        return true
    }

    /// Fields by which contents are negotiated (RFC 9110 section 12.5), and `Origin`.
    private static func isNegotiated(_ name: Bytes) -> Bool {
        name.equals(Bytes("accept")) || name.equals(Bytes("accept-encoding")) || name.equals(Bytes("accept-language"))
            || name.equals(Bytes("accept-charset")) || name.equals(Bytes("origin"))
    }
}

/// The fields of a selection.
private struct SelectedFields {
    private var rest: Bytes

    init(_ selection: Bytes) { rest = selection }

    /// - Returns: the name, and what is said of the field, with the sign before it.
    mutating func next() -> (name: Bytes, value: Bytes)? {
        guard let colon = rest.firstIndex(of: ASCII.colon), let end = rest.firstIndex(of: ASCII.lf, from: colon) else {
            return nil
        }
        defer { rest = rest.from(end + 1) }
        return (rest[0..<colon], rest[colon + 1..<end])
    }
}

/// The lines of a field, compared with what a selection says of it.
private struct JoinedLines {
    private let isThere: Bool
    private var rest: Bytes
    private var isFirst = true

    init(_ value: Bytes) {
        isThere = value[0] == 0x2B
        rest = value.from(1)
    }

    /// - Returns: whether the next line is the one that was joined there.
    mutating func take(_ line: Bytes) -> Bool {
        if !isFirst {
            guard rest.count > 0, rest[0] == ASCII.comma else { return false }
            rest = rest.from(1)
        }
        isFirst = false
        guard isThere, rest.hasPrefix(line) else { return false }
        rest = rest.from(line.count)
        return true
    }

    /// Whether those that were taken are all.
    var areAll: Bool { isThere != isFirst && rest.isEmpty }
}
