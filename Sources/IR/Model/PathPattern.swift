/// A deterministic automaton over the bytes of one path segment.
///
/// State 0 is the start. A transition to `Automaton.dead` rejects. The language is that of the whole segment: both
/// ends are anchored.
package struct Automaton: Hashable, Sendable {
    /// The transition that rejects for good.
    package static let dead: UInt16 = .max

    /// The regular expression as written.
    package var source: String
    /// 256 entries: the class of each byte, below `classCount`.
    package var classes: [UInt8]
    /// 1 to 256.
    package var classCount: Int
    /// `stateCount × classCount` entries: the next state by state and class.
    package var transitions: [UInt16]
    /// One entry per state.
    package var accepting: [Bool]

    package var stateCount: Int { accepting.count }

    package init(source: String, classes: [UInt8], classCount: Int, transitions: [UInt16], accepting: [Bool]) {
        self.source = source
        self.classes = classes
        self.classCount = classCount
        self.transitions = transitions
        self.accepting = accepting
    }
}

/// One segment of a path pattern, from most to least specific.
package enum PathSegment: Hashable, Sendable {
    /// Exactly these bytes, normalised (RFC 3986 section 6.2.2).
    case literal(String)
    /// A segment in the automaton's language, captured under a name.
    indirect case constrained(name: String, Automaton)
    /// Any one segment, captured under a name.
    case capture(name: String)
}

/// Which paths a route or a mount matches: segments, then nothing or a tail.
package struct PathPattern: Hashable, Sendable {
    /// What follows the segments.
    package enum End: Hashable, Sendable {
        /// Nothing.
        case exact
        /// Zero or more segments (`/**`), captured under a name if there is one (`/{rest:**}`).
        case tail(name: String?)
    }

    package var segments: [PathSegment]
    package var end: End

    package init(segments: [PathSegment], end: End = .exact) {
        self.segments = segments
        self.end = end
    }

    /// The names of captures in the order of their indices; the tail, named or not, comes last.
    package var captureNames: [String] {
        var names: [String] = []
        for segment in segments {
            switch segment {
            case .literal: continue
            case .constrained(let name, _), .capture(let name): names.append(name)
            }
        }
        if case .tail(let name) = end { names.append(name ?? "**") }
        return names
    }

    /// The pattern as one writes it: `/orders/{id:[0-9]+}/**`.
    package var text: String {
        var text = ""
        for segment in segments {
            switch segment {
            case .literal(let bytes): text += "/" + bytes
            case .constrained(let name, let automaton): text += "/{\(name):\(automaton.source)}"
            case .capture(let name): text += "/{\(name)}"
            }
        }
        switch end {
        case .exact: return text.isEmpty ? "/" : text
        case .tail(nil): return text + "/**"
        case .tail(let name?): return text + "/{\(name):**}"
        }
    }
}

/// Which hosts a route matches, from most to least specific.
package enum HostPattern: Hashable, Sendable {
    /// This host, lower-case, without a port.
    case exact(String)
    /// Every host that ends in `.` and this suffix, at any depth; the longest suffix wins. Lower-case, no leading dot.
    case wildcard(suffix: String)
    /// Every host.
    case any

    /// The pattern as one writes it: `api.example.com`, `*.example.com`, `*`.
    package var text: String {
        switch self {
        case .exact(let host): host
        case .wildcard(let suffix): "*." + suffix
        case .any: "*"
        }
    }
}
