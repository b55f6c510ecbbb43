/// The members of a field value that is a list (RFC 9110 section 5.6.1): what stands between commas outside of quoted
/// strings, without blanks around it; empty ones are left out.
struct FieldMembers {
    private let value: Bytes
    private let hasTargets: Bool
    private var offset = 0

    /// - Parameter hasTargets: commas within `<…>` separate nothing, as in `Link` (RFC 8288 section 3).
    init(_ value: Bytes, hasTargets: Bool = false) {
        self.value = value
        self.hasTargets = hasTargets
    }

    mutating func next() -> Bytes? {
        while offset < value.count {
            let start = offset
            var isQuoted = false
            var isTarget = false
            while offset < value.count {
                let byte = value[offset]
                if byte == 0x5C, isQuoted { offset += 1 }
                if byte == ASCII.quote, !isTarget { isQuoted.toggle() }
                if hasTargets, !isQuoted {
                    if byte == 0x3C { isTarget = true }
                    if byte == 0x3E { isTarget = false }
                }
                if byte == ASCII.comma, !isQuoted, !isTarget { break }
                offset += 1
            }
            let end = min(offset, value.count)
            offset = end + 1
            let member = value[start..<end].trimmed
            if !member.isEmpty { return member }
        }
        return nil
    }
}

extension FieldsView {
    /// Whether a field that is a list, named in lower case, has a member, in lower case and in any of its lines.
    func has(_ member: StaticString, in lowercase: StaticString) -> Bool {
        let name = Bytes(lowercase)
        var index = firstIndex(ofName: name)
        while let found = index {
            var members = FieldMembers(value(found))
            while let next = members.next() {
                if next.equalsIgnoringCase(member) { return true }
            }
            index = firstIndex(ofName: name, from: found + 1)
        }
        return false
    }
}
