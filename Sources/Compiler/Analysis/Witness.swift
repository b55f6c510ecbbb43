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
        switch left.route.host {
        case .exact(let host): fields.append("Host: \(host)")
        case .wildcard(let suffix): fields.append("Host: x.\(suffix)")
        case .any: break
        }
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
        let line = "\(method(left.route, right.route)) \(path(left, right, &relations))\(query)"
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

    private static func path(
        _ left: (route: Route, facts: RouteFacts),
        _ right: (route: Route, facts: RouteFacts),
        _ relations: inout ConstraintRelations
    ) -> String {
        var text = ""
        var constraint = 0
        for segment in left.route.path.segments {
            switch segment {
            case .literal(let literal): text += "/" + literal
            case .capture: text += "/x"
            case .constrained:
                let common = relations.commonSegment(
                    left.facts.constraints[constraint],
                    right.facts.constraints[constraint]
                )
                text += "/" + (common ?? "x")
                constraint += 1
            }
        }
        return text.isEmpty ? "/" : text
    }

    /// `x-api-version` as people write it: `X-Api-Version`.
    private static func canonical(_ name: String) -> String {
        name.split(separator: "-", omittingEmptySubsequences: false)
            .map { $0.prefix(1).uppercased() + $0.dropFirst() }
            .joined(separator: "-")
    }
}
