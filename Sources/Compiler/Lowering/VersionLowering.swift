internal import GatewayIR

/// A version's place in the spec.
struct VersionPlan {
    /// Index into the array of `APIPlan`s, which is also the index of the API in the gateway.
    var api: Int
    /// Index into `APISpec.versions`.
    var spec: Int
}

/// APIs and versions, ascending by name, with what the spec says about their place beside them.
struct LoweredVersions {
    var apis: [API] = []
    var versions: [Version] = []
    /// One per API.
    var apiPlans: [APIPlan] = []
    /// One per version.
    var versionPlans: [VersionPlan] = []
}

enum VersionLowering {
    private static let valueByteCountMax = 63
    private static let hostLabel = ByteSet.digits.union(of: "abcdefghijklmnopqrstuvwxyz-")

    static func lower(
        _ document: SpecDocument,
        names: NameTable,
        completeness: Completeness,
        constraints: inout ConstraintLibrary,
        into diagnostics: inout [Diagnostic]
    ) -> LoweredVersions {
        var result = LoweredVersions()
        let order = document.apis.indices.sorted { document.apis[$0].name.value < document.apis[$1].name.value }
        for index in order {
            let api = document.apis[index]
            let isWhole = completeness.isWhole(api)
            let plan = VersioningLowering.plan(
                api,
                at: index,
                isWhole: isWhole,
                constraints: &constraints,
                into: &diagnostics
            )
            append(
                api,
                plan: plan,
                at: index,
                notice: document.governance?.notice,
                names: names,
                isWhole: isWhole,
                to: &result,
                into: &diagnostics
            )
        }
        return result
    }

    /// Checks the versions of an API in any case; adds them where the API's place is known.
    private static func append(
        _ api: Named<APISpec>,
        plan: APIPlan?,
        at index: Int,
        notice: Spanned<Int64>?,
        names: NameTable,
        isWhole: Bool,
        to result: inout LoweredVersions,
        into diagnostics: inout [Diagnostic]
    ) {
        let order = api.value.versions.indices.sorted {
            api.value.versions[$0].name.value < api.value.versions[$1].name.value
        }
        let sorted = order.map { api.value.versions[$0] }
        let first = result.versions.count
        let versioning = api.value.versioning?.value ?? .path
        let successors = SuccessorChecks.successors(of: sorted, isWhole: isWhole, into: &diagnostics)
        let standard =
            isWhole || api.value.versioning != nil
            ? SuccessorChecks.defaultVersion(of: sorted, versioning: versioning, into: &diagnostics) : nil
        let values = values(of: sorted, versioning: versioning, into: &diagnostics)
        var versions = sorted.indices.map { index in
            Version(
                api: result.apis.count,
                name: sorted[index].name.value,
                value: values[index],
                lifecycle: LifecycleChecks.lower(sorted[index], notice: notice, into: &diagnostics),
                previewGroups: names.groups(sorted[index].value.preview, into: &diagnostics),
                successor: successors[index].map { first + $0 },
                docs: sorted[index].value.docs?.value
            )
        }
        guard let plan else { return }
        for index in versions.indices {
            guard let successor = successors[index] else { continue }
            versions[index].successorLink =
                root(of: versions[successor], plan: plan) ?? versions[successor].docs
        }
        result.apis.append(
            API(
                name: api.name.value,
                title: api.value.title?.value ?? "",
                owner: api.value.owner?.value ?? "",
                selector: plan.selector,
                versions: first..<first + versions.count,
                defaultVersion: standard.map { first + $0 }
            )
        )
        result.versionPlans += order.map { VersionPlan(api: result.apiPlans.count, spec: $0) }
        result.apiPlans.append(plan)
        result.versions += versions
    }

    /// Where a version begins, as a URI reference: `/orders/v2/`, `https://v2.api.example.com/`. `nil` where requests
    /// name the version elsewhere, or where the path varies.
    private static func root(of version: Version, plan: APIPlan) -> String? {
        switch plan.versioning {
        case .header, .query, .mediaType: return nil
        case .path, .host: break
        }
        var path = ""
        for segment in VersionPlacement.segments(of: plan, value: version.value) {
            guard case .literal(let text) = segment else { return nil }
            path += "/" + text
        }
        guard let frame = plan.hostFrame else { return path + "/" }
        return "https://\(frame.prefix)\(version.value)\(frame.suffix)\(path)/"
    }

    /// What requests say to select each version; in lower case where case does not count.
    private static func values(
        of versions: [Named<VersionSpec>],
        versioning: VersioningSpec,
        into diagnostics: inout [Diagnostic]
    ) -> [String] {
        var seen: [String: (name: String, span: SourceSpan)] = [:]
        return versions.map { version in
            let text = version.value.value ?? version.name
            let value = foldsCase(versioning) ? text.value.lowercased() : text.value
            if !isUsable(value, versioning: versioning) {
                diagnostics.append(.unusableVersionValue(text, versioning))
            } else if let first = seen[value] {
                diagnostics.append(.sameVersionValue(version.name.value, text, first: first.name, first.span))
            } else {
                seen[value] = (version.name.value, text.span)
            }
            return value
        }
    }

    private static func foldsCase(_ versioning: VersioningSpec) -> Bool {
        switch versioning {
        case .host, .mediaType: true
        case .path, .header, .query: false
        }
    }

    private static func isUsable(_ value: String, versioning: VersioningSpec) -> Bool {
        guard (1...valueByteCountMax).contains(value.utf8.count) else { return false }
        switch versioning {
        case .host: return value.utf8.allSatisfy { hostLabel.contains($0) }
        case .path:
            return value != "." && value != ".." && value.utf8.allSatisfy { ByteSet.unreserved.contains($0) }
        case .header, .query, .mediaType: return value.utf8.allSatisfy { ByteSet.unreserved.contains($0) }
        }
    }
}

/// A version's own path and hosts.
enum VersionPlacement {
    /// The API's path with the version where it stands.
    static func segments(of plan: APIPlan, value: String) -> [PathSegment] {
        var segments = plan.prefix.pattern.segments
        guard let place = plan.versionPlace else { return segments }
        if place < segments.count {
            segments[place] = .literal(value)
        } else {
            segments.append(.literal(value))
        }
        return segments
    }

    static func hosts(of plan: APIPlan, value: String) -> [HostPattern] {
        guard let frame = plan.hostFrame else { return plan.hosts }
        return [.exact(frame.prefix + value + frame.suffix)]
    }
}

extension Diagnostic {
    static func unusableVersionValue(_ value: Spanned<String>, _ versioning: VersioningSpec) -> Diagnostic {
        let place: String
        let characters: String
        switch versioning {
        case .path: (place, characters) = ("a segment of the path", "letters, digits and `-._~`")
        case .host: (place, characters) = ("a label of the host", "letters, digits and `-`")
        case .header: (place, characters) = ("the header field", "letters, digits and `-._~`")
        case .query: (place, characters) = ("the query parameter", "letters, digits and `-._~`")
        case .mediaType: (place, characters) = ("the media type", "letters, digits and `-._~`")
        }
        return Diagnostic(
            .unusableVersionValue,
            "`\(value.value)` cannot stand in \(place), where requests name the version",
            at: value.span,
            help: "set `value` to 1 to 63 \(characters)"
        )
    }

    static func sameVersionValue(
        _ version: String,
        _ value: Spanned<String>,
        first: String,
        _ firstSpan: SourceSpan
    ) -> Diagnostic {
        Diagnostic(
            .sameVersionValue,
            "requests select `\(first)` and `\(version)` by the same value, `\(value.value)`",
            at: value.span,
            related: [.init(firstSpan, "the value of `\(first)`")],
            help: "give one of them another `value`"
        )
    }
}
