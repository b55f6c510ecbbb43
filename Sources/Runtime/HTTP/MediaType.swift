extension Bytes {
    /// Whether a list of media types, as `MediaTypes` writes it, holds the one that a `Content-Type` value names.
    func isMediaType(in list: Bytes) -> Bool {
        let end = firstIndex(of: 0x3B) ?? count
        let type = self[0..<end].trimmed
        var start = 0
        while let lineEnd = list.firstIndex(of: ASCII.lf, from: start) {
            if type.matches(list[start..<lineEnd]) { return true }
            start = lineEnd + 1
        }
        return false
    }

    /// A type of a list in lower case, whose subtype may begin with `*`.
    private func matches(_ pattern: Bytes) -> Bool {
        guard let star = pattern.firstIndex(of: 0x2A) else { return equalsIgnoringCase(pattern) }
        let rest = pattern.from(star + 1)
        return count >= star + rest.count && self[0..<star].equalsIgnoringCase(pattern[0..<star])
            && from(count - rest.count).equalsIgnoringCase(rest)
    }
}
