internal import GatewayCompiler
internal import GatewayIR

/// The chains of the routes that a text names, each step with the scope that set it and its place in the spec: what
/// holds for a route, without any request.
struct ChainExplanation {
    let gateway: Gateway
    let files: [SourceFile]

    /// - Parameter text: `GET /orders/v1/{id}`, or the path alone; as the routes' whole paths are written.
    /// - Returns: `nil` if no route is called so.
    func lines(of text: String) -> [String]? {
        let words = text.split(separator: " ")
        guard let path = words.last, words.count <= 2 else { return nil }
        let method = words.count == 2 ? String(words[0]) : nil
        let routes = gateway.routes.filter { route in
            guard route.pathText == path else { return false }
            guard let method else { return true }
            switch route.methods {
            case .any: return true
            case .listed(let methods): return methods.contains(method)
            }
        }
        guard !routes.isEmpty else { return nil }
        return routes.map(lines).joined(separator: [""]).map { $0 }
    }

    private func lines(_ route: Route) -> [String] {
        let version = gateway.versions[route.version]
        let host = route.host == .any ? "" : " on \(route.host.text)"
        let conditions = route.conditions.map { ", if \($0.name): \($0.value)" }.joined()
        var lines = [
            "\(route.methods.text) \(route.pathText)\(host)\(conditions) of \(gateway.apis[version.api].name)/\(version.name)"
                + "  (\(files.position(route.origin)))"
        ]
        let plugins = PluginText(gateway: gateway, captureNames: route.path.captureNames)
        let steps = gateway.chains[route.chain].steps
        let width = steps.map(\.plugin.name.count).max() ?? 0
        var number = 0
        var hasGate = false
        func add(_ name: String, _ text: String, _ source: String) {
            number += 1
            let padding = String(repeating: " ", count: max(width - name.count, 0))
            lines.append("  \(number). \(name)\(padding)  \(text)\(source)")
        }
        for step in steps {
            if !hasGate, step.plugin.phase >= .lifecycleGate {
                add("lifecycle", "refuses what the version's state does not serve", "")
                hasGate = true
            }
            let position = files.position(step.origin)
            add(step.plugin.name, plugins.text(step.plugin), "  from \(step.scope) (\(position))")
        }
        if !hasGate { add("lifecycle", "refuses what the version's state does not serve", "") }
        if let forwarding = route.forwarding {
            add("proxy", "to the upstream \(gateway.upstreams[forwarding.upstream].name)", "")
        }
        return lines
    }
}
