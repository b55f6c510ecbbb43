// Bodies, against the editor of JSON. What comes out of it is JSON, and nothing is left to edit in it: what was removed
// is gone, what was set stands there once.

import FuzzDriver
import GatewayEmitters
import GatewayIR
import GatewayRuntime
import GatewayTable
import Glibc

private let settings = BodyEdits(
    edits: [
        .init(path: ["a", "b"], action: .remove), .init(path: ["a", "c"], action: .set("[1]")),
        .init(path: ["d"], action: .remove), .init(path: ["e"], action: .set("\"x\"")),
        .init(path: ["f", "g", "h"], action: .add("null")), .init(path: ["\u{E4}\""], action: .set("0")),
    ]
)
private let bytes = TableEmitter.emit(
    Gateway(
        name: "fuzz",
        upstreams: [Upstream(name: "u", targets: [Target(host: "127.0.0.1", port: 8080)])],
        apis: [API(name: "a", selector: .path, versions: 0..<1)],
        versions: [Version(api: 0, name: "v1", value: "v1", lifecycle: Lifecycle(released: 0))],
        chains: [Chain(steps: [ChainStep(plugin: .requestBody(settings), scope: .api)])],
        routes: [
            Route(
                host: .any,
                path: PathPattern(segments: [.literal("a")], end: .tail(name: nil)),
                methods: .any,
                version: 0,
                chain: 0,
                forwarding: Forwarding(upstream: 0, path: .whole)
            )
        ]
    )
)
private let start = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes.count)
for (offset, byte) in bytes.enumerated() { start[offset] = byte }
private let view = try TableView(validating: UnsafeBufferPointer(start: start, count: bytes.count))

var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
exit(
    LLVMFuzzerRunDriver(&count, &arguments) { data, size in
        guard size > 0, size <= 32_768, let data else { return 0 }
        let body = Array(UnsafeBufferPointer(start: data, count: size))
        guard let edited = BodyRehearsal.edited(body, by: 0, in: view) else { return 0 }
        precondition(BodyRehearsal.isJSON(body) && BodyRehearsal.isJSON(edited))
        precondition(BodyRehearsal.edited(edited, by: 0, in: view) == edited)
        return 0
    }
)
