import GatewayEmitters
import GatewayIR
import GatewayTable
import Glibc

// What the table costs: emitting it, checking it, looking a route up. Run by `Benchmarks/table/run`.

/// Nothing that a lookup may ask is asked here.
struct BlindProbe: RouteProbe {
    mutating func selectedVersion(api: UInt32) -> UInt32 { VersionChoice.unknown }
    mutating func hasHeader(_ name: TableBytes, _ value: TableBytes) -> Bool { false }
}

/// Like a large estate: services with collections and items, some of them constrained.
func gateway(routeCount: Int) -> Gateway {
    var gateway = Gateway(
        name: "large",
        upstreams: [Upstream(name: "u", targets: [Target(host: "127.0.0.1", port: 8080)])],
        chains: [Chain()]
    )
    let serviceCount = max(routeCount / 100, 1)
    for service in 0..<serviceCount {
        gateway.apis.append(API(name: "service\(service)", selector: .path, versions: service..<service + 1))
        gateway.versions.append(Version(api: service, name: "v1", value: "v1", lifecycle: Lifecycle(released: 0)))
        let prefix: [PathSegment] = [.literal("service\(service)"), .literal("v1")]
        gateway.mounts.append(Mount(host: .any, prefix: PathPattern(segments: prefix), api: service, version: service))
    }
    for index in 0..<routeCount {
        let service = index / 100 % serviceCount
        var segments: [PathSegment] = [
            .literal("service\(service)"), .literal("v1"), .literal("resource\(index % 100 / 4)"),
        ]
        if index % 4 >= 2 { segments.append(.capture(name: "id")) }
        gateway.routes.append(
            Route(
                host: .any,
                path: PathPattern(segments: segments),
                methods: .listed([index % 2 == 0 ? "GET" : "POST"]),
                version: service,
                chain: 0,
                forwarding: Forwarding(upstream: 0, path: .stripping(segmentCount: 2))
            )
        )
    }
    return gateway
}

func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

func best(of count: Int, _ body: () -> Void) -> Double {
    (0..<count).map { _ in
        let start = now()
        body()
        return now() - start
    }.min() ?? 0
}

struct Requests {
    var bytes: [UInt8] = []
    var ends: [Int] = [0]

    mutating func append(_ path: String) {
        bytes += Array(path.utf8)
        ends.append(bytes.count)
    }
}

func lookups(_ view: TableView, _ requests: Requests) -> (seconds: Double, found: Int) {
    var probe = BlindProbe()
    var match = RouteMatch()
    var found = 0
    let host = Array("api.example.com".utf8)
    let seconds = best(of: 25) {
        found = 0
        host.withUnsafeBufferPointer { host in
            requests.bytes.withUnsafeBufferPointer { bytes in
                for index in 1..<requests.ends.count {
                    let path = UnsafeBufferPointer(rebasing: bytes[requests.ends[index - 1]..<requests.ends[index]])
                    view.find(host: host, path: path, method: MethodTable.get, probe: &probe, match: &match)
                    if match.route != TableLayout.none { found += 1 }
                }
            }
        }
    }
    return (seconds, found)
}

print("routes   emit ms  table MB  B/route  validate ms  lookup ns, 3 segments  4 segments  unknown")
let counts = CommandLine.arguments.dropFirst().compactMap { Int($0) }
for routeCount in counts.isEmpty ? [10, 1000, 10_000, 100_000] : counts {
    let gateway = gateway(routeCount: routeCount)
    var bytes: [UInt8] = []
    let emission = best(of: 3) { bytes = TableEmitter.emit(gateway) }
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 64)
    memory.copyBytes(from: bytes)
    let file = UnsafeBufferPointer(start: memory.baseAddress?.assumingMemoryBound(to: UInt8.self), count: bytes.count)
    let validation = best(of: 5) { _ = try? TableView(validating: file) }
    let view = try TableView(validating: file)

    var state: UInt64 = 1
    func random(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % bound
    }
    var collections = Requests()
    var items = Requests()
    var unknown = Requests()
    for _ in 0..<200_000 {
        let index = random(routeCount)
        let path = "/service\(index / 100 % max(routeCount / 100, 1))/v1/resource\(index % 100 / 4)"
        collections.append(path)
        items.append(path + "/\(random(1_000_000))")
        unknown.append(path + "x/\(random(1_000_000))")
    }
    let results = [collections, items, unknown].map { requests in
        let (seconds, _) = lookups(view, requests)
        return seconds / 200_000 * 1e9
    }
    precondition(lookups(view, collections).found == 200_000 && lookups(view, unknown).found == 0)
    let perRoute = Double(bytes.count - view.text.count) / Double(routeCount)
    let columns: [(Double, Int, Int)] = [
        (emission * 1000, 1, 10), (Double(bytes.count) / 1e6, 2, 10), (perRoute, 1, 9), (validation * 1000, 2, 13),
        (results[0], 0, 23), (results[1], 0, 12), (results[2], 0, 9),
    ]
    var line = "\(routeCount)"
    line += String(repeating: " ", count: 7 - line.count)
    for (value, digits, width) in columns {
        let scale = digits == 0 ? 1.0 : digits == 1 ? 10.0 : 100.0
        let text = digits == 0 ? "\(Int(value.rounded()))" : "\((value * scale).rounded() / scale)"
        line += String(repeating: " ", count: max(width - text.count, 1)) + text
    }
    print(line)
    memory.deallocate()
}
