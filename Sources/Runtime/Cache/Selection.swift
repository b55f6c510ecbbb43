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
        var start = 0
        while let colon = selection.firstIndex(of: ASCII.colon, from: start),
            let end = selection.firstIndex(of: ASCII.lf, from: colon)
        {
            guard hasValue(selection[colon + 1..<end], request, selection[start..<colon]) else { return false }
            start = end + 1
        }
        return true
    }

    private static func hasValue(_ value: Bytes, _ request: FieldsView, _ name: Bytes) -> Bool {
        guard var index = request.firstIndex(ofName: name) else { return value[0] == 0x2D }
        guard value[0] == 0x2B else { return false }
        var rest = value.from(1)
        while true {
            let part = request.value(index)
            guard rest.hasPrefix(part) else { return false }
            rest = rest.from(part.count)
            guard let next = request.firstIndex(ofName: name, from: index + 1) else { return rest.isEmpty }
            guard rest.count > 0, rest[0] == ASCII.comma else { return false }
            rest = rest.from(1)
            index = next
        }
    }

    /// Whether the upstream got the same fields. What it was sent may be something else than what the client sent, and
    /// then nobody who is only seen from here is known to be like that client.
    static func isSent(_ selection: Bytes, in head: Bytes) -> Bool {
        var start = 0
        while let colon = selection.firstIndex(of: ASCII.colon, from: start),
            let end = selection.firstIndex(of: ASCII.lf, from: colon)
        {
            guard isSent(selection[colon + 1..<end], of: selection[start..<colon], in: head) else { return false }
            start = end + 1
        }
        return true
    }

    private static func isSent(_ value: Bytes, of name: Bytes, in head: Bytes) -> Bool {
        var rest = value.from(1)
        var isFirst = true
        var lines = StoredLines(head)
        while let line = lines.next() {
            guard line.name.equalsIgnoringCase(name) else { continue }
            if !isFirst {
                guard rest.count > 0, rest[0] == ASCII.comma else { return false }
                rest = rest.from(1)
            }
            guard rest.hasPrefix(line.value) else { return false }
            rest = rest.from(line.value.count)
            isFirst = false
        }
        return isFirst ? value[0] == 0x2D : value[0] == 0x2B && rest.isEmpty
    }

    /// Whether all fields of a selection are what clients say, and not what the gateway may write for one and not for
    /// the next.
    ///
    /// - Parameter isPlain: nothing is told the upstream of a token, or by an authorizer, under names of any kind.
    static func isOfClients(_ selection: Bytes, isPlain: Bool) -> Bool {
        var start = 0
        while let colon = selection.firstIndex(of: ASCII.colon, from: start),
            let end = selection.firstIndex(of: ASCII.lf, from: colon)
        {
            let name = selection[start..<colon]
            switch FieldKind.of(name) {
            case .consumer, .forwarded, .forwardedFor, .forwardedHost, .forwardedProto, .forwardedOther: return false
            default: if !isPlain, !isNegotiated(name) { return false }
            }
            start = end + 1
        }
        return true
    }

    /// Fields by which contents are negotiated (RFC 9110 section 12.5), and `Origin`.
    private static func isNegotiated(_ name: Bytes) -> Bool {
        name.equals(Bytes("accept")) || name.equals(Bytes("accept-encoding")) || name.equals(Bytes("accept-language"))
            || name.equals(Bytes("accept-charset")) || name.equals(Bytes("origin"))
    }
}
