/// The values of a `Link` field (RFC 8288), as far as needed to replace those that speak of lifecycle and keep the
/// others.
enum LinkValues {
    /// Whether one of the values has a relation that the gateway itself sends.
    static func containsLifecycle(_ value: Bytes) -> Bool {
        var links = FieldMembers(value, hasTargets: true)
        while let link = links.next() {
            if isOfLifecycle(link) { return true }
        }
        return false
    }

    /// Appends a `Link` line with the values that do not speak of lifecycle, if there are any.
    static func appendOthers(of value: Bytes, to output: inout ByteWriter) {
        var isFirst = true
        var links = FieldMembers(value, hasTargets: true)
        while let link = links.next() {
            if isOfLifecycle(link) { continue }
            output.append(isFirst ? "Link: " : ", ")
            isFirst = false
            output.append(link)
        }
        if !isFirst { output.append("\r\n") }
    }

    private static func isOfLifecycle(_ link: Bytes) -> Bool {
        contains(link, Bytes("deprecation")) || contains(link, Bytes("sunset"))
            || contains(link, Bytes("successor-version"))
    }

    /// Whether `rel` names a relation: among the blank-separated words of its value, quoted or not.
    private static func contains(_ link: Bytes, _ relation: Bytes) -> Bool {
        guard let close = link.firstIndex(of: 0x3E) else { return false }
        var offset = close
        while let semicolon = link.firstIndex(of: 0x3B, from: offset) {
            let end = link.firstIndex(of: 0x3B, from: semicolon + 1) ?? link.count
            let parameter = link[semicolon + 1..<end].trimmed
            offset = semicolon + 1
            guard parameter.count > 4, parameter[0..<3].equalsIgnoringCase(Bytes("rel")), parameter[3] == 0x3D
            else { continue }
            if hasWord(parameter.from(4), relation) { return true }
        }
        return false
    }

    private static func hasWord(_ value: Bytes, _ word: Bytes) -> Bool {
        var start = 0
        for index in 0...value.count {
            let isEnd = index == value.count || value[index] == ASCII.quote || ASCII.isBlank(value[index])
            guard isEnd else { continue }
            if value[start..<index].equalsIgnoringCase(word) { return true }
            start = index + 1
        }
        return false
    }
}
