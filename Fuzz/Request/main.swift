// Heads of requests, against the gateway's parser, normalisation, version selection and lookup, over a small table.
// Nothing may trap; what is found is checked to be in the table.

import FuzzDriver
import GatewayEmitters
import GatewayIR
import GatewayRuntime
import GatewayTable
import Glibc

/// Routes of every kind, versions by every selector.
private func gateway() -> Gateway {
    let selectors: [VersionSelector] = [
        .path, .header(name: "x-version"), .query(name: "v"), .mediaType(prefix: "application/vnd.a.", suffix: "+json"),
    ]
    var gateway = Gateway(name: "fuzz")
    gateway.chains = [Chain(steps: [ChainStep(plugin: .respond(RespondSettings(status: 200)), scope: .route)])]
    for (index, selector) in selectors.enumerated() {
        let root = PathSegment.literal("a\(index)")
        gateway.apis.append(API(name: "a\(index)", selector: selector, versions: index..<(index + 1)))
        gateway.versions.append(Version(api: index, name: "v1", value: "1", lifecycle: Lifecycle(released: 0)))
        gateway.mounts.append(
            Mount(
                host: .any,
                prefix: PathPattern(segments: [root]),
                api: index,
                version: selector == .path ? index : nil
            )
        )
        let patterns = [
            PathPattern(segments: [root]), PathPattern(segments: [root, .capture(name: "x")]),
            PathPattern(segments: [root, .literal("b")], end: .tail(name: nil)),
        ]
        for (number, pattern) in patterns.enumerated() {
            let host: HostPattern = number == 2 ? .wildcard(suffix: "example.com") : .any
            gateway.routes.append(
                Route(
                    host: host,
                    path: pattern,
                    methods: number == 0 ? .any : .listed(["GET", "POST"]),
                    conditions: number == 1 ? [HeaderCondition(name: "x-env", value: "canary")] : [],
                    version: index,
                    chain: 0,
                    forwarding: nil
                )
            )
        }
    }
    return gateway
}

private let bytes = TableEmitter.emit(gateway())
private let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: TableLayout.alignment)
memory.copyBytes(from: bytes)
private let start = UnsafePointer(memory.baseAddress?.assumingMemoryBound(to: UInt8.self))
private let view = try TableView(validating: UnsafeBufferPointer(start: start, count: bytes.count))

var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
exit(
    LLVMFuzzerRunDriver(&count, &arguments) { data, size in
        let rehearsal = RouteRehearsal(of: Array(UnsafeBufferPointer(start: data, count: size)), in: view, at: 1)
        switch rehearsal.verdict {
        case .routed(let route): precondition(route < view.routes.count && rehearsal.path.hasPrefix("/"))
        case .refused(let status, _): precondition(status >= 400)
        }
        return 0
    }
)
