internal import GatewayIR

/// Where APIs and versions begin, so that what no route matches is answered in the right name.
enum MountLowering {
    private struct Place: Hashable {
        var host: HostPattern
        /// The prefix with captures unnamed.
        var shape: [PathSegment]
    }

    /// - Returns: ascending by API, then the API's own before its versions', then by version and host.
    static func lower(
        _ document: SpecDocument,
        versions: LoweredVersions,
        into diagnostics: inout [Diagnostic]
    ) -> [Mount] {
        var mounts: [Mount] = []
        for api in versions.apis.indices {
            mounts += mountsOfAPI(api, versions) + mountsOfVersions(api, versions)
        }
        reportClashes(mounts, document, versions, into: &diagnostics)
        return mounts
    }

    private static func mountsOfAPI(_ api: Int, _ versions: LoweredVersions) -> [Mount] {
        let plan = versions.apiPlans[api]
        // With the version in the middle of the path the capture stands for it: unknown ones are the API's, too.
        let prefix = PathPattern(segments: plan.prefix.pattern.segments)
        var hosts = plan.hosts
        if let frame = plan.hostFrame {
            // Hosts with an unknown version, where a wildcard can stand for them.
            guard frame.prefix.isEmpty, frame.suffix.utf8.first == UInt8(ascii: ".") else { return [] }
            hosts = [.wildcard(suffix: String(frame.suffix.dropFirst()))]
        }
        return hosts.map { Mount(host: $0, prefix: prefix, api: api, version: nil) }
    }

    private static func mountsOfVersions(_ api: Int, _ versions: LoweredVersions) -> [Mount] {
        let plan = versions.apiPlans[api]
        guard plan.versionPlace != nil || plan.hostFrame != nil else { return [] }
        return versions.apis[api].versions.flatMap { index in
            let value = versions.versions[index].value
            let prefix = PathPattern(segments: VersionPlacement.segments(of: plan, value: value))
            return VersionPlacement.hosts(of: plan, value: value).map {
                Mount(host: $0, prefix: prefix, api: api, version: index)
            }
        }
    }

    private static func reportClashes(
        _ mounts: [Mount],
        _ document: SpecDocument,
        _ versions: LoweredVersions,
        into diagnostics: inout [Diagnostic]
    ) {
        var firsts: [Place: Mount] = [:]
        var reported: Set<[Int]> = []
        for mount in mounts {
            let place = Place(host: mount.host, shape: mount.prefix.segments.map(unnamed))
            guard let first = firsts[place] else {
                firsts[place] = mount
                continue
            }
            guard first.api != mount.api, reported.insert([first.api, mount.api]).inserted else { continue }
            let apis = [first.api, mount.api].map { document.apis[versions.apiPlans[$0].spec] }
            let areInPath = [first.api, mount.api].allSatisfy { versions.apiPlans[$0].versionPlace != nil }
            diagnostics.append(.sameMount(mount, apis[1], first: apis[0], versionsAreInPath: areInPath))
        }
    }

    private static func unnamed(_ segment: PathSegment) -> PathSegment {
        switch segment {
        case .literal: return segment
        case .capture: return .capture(name: "")
        case .constrained(_, var automaton):
            automaton.source = ""
            return .constrained(name: "", automaton)
        }
    }
}

extension Diagnostic {
    /// Reported at the API that is written later.
    static func sameMount(
        _ mount: Mount,
        _ api: Named<APISpec>,
        first: Named<APISpec>,
        versionsAreInPath: Bool
    ) -> Diagnostic {
        let isLater = (first.name.span.file, first.name.span.start) <= (api.name.span.file, api.name.span.start)
        let (earlier, later) = isLater ? (first, api) : (api, first)
        let host = mount.host == .any ? "" : " of \(mount.host.text)"
        let ownPath = mount.prefix.text == "/" ? "/\(later.name.value)" : "\(mount.prefix.text)/\(later.name.value)"
        return Diagnostic(
            .sameMount,
            "`\(earlier.name.value)` and `\(later.name.value)` both begin at `\(mount.prefix.text)`\(host)",
            at: later.value.path?.span ?? later.name.span,
            related: [.init(earlier.value.path?.span ?? earlier.name.span, "`\(earlier.name.value)` begins here")],
            help: versionsAreInPath && mount.version == nil
                ? "give each a path of its own; `path: /{version}/\(later.name.value)` keeps the version in front"
                : "give each a path of its own, such as `path: \(ownPath)`"
        )
    }
}
