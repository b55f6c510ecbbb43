internal import GatewayCompiler
internal import GatewayIR
internal import GatewayRuntime
internal import GatewayTable

/// What happens to a request at an instant, told to people. Route, version and state come from the gateway's own code
/// over the emitted table; what the steps of the chain are and where they stand comes from the compiler.
struct Explanation {
    let request: RequestDraft
    let instant: Int64
    let gateway: Gateway
    let files: [SourceFile]
    let view: TableView
    /// Index into `gateway.consumers`: whose key the request carries, if that is known.
    let consumer: Int?

    /// The explanation, as lines.
    func lines() -> [String] {
        let rehearsal = RouteRehearsal(of: request.head, in: view, at: instant)
        var lines = ["\(request.method) \(request.target) at \(CalendarTime(instant).rfc3339)", ""]
        if !rehearsal.path.isEmpty && rehearsal.path + rehearsal.query != request.target {
            lines.append(Self.row("path", "\(rehearsal.path), in normal form"))
        }
        switch rehearsal.verdict {
        case .refused(let status, let reason): lines += refusal(rehearsal, status, reason)
        case .routed(let index):
            guard let route = route(index) else {
                return lines + ["the table has a route that the spec has not; please report this"]
            }
            lines += RoutedExplanation(self, rehearsal, route).lines()
        }
        return lines
    }

    static func row(_ label: String, _ text: String) -> String {
        label + String(repeating: " ", count: max(15 - label.count, 1)) + text
    }

    // MARK: no route

    private func refusal(_ rehearsal: RouteRehearsal, _ status: UInt16, _ reason: String) -> [String] {
        var lines: [String] = []
        lines.append(Self.row("route", "none"))
        if let version = rehearsal.version { lines.append(Self.row("version", state(of: version))) }
        if let api = rehearsal.api, rehearsal.version == nil {
            lines.append(Self.row("api", view.string(view.apis[api].name)))
        }
        lines.append(Self.row("client gets", "\(status) \(reason)"))
        if rehearsal.allowedMethods != 0 {
            let names = view.methodNames(rehearsal.allowedMethods)
            lines.append(Self.row("", "Allow: \(names.joined(separator: ", "))"))
        }
        if let version = rehearsal.version {
            lines += lifecycleLines(of: version)
        } else if let api = rehearsal.api {
            lines += Self.rows(view.string(view.apis[api].varyLine))
        }
        lines.append(Self.row("upstream gets", "nothing"))
        return lines
    }

    // MARK: versions

    /// `orders v1: brownout until …, sunset …`.
    func state(of version: UInt32) -> String {
        let record = view.versions[version]
        let (state, window) = view.state(ofVersion: version, at: instant)
        var text = "\(view.string(view.apis[record.api].name)) \(view.string(record.name)): \(state.name)"
        if state == .brownout { text += " until \(CalendarTime(view.brownouts[window].until).rfc3339)" }
        let next = view.nextChange(ofVersion: version, after: instant)
        if state != .brownout && next != TableLayout.never {
            let later = view.state(ofVersion: version, at: next).state
            if later != state { text += ", \(later.name) from \(CalendarTime(next).rfc3339)" }
        }
        return text
    }

    /// The header fields that a version puts on its answers now.
    func lifecycleLines(of version: UInt32) -> [String] {
        let record = view.versions[version]
        var text = view.string(view.apis[record.api].varyLine)
        if view.announces(version: version, at: instant) { text += view.string(record.headerLines) }
        return Self.rows(text)
    }

    private static func rows(_ headerLines: String) -> [String] {
        headerLines.split(separator: "\r\n").map { row("", String($0)) }
    }

    // MARK: from the table's route to the spec's

    private func route(_ index: UInt32) -> Route? {
        let version = Int(view.version(ofRoute: index))
        let (host, path) = (view.host(ofRoute: index), view.path(ofRoute: index))
        let candidates = gateway.routes.filter { route in
            route.version == version && route.host.text == host && route.pathText == path && holds(route.conditions)
        }
        // Listed methods rank before any, more conditions before fewer.
        return candidates.filter { takes($0.methods) }.max { precedes($0, $1) }
    }

    private func precedes(_ left: Route, _ right: Route) -> Bool {
        let (leftRank, rightRank) = (methodRank(left.methods), methodRank(right.methods))
        return leftRank == rightRank ? left.conditions.count < right.conditions.count : leftRank < rightRank
    }

    private func methodRank(_ methods: MethodSet) -> Int {
        switch methods {
        case .any: 0
        case .listed(let names): names.contains(request.method) ? 2 : 1
        }
    }

    private func takes(_ methods: MethodSet) -> Bool {
        switch methods {
        case .any: true
        case .listed(let names):
            names.contains(request.method) || (request.method == "HEAD" && names.contains("GET"))
        }
    }

    private func holds(_ conditions: [HeaderCondition]) -> Bool {
        conditions.allSatisfy { condition in
            request.fields.contains { $0.name.lowercased() == condition.name && $0.value == condition.value }
        }
    }
}
