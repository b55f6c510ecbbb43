/// The protocols of `Upgrade` fields (RFC 9110 section 7.8), of which the gateway passes all but those that carry HTTP
/// again: what is asked inside them would pass by every policy.
enum UpgradeProtocols {
    /// Whether the gateway passes one of the protocols of a field's value.
    static func holdsAny(_ value: Bytes) -> Bool {
        var elements = ListElements(value)
        while let element = elements.next() {
            if isPassed(element) { return true }
        }
        return false
    }

    /// Whether every protocol of an answer is one of those that were asked for and passed, and there is one.
    static func areAll(_ chosen: Bytes, of asked: Bytes) -> Bool {
        var elements = ListElements(chosen)
        var isAny = false
        while let element = elements.next() {
            guard holds(asked, element) else { return false }
            isAny = true
        }
        return isAny
    }

    /// Appends those of a field's value that the gateway passes.
    static func appendPassed(of value: Bytes, to output: inout ByteWriter) {
        var elements = ListElements(value)
        var isFirst = true
        while let element = elements.next() {
            guard isPassed(element) else { continue }
            if !isFirst { output.append(", ") }
            isFirst = false
            output.append(element)
        }
    }

    private static func holds(_ asked: Bytes, _ chosen: Bytes) -> Bool {
        var elements = ListElements(asked)
        while let element = elements.next() {
            if isPassed(element), element.equals(inAnyCase: chosen) { return true }
        }
        return false
    }

    /// `protocol-name ["/" protocol-version]`, both tokens, and not HTTP under any of its names.
    private static func isPassed(_ element: Bytes) -> Bool {
        let nameEnd = element.endOfToken(from: 0)
        guard nameEnd > 0 else { return false }
        if nameEnd < element.count {
            guard element[nameEnd] == ASCII.slash, nameEnd + 1 < element.count,
                element.endOfToken(from: nameEnd + 1) == element.count
            else { return false }
        }
        let name = element[0..<nameEnd]
        return
            !(name.isName("h2c") || name.isName("h2") || name.isName("h3") || name.isName("http")
            || name.isName("tls"))
    }
}
