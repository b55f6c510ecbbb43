import GatewayIR

/// The routing rules once more, as slow and as plain as can be: every route is compared with every request.
struct NaiveMatcher {
    struct Request {
        var host: String
        var path: String
        var method: String
        var headers: [String: String]
        /// The chosen version by API.
        var versions: [Int: Int]
    }

    /// How specific a match is; compared from the first number on.
    typealias Rank = [Int]

    struct Outcome {
        var route: Int?
        /// Whether another route has the winner's rank, so that either may be found.
        var isTied = false
        var captures: [String] = []
        var allowed: Set<String> = []
    }

    let gateway: Gateway
    private let headLists: Set<String>

    init(_ gateway: Gateway) {
        self.gateway = gateway
        headLists = Set(
            gateway.routes.filter { $0.methods.lists("HEAD") }.map { NaiveMatcher.place($0) }
        )
    }

    func find(_ request: Request) -> Outcome {
        var outcome = Outcome()
        var best: Rank = []
        for (index, route) in gateway.routes.enumerated() {
            guard let hostRank = rank(route.host, request.host), meansVersion(route, request),
                route.conditions.allSatisfy({ request.headers[$0.name] == $0.value }),
                let (captures, pathRank) = match(route.path, segments(of: request.path))
            else { continue }
            guard takes(route, request.method) else {
                if case .listed(let methods) = route.methods { outcome.allowed.formUnion(methods) }
                if takes(route, "HEAD") { outcome.allowed.insert("HEAD") }
                continue
            }
            let rank = hostRank + pathRank + [route.methods == .any ? 0 : 1, route.conditions.count]
            if outcome.route == nil || best.lexicographicallyPrecedes(rank) {
                (best, outcome.route, outcome.captures, outcome.isTied) = (rank, index, captures, false)
            } else if rank == best {
                outcome.isTied = true
            }
        }
        return outcome
    }

    /// Mounts that may answer for a request that no route matches.
    func mounts(_ request: Request) -> [Mount] {
        var best: Rank = []
        var mounts: [Mount] = []
        for mount in gateway.mounts {
            guard let hostRank = rank(mount.host, request.host) else { continue }
            var pattern = mount.prefix
            pattern.end = .tail(name: nil)
            guard match(pattern, segments(of: request.path)) != nil else { continue }
            let rank = hostRank + [mount.prefix.segments.count]
            if rank == best {
                mounts.append(mount)
            } else if best.lexicographicallyPrecedes(rank) {
                (best, mounts) = (rank, [mount])
            }
        }
        return mounts
    }

    private func takes(_ route: Route, _ method: String) -> Bool {
        if route.methods == .any || route.methods.lists(method) { return true }
        return method == "HEAD" && route.methods.lists("GET") && !headLists.contains(NaiveMatcher.place(route))
    }

    private func meansVersion(_ route: Route, _ request: Request) -> Bool {
        let api = gateway.versions[route.version].api
        return switch gateway.apis[api].selector {
        case .path, .host: true
        case .header, .query, .mediaType: request.versions[api] == route.version
        }
    }

    private func rank(_ pattern: HostPattern, _ host: String) -> Rank? {
        switch pattern {
        case .exact(let name): name == host ? [2, 0] : nil
        case .wildcard(let suffix): host.hasSuffix("." + suffix) ? [1, suffix.utf8.count] : nil
        case .any: [0, 0]
        }
    }

    private func segments(of path: String) -> [String] {
        var segments = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        segments.removeFirst()
        return segments
    }

    private func match(_ pattern: PathPattern, _ segments: [String]) -> (captures: [String], rank: Rank)? {
        var captures: [String] = []
        var rank: Rank = []
        for (index, segment) in pattern.segments.enumerated() {
            guard index < segments.count, !segments[index].isEmpty else { return nil }
            switch segment {
            case .literal(let text):
                guard segments[index] == text else { return nil }
                rank.append(3)
            case .constrained(_, let automaton):
                guard automaton.accepts(segments[index]) else { return nil }
                captures.append(segments[index])
                rank.append(2)
            case .capture:
                captures.append(segments[index])
                rank.append(1)
            }
        }
        let rest = segments.dropFirst(pattern.segments.count)
        rank += repeatElement(0, count: 27 - rank.count)
        switch pattern.end {
        case .exact:
            guard rest.isEmpty || Array(rest) == [""] else { return nil }
            return (captures, rank + [1])
        case .tail:
            return (captures + [rest.joined(separator: "/")], rank + [0])
        }
    }

    /// What makes two routes ends of the same place, for `HEAD`.
    private static func place(_ route: Route) -> String {
        let path = route.path.segments.map { segment in
            switch segment {
            case .literal(let text): "=" + text
            case .constrained(_, let automaton): "~" + automaton.source
            case .capture: "*"
            }
        }
        let conditions = route.conditions.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
        return
            "\(route.host.text) \(path.joined(separator: "/")) \(route.path.end == .exact) \(route.version) \(conditions)"
    }
}

extension MethodSet {
    func lists(_ method: String) -> Bool {
        if case .listed(let methods) = self { methods.contains(method) } else { false }
    }
}

extension Automaton {
    func accepts(_ text: String) -> Bool {
        var state = 0
        for byte in text.utf8 {
            let next = transitions[state * classCount + Int(classes[Int(byte)])]
            guard next != Automaton.dead else { return false }
            state = Int(next)
        }
        return accepting[state]
    }

    /// One or more of some bytes.
    static func oneOrMore(of bytes: String, source: String) -> Automaton {
        var classes = [UInt8](repeating: 0, count: 256)
        for byte in bytes.utf8 { classes[Int(byte)] = 1 }
        return Automaton(
            source: source,
            classes: classes,
            classCount: 2,
            transitions: [dead, 1, dead, 1],
            accepting: [false, true]
        )
    }
}
