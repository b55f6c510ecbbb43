internal import GatewayIR

/// Paths of the spec as expressions of Kong's, which match the same requests, and forwarded paths as its transformers
/// write them.
///
/// Kong anchors an expression at the beginning of a path only, and its prefixes are bytes: `/orders` there takes
/// `/ordersfoo`, too. So every path of the spec is an expression with its end.
struct KongPattern {
    /// What an expression calls the path behind what is cut off.
    private static let restName = "apic_rest"

    private(set) var path = "~"
    /// What `request-transformer` puts in place of the path; `nil` if it stays, or if `strip_path` is all.
    private(set) var replacement: String?
    private var names: [String] = []

    /// - Throws: what Kong cannot do, as one clause.
    init(_ pattern: PathPattern, forwarded: ForwardedPath?) throws(KongRefusal) {
        var stripped: Int?
        if case .stripping(let count) = forwarded { stripped = count }
        for (index, segment) in pattern.segments.enumerated() {
            if stripped == index { path += "(?<\(Self.restName)>" }
            path += "/"
            switch segment {
            case .literal(let text): path += Self.escaped(text)
            case .capture(let name): path += "(?<\(add(name))>[^/]+)"
            case .constrained(let name, let automaton):
                path += "(?<\(add(name))>\(try Self.expression(automaton.source)))"
            }
        }
        let isOpen = stripped.map { $0 < pattern.segments.count } ?? false
        switch pattern.end {
        case .exact:
            if pattern.segments.isEmpty { path += "/" } else { path += "/?" }
            if isOpen { path += ")" }
            path += "$"
        case .tail(let name):
            // A group that takes part in every match: one that does not has no value for a template.
            if isOpen {
                path += "(?:/.*)?)$"
                if name != nil { throw KongRefusal("a named tail behind a path that is cut off") }
            } else if stripped != nil {
                path += "(?:/|$)(?<\(Self.restName)>.*)$"
            } else {
                path += "(?:/|$)(?<\(add(name ?? "apic_tail"))>.*)$"
            }
        }
        if stripped != nil {
            let isTail = pattern.end != .exact
            replacement = isOpen ? capture(Self.restName) : isTail ? "/" + capture(Self.restName) : "/"
        }
        if case .rewritten(let template) = forwarded { replacement = try text(template) }
    }

    /// A template with captures, as a transformer writes it.
    func text(_ template: TextTemplate) throws(KongRefusal) -> String {
        var text = ""
        for part in template.parts {
            switch part {
            case .text(let plain):
                guard !plain.contains("$(") else {
                    throw KongRefusal("the text `$(`, which begins an expression there")
                }
                text += plain
            case .capture(let index): text += capture(names[index])
            }
        }
        return text
    }

    private func capture(_ name: String) -> String { "$(uri_captures['\(name)'])" }

    /// Names in expressions have no hyphen.
    private mutating func add(_ name: String) -> String {
        let usable = String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
        let own = names.contains(usable) || usable.first?.isNumber ?? true ? "capture_\(names.count)_\(usable)" : usable
        names.append(own)
        return own
    }

    private static func escaped(_ text: String) -> String {
        text.map { "\\^$.|?*+()[]{}".contains($0) ? "\\\($0)" : String($0) }.joined()
    }

    /// A constraint is of one segment and whole; an expression of Kong's runs over slashes unless it says otherwise.
    private static func expression(_ source: String) throws(KongRefusal) -> String {
        var inner = source.hasPrefix("^") ? source.dropFirst() : Substring(source)
        var isEscaped = false
        var isEndMark = false
        for (index, character) in zip(inner.indices, inner) {
            isEndMark = false
            if isEscaped {
                isEscaped = false
                if "DWS".contains(character) { throw slash(source) }
            } else if character == "\\" {
                isEscaped = true
            } else if character == "." || inner[index...].hasPrefix("[^") {
                throw slash(source)
            } else {
                isEndMark = character == "$"
            }
        }
        if isEndMark { inner = inner.dropLast() }
        return String(inner)
    }

    private static func slash(_ source: String) -> KongRefusal {
        KongRefusal("the constraint `\(source)`, which would take slashes there: name the characters that it takes")
    }
}

/// What Kong cannot do, as one clause.
struct KongRefusal: Error {
    var clause: String

    init(_ clause: String) { self.clause = clause }
}
