internal import GatewayIR

/// A request that two routes match, to show that they do.
enum Witness {
    /// `GET /orders/x7 with Host: api.example.com, X-Env: canary`.
    static func request(
        matching left: (route: Route, facts: RouteFacts),
        _ right: (route: Route, facts: RouteFacts),
        _ compatibility: RouteCompatibility,
        _ relations: inout ConstraintRelations
    ) -> String {
        var fields: [String] = []
        if let host = host(left.route.host, right.route.host) { fields.append("Host: \(host)") }
        var query = ""
        for route in [left.route, right.route] {
            switch selection(of: route.version, compatibility) {
            case .none: break
            case .field(let field): if !fields.contains(field) { fields.append(field) }
            case .parameter(let text): if !query.contains(text) { query += (query.isEmpty ? "?" : "&") + text }
            }
        }
        for condition in left.route.conditions + right.route.conditions {
            let field = "\(canonical(condition.name)): \(condition.value)"
            if !fields.contains(field) { fields.append(field) }
        }
        let path = path(
            (left.route.path, left.facts.constraints),
            (right.route.path, right.facts.constraints),
            &relations
        )
        let line = "\(method(left.route, right.route)) \(path)\(query)"
        return fields.isEmpty ? line : "\(line) with \(fields.joined(separator: ", "))"
    }

    private enum Selection {
        case none
        case field(String)
        case parameter(String)
    }

    private static func selection(of version: Int, _ compatibility: RouteCompatibility) -> Selection {
        let value = compatibility.versions[version].value
        switch compatibility.apis[compatibility.versions[version].api].selector {
        case .path, .host: return .none
        case .header(let name):
            return compatibility.isDefault(version) ? .none : .field("\(canonical(name)): \(value)")
        case .query(let name): return compatibility.isDefault(version) ? .none : .parameter("\(name)=\(value)")
        case .mediaType(let prefix, let suffix):
            return compatibility.isDefault(version) ? .none : .field("Accept: \(prefix)\(value)\(suffix)")
        }
    }

    private static func method(_ left: Route, _ right: Route) -> String {
        switch (left.methods, right.methods) {
        case (.listed(let mine), .listed(let theirs)): mine.first { theirs.contains($0) } ?? "GET"
        case (.listed(let methods), .any), (.any, .listed(let methods)): methods.first ?? "GET"
        case (.any, .any): "GET"
        }
    }

    /// `api.example.com/orders/x`: a place that lies in two territories.
    static func place(in left: Territory, _ right: Territory, _ relations: inout ConstraintRelations) -> String {
        let path = path((left.path, left.constraints), (right.path, right.constraints), &relations)
        return (host(left.host, right.host) ?? "") + path
    }

    /// A host that both take; `nil` for any.
    private static func host(_ left: HostPattern, _ right: HostPattern) -> String? {
        switch left.covers(right) ? right : left {
        case .exact(let host): host
        case .wildcard(let suffix): "x.\(suffix)"
        case .any: nil
        }
    }

    private static func path(
        _ left: (path: PathPattern, constraints: [Int]),
        _ right: (path: PathPattern, constraints: [Int]),
        _ relations: inout ConstraintRelations
    ) -> String {
        let mine = left.path.steps(constraints: left.constraints)
        let theirs = right.path.steps(constraints: right.constraints)
        var text = ""
        for index in 0..<max(mine.count, theirs.count) {
            let step = index < mine.count ? mine[index] : .capture
            text += "/" + segment(step, index < theirs.count ? theirs[index] : .capture, &relations)
        }
        return text.isEmpty ? "/" : text
    }

    private static func segment(
        _ left: RouteTrie.Step,
        _ right: RouteTrie.Step,
        _ relations: inout ConstraintRelations
    ) -> String {
        switch (left, right) {
        case (.literal(let text), _), (_, .literal(let text)), (.sample(let text), _), (_, .sample(let text)): text
        case (.constrained(let number), .constrained(let other)): relations.commonSegment(number, other) ?? "x"
        case (.constrained(let number), .capture), (.capture, .constrained(let number)):
            relations.commonSegment(number, number) ?? "x"
        case (.capture, .capture): "x"
        }
    }

    /// `x-api-version` as people write it: `X-Api-Version`.
    private static func canonical(_ name: String) -> String {
        name.split(separator: "-", omittingEmptySubsequences: false)
            .map { $0.prefix(1).uppercased() + $0.dropFirst() }
            .joined(separator: "-")
    }
}
