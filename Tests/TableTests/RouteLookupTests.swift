import GatewayIR
import GatewayTable
import TestSupport
import Testing

@Suite struct RouteLookupTests {
    @Test(arguments: SeededRandom.seeds(40))
    func lookupFindsWhatTheRulesSay(seed: UInt64) throws {
        var random = RandomGateway(random: SeededRandom(seed: seed))
        let gateway = random.gateway(routeCount: Int.random(in: 1...120, using: &random.random))
        let matcher = NaiveMatcher(gateway)
        let table = try LoadedTable(gateway)
        for _ in 0..<500 {
            let request = random.request(gateway)
            let expected = matcher.find(request)
            let found = table.view.find(request)
            let note: Comment = "SEED=\(seed) \(request)"
            #expect(table.view.tracedRoute(found) == nil ? expected.route == nil : expected.route != nil, note)
            if let route = expected.route, !expected.isTied {
                #expect(table.view.tracedRoute(found) == route, note)
                #expect(found.captureTexts(of: request.path) == expected.captures, note)
            }
            guard expected.route == nil else { continue }
            #expect(table.view.methodNames(found.allowedMethods) == expected.allowed, note)
            let mounts = matcher.mounts(request)
            if found.mount == TableLayout.none {
                #expect(mounts.isEmpty, note)
            } else {
                let mount = table.view.mounts[found.mount]
                #expect(
                    mounts.contains { UInt32($0.api) == mount.api && $0.version.map(UInt32.init) == mount.version },
                    note
                )
            }
        }
    }

    @Test func tiesAreRareEnoughToTestAnything() throws {
        var random = RandomGateway(random: SeededRandom(seed: 1))
        let gateway = random.gateway(routeCount: 60)
        let matcher = NaiveMatcher(gateway)
        let outcomes = (0..<1000).map { _ in matcher.find(random.request(gateway)) }
        #expect(outcomes.count { $0.route != nil && !$0.isTied } > 200)
        #expect(outcomes.count { $0.route == nil && !$0.allowed.isEmpty } > 20)
    }
}

extension TableView {
    func find(_ request: NaiveMatcher.Request) -> RouteMatch {
        var probe = TestProbe(headers: request.headers)
        for (api, version) in request.versions { probe.versions[UInt32(api)] = UInt32(version) }
        return find(host: request.host, path: request.path, method: request.method, probe: probe)
    }

    /// The index that a route of a random gateway forwards to.
    func tracedRoute(_ match: RouteMatch) -> Int? {
        guard match.route != TableLayout.none else { return nil }
        // `gate`, its version, `proxy`, its upstream, its template.
        let entry = programs[routes[match.route].program].requestEntry
        return Int(string(templateParts[templates[code[entry + 4]].first].text).dropFirst())
    }

    func methodNames(_ bits: UInt32) -> Set<String> {
        Set((0..<32).filter { bits & 1 << UInt32($0) != 0 }.map { methodName(bit: $0) ?? "bit \($0)" })
    }
}
