import Foundation
import TestSupport
import Testing

/// Traces go on through the gateway, and begin in it.
@Suite("c20 plugins: trace-context")
struct TraceContextScenario {
    private static func spec(_ upstream: ScriptedUpstream, trusted: String) -> String {
        """
        listen: { trusted-proxies: \(trusted) }
        access-log: { path: access.log }
        upstreams: { up: { targets: [ "http://127.0.0.1:\(upstream.port)" ] } }
        plugins: [ trace-context: { sample: 0% } ]
        apis:
          shop:
            path: /shop
            upstream: up
            versions:
              v1:
                routes:
                  - GET /trusted
                  - { match: GET /always, plugins: [ trace-context: { accept: always, sample: 0% } ] }
                  - { match: GET /never, plugins: [ trace-context: { accept: never } ] }
                  - { match: GET /half, plugins: [ trace-context: { sample: 50% } ] }
                  - { match: GET /off, plugins: [ trace-context: off ] }
        """
    }

    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let parent = "00f067aa0ba902b7"

    /// Version, trace, parent and flags of what the upstream got.
    private static func parts(_ request: ReceivedRequest?) -> [String] {
        let values = request?.values("traceparent") ?? []
        guard values.count == 1, values[0].utf8.count == 55, values[0] == values[0].lowercased() else { return [] }
        return values[0].split(separator: "-").map(String.init)
    }

    @Test("a trace goes on if it is one, and its sender is believed")
    func goesOn() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream, trusted: "[ 127.0.0.0/8 ]"))
        let (trace, parent) = (Self.trace, Self.parent)
        let zeros = String(repeating: "0", count: 32)
        // What is sent, and the flags that come out; `nil` is a new trace.
        let cases: [([String], String?)] = [
            (["00-\(trace)-\(parent)-01"], "01"), (["00-\(trace)-\(parent)-00"], "00"),
            (["00-\(trace)-\(parent)-03"], "03"), (["00-\(trace)-\(parent)-ff"], "03"),
            (["01-\(trace)-\(parent)-03"], "01"), (["cc-\(trace)-\(parent)-01-what-the-future-brings"], "01"),
            (["cc-\(trace)-\(parent)-01."], nil), (["00-\(trace)-\(parent)-01-more"], nil),
            (["00-\(trace)-\(parent)-01-"], nil), (["ff-\(trace)-\(parent)-01"], nil),
            (["00-\(zeros)-\(parent)-01"], nil), (["00-\(trace)-\(zeros.prefix(16))-01"], nil),
            (["00-\(trace.uppercased())-\(parent)-01"], nil), (["00-\(trace)-\(parent)-0"], nil),
            (["00-\(trace)-\(parent)-0g"], nil), (["00-\(trace)-\(parent)"], nil), (["00_\(trace)-\(parent)-01"], nil),
            (["0g-\(trace)-\(parent)-01"], nil), ([""], nil), (["x"], nil), ([], nil),
            (["00-\(trace)-\(parent)-01", "00-\(trace)-\(parent)-01"], nil),
        ]
        for (values, flags) in cases {
            upstream.forget()
            let fields = values.map { "Traceparent: \($0)" } + ["tracestate: a=1, b@sys=x y"]
            #expect(try gateway.ask("GET /shop/v1/trusted", fields).status == 200)
            let parts = Self.parts(upstream.requests.first)
            guard parts.count == 4 else {
                Issue.record("\(values): \(upstream.requests.first?.head.text ?? "nothing")")
                continue
            }
            #expect(parts[0] == "00" && (parts[1] == trace) == (flags != nil) && parts[1] != zeros, "\(values)")
            #expect(parts[2] != parent && parts[2] != zeros.prefix(16), "\(values)")
            // What begins here is random, and not sampled on this route.
            #expect(parts[3] == flags ?? "02", "\(values)")
            #expect(
                upstream.requests.first?.values("tracestate") == (flags == nil ? [] : ["a=1, b@sys=x y"]),
                "\(values)"
            )
        }
    }

    @Test("the state of others goes along if it is well-formed, and is dropped whole otherwise")
    func states() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream, trusted: "[]"))
        let many = (1...33).map { "k\($0)=v" }
        let cases: [([String], Bool)] = [
            (["a=1"], true), (["a=1", "b=2"], true), (["a=1,,b=2 ,\tc=3,"], true), (["0a/-_*@b=!~"], true),
            ([""], true),
            ([many.prefix(32).joined(separator: ",")], true), ([many.joined(separator: ",")], false),
            (["a=1,a=2"], false), (["a=1", "a=2"], false), (["A=1"], false), (["a"], false), (["a="], false),
            (["=1"], false),
            (["a=1=2"], false), (["a b=1"], false), (["a=caf\u{e9}"], false), (["_a=1"], false),
            (["\(String(repeating: "a", count: 256))=\(String(repeating: "b", count: 256))"], true),
            (["\(String(repeating: "a", count: 257))=1"], false), (["a=\(String(repeating: "b", count: 257))"], false),
        ]
        for (values, isKept) in cases {
            upstream.forget()
            let fields = ["traceparent: 00-\(Self.trace)-\(Self.parent)-01"] + values.map { "Tracestate: \($0)" }
            #expect(try gateway.ask("GET /shop/v1/always", fields).status == 200)
            #expect(Self.parts(upstream.requests.first).dropFirst().first == Self.trace, "\(values)")
            #expect(upstream.requests.first?.values("tracestate").isEmpty == !isKept, "\(values)")
        }
    }

    @Test("who is not believed begins a trace, and as many are sampled as the spec says")
    func begins() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(Self.spec(upstream, trusted: "[]"))
        let fields = ["traceparent: 00-\(Self.trace)-\(Self.parent)-01", "tracestate: a=1"]
        for (path, flags) in [("trusted", "02"), ("never", "03")] {
            upstream.forget()
            #expect(try gateway.ask("GET /shop/v1/\(path)", fields).status == 200)
            let parts = Self.parts(upstream.requests.first)
            #expect(parts.count == 4 && parts[1] != Self.trace && parts[3] == flags, "\(path) \(parts)")
            #expect(upstream.requests.first?["tracestate"] == nil)
        }
        upstream.forget()
        #expect(try gateway.ask("GET /shop/v1/off", fields).status == 200)
        #expect(upstream.requests.first?["traceparent"] == "00-\(Self.trace)-\(Self.parent)-01")
        upstream.forget()
        let wire = try gateway.connect()
        for _ in 0..<400 { #expect(try wire.ask(WireRequest("GET /shop/v1/half")).status == 200) }
        let all = upstream.requests.map(Self.parts)
        #expect(Set(all.map { $0.count > 1 ? $0[1] : "" }).count == 400)
        let sampledCount = all.count { $0.last == "03" }
        // Six standard deviations.
        #expect((140...260).contains(sampledCount), "\(sampledCount)")
        let traces = Set(all.compactMap { $0.count > 1 ? $0[1] : nil })
        #expect(
            gateway.program.wait(20) {
                let lines = (gateway.folder.text("access.log") ?? "").split(separator: "\n")
                return traces.allSatisfy { trace in lines.contains { $0.contains("\"trace_id\":\"\(trace)\"") } }
            }
        )
    }
}
