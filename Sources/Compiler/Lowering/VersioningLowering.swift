internal import GatewayIR

/// Where an API begins and how requests name its versions.
struct APIPlan {
    /// Index into `SpecDocument.apis`.
    var spec: Int
    var versioning: VersioningSpec
    var selector: VersionSelector
    /// Where the API is found; under host versioning empty: each version has its own host.
    var hosts: [HostPattern]
    /// The API's path; where the version stands in it, a capture.
    var prefix: ParsedPath
    /// Under path versioning: the index of the version's segment in the whole path.
    var versionPlace: Int?
    /// Under host versioning: what stands before and behind the version.
    var hostFrame: (prefix: String, suffix: String)?
}

/// Lowers what an API says about its place: `host`, `path`, `versioning`.
struct VersioningLowering {
    static let defaultHeader = "X-API-Version"
    static let defaultParameter = "version"
    static let marker = "{version}"
    private static let markerName = "version"

    private let api: Named<APISpec>
    private let span: SourceSpan
    private(set) var diagnostics: [Diagnostic] = []

    /// - Parameter isWhole: whether all that the spec says about the API was understood.
    /// - Returns: `nil` where a mistake leaves the place of the API open; it is reported.
    static func plan(
        _ api: Named<APISpec>,
        at index: Int,
        isWhole: Bool,
        constraints: inout ConstraintLibrary,
        into diagnostics: inout [Diagnostic]
    ) -> APIPlan? {
        let saysWhere = api.value.path != nil && api.value.versioning != nil && !api.value.hosts.isEmpty
        guard isWhole || saysWhere else { return nil }
        var lowering = VersioningLowering(api: api, span: api.value.versioning?.span ?? api.name.span)
        let plan = lowering.plan(at: index, constraints: &constraints)
        diagnostics += lowering.diagnostics
        return lowering.diagnostics.contains { $0.severity == .error } ? nil : plan
    }

    private init(api: Named<APISpec>, span: SourceSpan) {
        self.api = api
        self.span = span
    }

    private mutating func plan(at index: Int, constraints: inout ConstraintLibrary) -> APIPlan? {
        let versioning = api.value.versioning?.value ?? .path
        let path = prefix(constraints: &constraints)
        let hosts = self.hosts()
        guard let path else { return nil }
        var plan = APIPlan(
            spec: index,
            versioning: versioning,
            selector: .path,
            hosts: hosts,
            prefix: path
        )
        let marked = path.pattern.segments.firstIndex { segment in
            switch segment {
            case .capture(VersioningLowering.markerName), .constrained(VersioningLowering.markerName, _): true
            default: false
            }
        }
        if case .path = versioning {
            plan.versionPlace = marked ?? path.pattern.segments.count
        } else if marked != nil, let text = api.value.path {
            diagnostics.append(.versionInPath(text))
        }
        switch versioning {
        case .path: break
        case .header(let name): plan.selector = .header(name: headerName(name))
        case .query(let name): plan.selector = .query(name: parameterName(name))
        case .mediaType(let pattern): plan.selector = mediaType(pattern)
        case .host(let pattern):
            plan.selector = .host
            plan.hostFrame = hostFrame(pattern)
            plan.hosts = []
            if let host = api.value.hosts.first {
                diagnostics.append(.hostBesideHostVersioning(host, versioning: span))
            }
        }
        return plan
    }

    private mutating func prefix(constraints: inout ConstraintLibrary) -> ParsedPath? {
        guard let text = api.value.path else { return ParsedPath(pattern: PathPattern(segments: [])) }
        do throws(PatternFault) {
            let path = try PathPatternParser.parse(Array(text.value.utf8), constraints: &constraints)
            if case .tail = path.pattern.end { diagnostics.append(.tailInAPIPath(text)) }
            for case .constrained(VersioningLowering.markerName, _) in path.pattern.segments {
                diagnostics.append(.constrainedVersion(text))
            }
            return path
        } catch {
            diagnostics.append(error.diagnostic(in: text))
            return nil
        }
    }

    private mutating func hosts() -> [HostPattern] {
        var result: [HostPattern] = []
        var spans: [HostPattern: SourceSpan] = [:]
        for text in api.value.hosts {
            do throws(PatternFault) {
                let host = try HostPatternParser.parse(text.value)
                if let first = spans.updateValue(text.span, forKey: host) {
                    diagnostics.append(.sameHostTwice(text, first: first))
                } else {
                    result.append(host)
                }
            } catch {
                diagnostics.append(error.diagnostic(in: text))
            }
        }
        if result.isEmpty { return [.any] }
        return result.sorted { $0.text < $1.text }
    }

    private mutating func headerName(_ name: String?) -> String {
        let name = name ?? VersioningLowering.defaultHeader
        if FieldRules.isAboutCaller(name) {
            diagnostics.append(.unusableSelectorHeader(name, at: span))
        }
        return name.lowercased()
    }

    private mutating func parameterName(_ name: String?) -> String {
        let name = name ?? VersioningLowering.defaultParameter
        if name.isEmpty || !name.utf8.allSatisfy({ ByteSet.unreserved.contains($0) }) {
            diagnostics.append(.unusableParameter(name, at: span))
        }
        return name
    }

    /// `application/vnd.acme.{version}+json`.
    private mutating func mediaType(_ pattern: String?) -> VersionSelector {
        guard let pattern else {
            diagnostics.append(.patternMissing("application/vnd.acme.{version}+json", scheme: "media-type", at: span))
            return .path
        }
        guard let (prefix, suffix) = frame(pattern) else { return .path }
        let sides = (prefix + "v" + suffix).split(separator: "/", omittingEmptySubsequences: false)
        guard sides.count == 2, sides.allSatisfy({ FieldRules.isToken(String($0)) }), prefix.contains("/") else {
            diagnostics.append(.notMediaType(pattern, at: span))
            return .path
        }
        return .mediaType(prefix: prefix, suffix: suffix)
    }

    /// `{version}.api.example.com`.
    private mutating func hostFrame(_ pattern: String?) -> (prefix: String, suffix: String)? {
        guard let pattern else {
            diagnostics.append(.patternMissing("{version}.api.example.com", scheme: "host", at: span))
            return nil
        }
        guard let (prefix, suffix) = frame(pattern) else { return nil }
        do throws(PatternFault) {
            guard case .exact = try HostPatternParser.parse(prefix + "v" + suffix) else {
                diagnostics.append(.wildcardHostVersioning(pattern, at: span))
                return nil
            }
        } catch {
            diagnostics.append(Diagnostic(error.code, "`\(pattern)`: \(error.message)", at: span, help: error.help))
            return nil
        }
        return (prefix, suffix)
    }

    /// What stands before and behind the only `{version}`, in lower case.
    private mutating func frame(_ pattern: String) -> (prefix: String, suffix: String)? {
        let parts = pattern.lowercased().split(
            separator: VersioningLowering.marker,
            omittingEmptySubsequences: false
        )
        guard parts.count == 2 else {
            diagnostics.append(.versionNotOnce(pattern, at: span))
            return nil
        }
        return (String(parts[0]), String(parts[1]))
    }
}

extension Diagnostic {
    static func versionInPath(_ path: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .versionPlace,
            "the path has `{version}`, but `versioning` looks for the version elsewhere",
            at: position(of: VersioningLowering.marker, in: path),
            help: "delete the segment, or set `versioning: path`"
        )
    }

    static func constrainedVersion(_ path: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .versionPlace,
            "the version's segment takes the values of the versions and no constraint",
            at: position(of: "{version:", in: path),
            help: "write `{version}`"
        )
    }

    static func tailInAPIPath(_ path: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .tailPlace,
            "an API's path cannot end in `**`: its routes continue it",
            at: path.span,
            help: "delete the `**` here and write it in the routes, as in `ANY /**`"
        )
    }

    private static func position(of part: String, in text: Spanned<String>) -> SourceSpan {
        guard let range = text.value.firstRange(of: part) else { return text.span }
        let utf8 = text.value.utf8
        let start = utf8.distance(from: utf8.startIndex, to: range.lowerBound)
        return text.span(of: start..<start + part.utf8.count)
    }

    static func sameHostTwice(_ host: Spanned<String>, first: SourceSpan) -> Diagnostic {
        Diagnostic(
            .hostPattern,
            "the API has the host `\(host.value)` already",
            at: host.span,
            related: [.init(first, "first named here")],
            help: "delete one of the two"
        )
    }

    static func hostBesideHostVersioning(_ host: Spanned<String>, versioning: SourceSpan) -> Diagnostic {
        Diagnostic(
            .versioningOption,
            "under host versioning the pattern says which hosts there are",
            at: host.span,
            related: [.init(versioning, "the pattern stands here")],
            help: "delete the host"
        )
    }

    static func unusableSelectorHeader(_ name: String, at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .versioningOption,
            "requests cannot name a version in a header field `\(name)`",
            at: span,
            help: "choose a field of your own, such as `\(VersioningLowering.defaultHeader)`"
        )
    }

    static func unusableParameter(_ name: String, at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .versioningOption,
            "requests cannot name a version in a query parameter `\(name)`",
            at: span,
            help: "use letters, digits and `-._~`, as in `\(VersioningLowering.defaultParameter)`"
        )
    }

    static func patternMissing(_ example: String, scheme: String, at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .versioningOption,
            "versioning by \(scheme) needs a `pattern`",
            at: span,
            help: "write `{ by: \(scheme), pattern: \"\(example)\" }`"
        )
    }

    static func versionNotOnce(_ pattern: String, at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .versionPlace,
            "the pattern `\(pattern)` does not have `{version}` exactly once",
            at: span,
            help: "put `{version}` where requests say the version"
        )
    }

    static func notMediaType(_ pattern: String, at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .versioningOption,
            "`\(pattern)` is not a media type with the version in its subtype",
            at: span,
            help: "write it as `application/vnd.acme.{version}+json`"
        )
    }

    static func wildcardHostVersioning(_ pattern: String, at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .versioningOption,
            "`\(pattern)` has a wildcard beside the version",
            at: span,
            help: "write the whole name, as in `{version}.api.example.com`"
        )
    }
}
