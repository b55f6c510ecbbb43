import GatewayIR
import TestSupport

/// Gateways whose routes cross each other as much as possible: few words, every kind of segment.
struct RandomGateway {
    static let hosts: [HostPattern] = [
        .any, .any, .exact("api.example.com"), .exact("x.y.example.com"), .wildcard(suffix: "example.com"),
        .wildcard(suffix: "y.example.com"),
    ]
    static let requestHosts = ["api.example.com", "x.y.example.com", "z.y.example.com", "example.com", "other", ""]
    static let words = ["a", "b", "12", "orders", "a-rather-long-segment", "a-rather-long-segmenu", "{x", "é"]
    static let digits = Automaton.oneOrMore(of: "0123456789", source: "[0-9]+")
    static let letters = Automaton.oneOrMore(of: "ab12", source: "[ab12]+")
    static let methods = ["DELETE", "GET", "HEAD", "POST", "PURGE", "TRACE"]

    var random: SeededRandom

    mutating func pick<Value>(_ values: [Value]) -> Value { values[Int.random(in: 0..<values.count, using: &random)] }

    /// Each route forwards to a path that names its index, so that a match can be traced back.
    mutating func gateway(routeCount: Int) -> Gateway {
        let apis = [
            API(name: "p", selector: .path, versions: 0..<2),
            API(name: "q", selector: .header(name: "v"), versions: 2..<4),
        ]
        let versions = [(0, "v1"), (0, "v2"), (1, "v1"), (1, "v2")].map {
            Version(api: $0.0, name: $0.1, value: $0.1, lifecycle: Lifecycle(released: 0))
        }
        var gateway = Gateway(
            name: "random",
            upstreams: [Upstream(name: "u", targets: [Target(host: "127.0.0.1", port: 8080)])],
            apis: apis,
            versions: versions,
            chains: [Chain()]
        )
        for index in 0..<routeCount {
            let path = PathPattern(segments: segments(), end: random.oneIn(4) ? .tail(name: nil) : .exact)
            let target = ForwardedPath.rewritten(TextTemplate("/\(index)"))
            gateway.routes.append(
                Route(
                    host: pick(RandomGateway.hosts),
                    path: path,
                    methods: methodSet(),
                    conditions: conditions(),
                    version: Int.random(in: 0..<4, using: &random),
                    chain: 0,
                    forwarding: Forwarding(upstream: 0, path: target)
                )
            )
        }
        for _ in 0..<routeCount / 8 {
            let version = Int.random(in: 0..<4, using: &random)
            let prefix = PathPattern(segments: segments())
            gateway.mounts.append(
                Mount(host: pick(RandomGateway.hosts), prefix: prefix, api: version / 2, version: version)
            )
        }
        return gateway
    }

    mutating func request(_ gateway: Gateway) -> NaiveMatcher.Request {
        var path = "/"
        let count = Int.random(in: 0...5, using: &random)
        path += (0..<count).map { _ in pick(RandomGateway.words) }.joined(separator: "/")
        if random.oneIn(5) { path += "/" }
        if random.oneIn(20) { path += "/a" }
        var headers: [String: String] = [:]
        if random.oneIn(2) { headers["x-env"] = pick(["canary", "test"]) }
        if random.oneIn(3) { headers["x-b"] = "1" }
        return NaiveMatcher.Request(
            host: pick(RandomGateway.requestHosts),
            path: path,
            method: pick(RandomGateway.methods + ["UNHEARD"]),
            headers: headers,
            versions: random.oneIn(5) ? [:] : [1: pick([2, 3])]
        )
    }

    private mutating func segments() -> [PathSegment] {
        (0..<Int.random(in: 0...4, using: &random)).map { index in
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<6: .literal(pick(RandomGateway.words))
            case 6: .constrained(name: pick(["n", "m"]), RandomGateway.digits)
            case 7: .constrained(name: "l\(index)", RandomGateway.letters)
            default: .capture(name: pick(["id", "key"]))
            }
        }
    }

    private mutating func methodSet() -> MethodSet {
        if random.oneIn(4) { return .any }
        let count = Int.random(in: 1...2, using: &random)
        return .listed(Set((0..<count).map { _ in pick(RandomGateway.methods) }).sorted())
    }

    private mutating func conditions() -> [HeaderCondition] {
        switch Int.random(in: 0..<8, using: &random) {
        case 0: [HeaderCondition(name: "x-env", value: "canary")]
        case 1: [HeaderCondition(name: "x-b", value: "1"), HeaderCondition(name: "x-env", value: "test")]
        default: []
        }
    }
}
