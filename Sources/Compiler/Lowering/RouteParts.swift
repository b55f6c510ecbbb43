internal import GatewayIR

/// The path and hosts that the routes of a version continue.
struct VersionBase {
    let hosts: [HostPattern]
    private let segments: [PathSegment]
    private let constraints: [Int]
    private let captureNames: [String]

    /// Segments of API path and version: what `strip` cuts.
    var segmentCount: Int { segments.count }

    init(plan: APIPlan, value: String) {
        hosts = VersionPlacement.hosts(of: plan, value: value)
        segments = VersionPlacement.segments(of: plan, value: value)
        constraints = plan.prefix.constraints
        captureNames = PathPattern(segments: segments).captureNames
    }

    /// The whole path of a route.
    func joined(
        with path: ParsedPath,
        _ match: Spanned<String>,
        into diagnostics: inout [Diagnostic]
    ) -> ParsedPath? {
        var whole = path
        var all: [PathSegment] = []
        all.reserveCapacity(segments.count + path.pattern.segments.count)
        all += segments
        all += path.pattern.segments
        whole.pattern.segments = all
        if !constraints.isEmpty { whole.constraints = constraints + path.constraints }
        let limit = PathPatternParser.segmentCountMax
        guard whole.pattern.segments.count <= limit else {
            diagnostics.append(.wholePathTooLong(match, count: whole.pattern.segments.count, countMax: limit))
            return nil
        }
        guard !captureNames.isEmpty else { return whole }
        let own = path.pattern.captureNames
        if let double = own.first(where: { captureNames.contains($0) }) {
            diagnostics.append(.captureOfAPI(double, match))
            return nil
        }
        let count = captureNames.count + own.count
        guard count <= PathPatternParser.captureCountMax else {
            diagnostics.append(.tooManyCaptures(match, count: count, countMax: PathPatternParser.captureCountMax))
            return nil
        }
        return whole
    }
}

/// Header conditions, and how many different sets of them there are.
struct ConditionLowering {
    /// What the rank counts.
    static let countMax = 15
    /// What an index of the table holds.
    static let setCountMax = 65_535

    private var sets: Set<[HeaderCondition]> = []
    /// Every set and where it first stands.
    private var firsts: [(set: [HeaderCondition], span: SourceSpan)] = []

    mutating func lower(
        _ fields: [Named<Spanned<String>>],
        selector: VersionSelector,
        into diagnostics: inout [Diagnostic]
    ) -> [HeaderCondition] {
        guard !fields.isEmpty else { return [] }
        for field in fields { check(field.name, selector: selector, into: &diagnostics) }
        if fields.count > ConditionLowering.countMax {
            diagnostics.append(.tooManyConditions(fields[ConditionLowering.countMax].name))
        }
        let conditions = fields.map { HeaderCondition(name: $0.name.value.lowercased(), value: $0.value.value) }
            .sorted { ($0.name, $0.value) < ($1.name, $1.value) }
        if sets.insert(conditions).inserted { firsts.append((conditions, fields[0].name.span)) }
        return conditions
    }

    /// Takes over the sets of other routes. Only together are they counted.
    mutating func take(_ other: ConditionLowering, into diagnostics: inout [Diagnostic]) {
        for first in other.firsts where sets.insert(first.set).inserted {
            firsts.append(first)
            if sets.count == ConditionLowering.setCountMax + 1 {
                diagnostics.append(.tooManyConditionSets(at: first.span))
            }
        }
    }

    private func check(_ name: Spanned<String>, selector: VersionSelector, into diagnostics: inout [Diagnostic]) {
        if name.value.lowercased() == "host" {
            diagnostics.append(.conditionOnHost(name))
        } else if FieldRules.isFraming(name.value) || FieldRules.isAboutCaller(name.value) {
            diagnostics.append(.conditionOnGatewayField(name))
        } else if case .header(let header) = selector, header == name.value.lowercased() {
            diagnostics.append(.conditionOnVersion(name))
        }
    }
}

/// The methods that a table lists.
struct MethodRegistry {
    /// What every table knows (`MethodTable.known`). Few, and short: found by comparing sooner than by hashing.
    private let known = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "QUERY"]
    /// What a table lists besides (`MethodTable.listedCountMax`).
    static let otherCountMax = 22

    private var others: Set<String> = []
    /// Every other method and the route that first lists it.
    private var firsts: [(name: String, match: Spanned<String>)] = []

    mutating func register(_ methods: MethodSet, at match: Spanned<String>) {
        guard case .listed(let names) = methods else { return }
        for name in names where !known.contains(name) {
            if others.insert(name).inserted { firsts.append((name, match)) }
        }
    }

    /// Takes over the methods of other routes. Only together are they counted.
    mutating func take(_ other: MethodRegistry, into diagnostics: inout [Diagnostic]) {
        for first in other.firsts where others.insert(first.name).inserted {
            firsts.append(first)
            if others.count == MethodRegistry.otherCountMax + 1 {
                diagnostics.append(.tooManyMethods(first.name, first.match))
            }
        }
    }
}

/// What a rewritten path must be.
enum RewriteRules {
    private static let characters = ByteSet.pathCharacters.union(of: "/%")

    static func check(_ text: String) throws(PatternFault) {
        let template = try TextTemplateParser.parse(text)
        guard text.utf8.first == UInt8(ascii: "/") else {
            throw PatternFault(
                .forwarding,
                "a path begins with `/`",
                at: 0..<text.utf8.count,
                help: "write `/` in front"
            )
        }
        for case .text(let literal) in template.parts {
            guard let byte = literal.utf8.first(where: { !characters.contains($0) }) else { continue }
            let offset = Array(text.utf8).firstIndex(of: byte) ?? 0
            throw PatternFault(
                .forwarding,
                byte == UInt8(ascii: "?")
                    ? "a rewrite has no query: that of the request goes through untouched"
                    : "this character stands in a path only percent-encoded",
                at: offset..<offset + 1,
                help: byte == UInt8(ascii: "?")
                    ? "delete the `?` and what follows" : "write `\(PathText.percentEncoded([byte]))`"
            )
        }
    }
}

/// Where `redirect` may lead.
enum RedirectRules {
    private static let characters = ByteSet.pathCharacters.union(of: "/%?#")

    static func check(_ text: String) throws(PatternFault) {
        let template = try TextTemplateParser.parse(text)
        let bytes = Array(text.utf8)
        let lowered = text.lowercased()
        var start = 0
        if let scheme = ["https://", "http://"].first(where: { lowered.hasPrefix($0) }) {
            start = scheme.utf8.count
            let end = bytes[start...].firstIndex { "/?#".utf8.contains($0) } ?? bytes.count
            if let brace = bytes[start..<end].firstIndex(where: { "{}".utf8.contains($0) }) {
                throw PatternFault(
                    .redirectLocation,
                    "the host of a redirect cannot come from the request",
                    at: brace..<end,
                    help: "write the host; captures stand behind it: `https://shop.example.com/{id}`"
                )
            }
            let authority = String(decoding: bytes[start..<end], as: UTF8.self)
            guard !authority.isEmpty, (try? ScalarType<TargetAddress>.target.parse(scheme + authority)) != nil else {
                throw PatternFault(
                    .redirectLocation,
                    authority.isEmpty ? "the URL has no host" : "`\(authority.excerpt)` is no host",
                    at: start..<end,
                    help: "write the host behind `\(scheme)`: `https://shop.example.com/`"
                )
            }
            start = end
        } else if bytes.first != UInt8(ascii: "/") || bytes.starts(with: "//".utf8) {
            throw PatternFault(
                .redirectLocation,
                "a redirect leads to a URL or to a path from the root on",
                at: 0..<bytes.count,
                help: "write `https://shop.example.com/…`, or a path that begins with one `/`"
            )
        }
        for case .text(let literal) in template.parts {
            guard let byte = literal.utf8.first(where: { !characters.contains($0) }) else { continue }
            let offset = bytes.firstIndex(of: byte) ?? start
            throw PatternFault(
                .redirectLocation,
                "this character stands in a URL only percent-encoded",
                at: offset..<offset + 1,
                help: "write `\(PathText.percentEncoded([byte]))`"
            )
        }
    }
}
