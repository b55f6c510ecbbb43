internal import GatewayIR

/// A route of Kong's, in pieces: one for each of its paths.
struct KongRoute {
    /// A path as Kong has it.
    enum Path {
        /// No condition on the path.
        case any
        case prefix(String)
        case regex(String)
    }

    /// What stands in the spec for it.
    struct Piece {
        var path: Path
        /// Kong's own, of 64 bits.
        var priority: UInt64
        var headers: [(name: String, value: String)]
        /// Where it stands among all.
        var rank = 0
    }

    var name: String
    /// Kong's id for it, if the file says it.
    var id: String?
    var node: NodeIndex
    var hosts: [String] = []
    var methods: [String] = []
    var strips = true
    var preservesHost = false
    var plugins: [KongPlugin] = []
    var pieces: [Piece] = []
}

extension ImportFile {
    private static let knownRouteKeys: Set<String> = [
        "name", "id", "hosts", "paths", "methods", "headers", "protocols", "snis", "sources", "destinations",
        "strip_path", "preserve_host", "regex_priority", "path_handling", "tags", "service", "plugins",
        "https_redirect_status_code", "request_buffering", "response_buffering", "created_at", "updated_at",
        "expression", "priority",
    ]
    /// Combinations of header values.
    private static let headerPieceCountMax = 64

    /// Reads a route; `nil`, with a note, if the spec cannot say which requests it takes.
    ///
    /// - Parameter marksRegexes: since format 3.0 expressions begin with `~`.
    mutating func route(_ entity: Entity, fallbackName: String, marksRegexes: Bool) -> KongRoute? {
        let name = text(entity["name"]) ?? fallbackName
        var route = KongRoute(name: name, id: text(entity["id"]), node: entity.node)
        loseRest(of: entity, "route `\(name.excerpt)`", known: Self.knownRouteKeys)
        for key in ["expression", "snis", "sources", "destinations"] {
            guard let value = entity[key], tree[value].kind != .list || tree[value].second > 0 else { continue }
            lost(
                "route `\(name.excerpt)` is left out: the spec has no `\(key)`, and without it more would match",
                at: value
            )
            return nil
        }
        guard readProtocols(entity, name) else { return nil }
        guard readHosts(entity, into: &route) else { return nil }
        route.methods = texts(entity["methods"]).map { $0.text.uppercased() }
        route.strips = boolean(entity["strip_path"]) ?? true
        route.preservesHost = boolean(entity["preserve_host"]) ?? false
        if let value = entity["path_handling"], text(value) == "v1" {
            changed("route `\(name.excerpt)`: `path_handling: v1` is `v0`, as in Kong's own newer routers", at: value)
        }
        guard let headers = headerConditions(entity, name) else { return nil }
        let weight =
            [!route.methods.isEmpty, !route.hosts.isEmpty, headers.first?.isEmpty == false]
            .count { $0 } + (texts(entity["paths"]).isEmpty ? 0 : 1)
        let base =
            UInt64(min(weight, 7)) << 61
            | (!route.hosts.isEmpty && !route.hosts.contains { $0.contains("*") } ? 1 << 60 : 0)
            | UInt64(min(headers.first?.count ?? 0, 255)) << 52
        let regexPriority = UInt64(number(entity["regex_priority"], 0...Int(Int32.max)) ?? 0)
        for path in paths(entity, marksRegexes: marksRegexes) {
            let own: UInt64 =
                switch path {
                case .any: 0
                case .prefix(let prefix): UInt64(min(prefix.utf8.count, (1 << 19) - 1))
                case .regex: 1 << 51 | min(regexPriority, UInt64(UInt32.max)) << 19
                }
            for set in headers { route.pieces.append(.init(path: path, priority: base | own, headers: set)) }
        }
        return route
    }

    private mutating func readProtocols(_ entity: Entity, _ name: String) -> Bool {
        let protocols = Set(texts(entity["protocols"]).map(\.text))
        guard let node = entity["protocols"], !protocols.isEmpty else { return true }
        let others = protocols.subtracting(["http", "https", "grpc", "grpcs", "ws", "wss"])
        if !others.isEmpty {
            lost("route `\(name.excerpt)` is left out: it is of `\(others.sorted().joined(separator: ", "))`", at: node)
            return false
        }
        let isPlainOnly = protocols.isDisjoint(with: ["https", "grpcs", "wss"])
        let isSecureOnly = protocols.isDisjoint(with: ["http", "grpc", "ws"])
        if isPlainOnly { changed("route `\(name.excerpt)` answers over TLS, too, where `listen.https` is", at: node) }
        if isSecureOnly {
            changed(
                "route `\(name.excerpt)` answers without TLS, too, where `listen.http` is: Kong says 426 there",
                at: node
            )
        }
        return true
    }

    private mutating func readHosts(_ entity: Entity, into route: inout KongRoute) -> Bool {
        let all = texts(entity["hosts"])
        for (host, node) in all {
            if host.hasSuffix(".*") {
                lost(
                    "host `\(host.excerpt)` of route `\(route.name.excerpt)`: a star stands at the left only",
                    at: node
                )
            } else if host.contains(":") {
                lost("host `\(host.excerpt)` of route `\(route.name.excerpt)`: hosts have no port", at: node)
            } else if (try? HostPatternParser.parse(host)) == nil {
                mistake("`\(host.excerpt)` is no host", at: node)
            } else {
                route.hosts.append(host.lowercased())
            }
        }
        guard all.isEmpty || !route.hosts.isEmpty else {
            lost("route `\(route.name.excerpt)` is left out: none of its hosts is in the spec", at: entity.node)
            return false
        }
        return true
    }

    /// Every combination of the values of all header fields: names are joined by and, values by or.
    private mutating func headerConditions(_ entity: Entity, _ name: String) -> [[(name: String, value: String)]]? {
        guard let node = entity["headers"], let fields = self.entity(node, "`headers`") else { return [[]] }
        var sets: [[(name: String, value: String)]] = [[]]
        for (field, key, value) in fields.entries {
            let values = texts(value)
            if let regex = values.first(where: { $0.text.hasPrefix("~*") }) {
                lost("route `\(name.excerpt)` is left out: header values are no expressions", at: regex.node)
                return nil
            }
            sets = sets.flatMap { set in values.map { set + [(field.lowercased(), $0.text)] } }
            guard sets.count <= Self.headerPieceCountMax else {
                lost("route `\(name.excerpt)` is left out: its headers have too many combinations", at: key)
                return nil
            }
            if values.contains(where: { $0.text.contains(where: \.isLetter) }) {
                changed("header `\(field.excerpt)` of route `\(name.excerpt)` is compared with case, too", at: key)
            }
        }
        return sets
    }

    private mutating func paths(_ entity: Entity, marksRegexes: Bool) -> [KongRoute.Path] {
        var paths: [KongRoute.Path] = []
        for (path, node) in texts(entity["paths"]) {
            let isPlain = path.utf8.allSatisfy { ByteSet.unreserved.union(of: "/%").contains($0) }
            if path.hasPrefix("~") {
                paths.append(.regex(String(path.dropFirst())))
            } else if !marksRegexes, !isPlain {
                paths.append(.regex(path))
            } else if !path.hasPrefix("/") {
                mistake("a path begins with `/`, an expression with `~/`: `\(path.excerpt)`", at: node)
            } else {
                paths.append(.prefix(path))
            }
        }
        return texts(entity["paths"]).isEmpty ? [.any] : paths
    }

    // MARK: Ranks

    /// Numbers all pieces in the order in which Kong prefers them, and tells where it would toss a coin.
    mutating func rank(_ routes: inout [KongRoute]) {
        var order: [(route: Int, piece: Int)] = []
        for (index, route) in routes.enumerated() {
            order += route.pieces.indices.map { (index, $0) }
        }
        // Of equal priorities the larger id wins.
        order.sort { left, right in
            let (one, other) = (routes[left.route], routes[right.route])
            let priorities = (one.pieces[left.piece].priority, other.pieces[right.piece].priority)
            if priorities.0 != priorities.1 { return priorities.0 < priorities.1 }
            if one.id ?? "" != other.id ?? "" { return one.id ?? "" < other.id ?? "" }
            return (left.route, left.piece) < (right.route, right.piece)
        }
        for (rank, place) in order.enumerated() { routes[place.route].pieces[place.piece].rank = rank + 1 }
        noteTies(routes, order)
    }

    private mutating func noteTies(_ routes: [KongRoute], _ order: [(route: Int, piece: Int)]) {
        var start = 0
        var told: Set<Int> = []
        while start < order.count {
            let priority = routes[order[start].route].pieces[order[start].piece].priority
            var end = start
            while end < order.count, routes[order[end].route].pieces[order[end].piece].priority == priority { end += 1 }
            for later in start..<min(end, start + 1_000) {
                for earlier in start..<later where order[earlier].route != order[later].route {
                    let (loser, winner) = (routes[order[earlier].route], routes[order[later].route])
                    guard !told.contains(order[later].route),
                        Self.canMeet(loser, order[earlier].piece, winner, order[later].piece)
                    else { continue }
                    told.insert(order[later].route)
                    let how = loser.id != nil && winner.id != nil ? "by their ids" : "by ids that are not in the file"
                    changed(
                        "routes `\(loser.name.excerpt)` and `\(winner.name.excerpt)` have the same priority, and Kong "
                            + "decides between them \(how); here `\(winner.name.excerpt)` wins: look at their `rank`",
                        at: winner.node
                    )
                }
            }
            start = end
        }
    }

    /// Whether a request may match both.
    private static func canMeet(_ left: KongRoute, _ one: Int, _ right: KongRoute, _ other: Int) -> Bool {
        if !left.methods.isEmpty, !right.methods.isEmpty, Set(left.methods).isDisjoint(with: right.methods) {
            return false
        }
        let hostsMeet =
            left.hosts.isEmpty || right.hosts.isEmpty
            || left.hosts.contains { host in right.hosts.contains { meet(host, $0) } }
        guard hostsMeet else { return false }
        let isApart = left.pieces[one].headers.contains { field in
            right.pieces[other].headers.contains { $0.name == field.name && $0.value != field.value }
        }
        if isApart { return false }
        guard case .prefix(let first) = left.pieces[one].path, case .prefix(let second) = right.pieces[other].path
        else {
            return true
        }
        return first.hasPrefix(second) || second.hasPrefix(first)
    }

    private static func meet(_ host: String, _ other: String) -> Bool {
        func covers(_ pattern: String, _ host: String) -> Bool {
            pattern.hasPrefix("*.") && host.hasSuffix(pattern.dropFirst())
        }
        return host == other || covers(host, other) || covers(other, host)
    }
}
