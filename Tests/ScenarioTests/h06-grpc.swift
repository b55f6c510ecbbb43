import Foundation
import TestSupport
import Testing

/// gRPC from end to end: a client and a server of PyPI's `grpcio`, and gateways between them.
@Suite("h06 gRPC")
struct GRPC {
    static let cases: Set<String> = [
        "unary", "large", "many", "server_stream", "client_stream", "both", "trailers_only", "late_error", "cancel",
        "deadline",
    ]
    /// Where `scripts/setup test` puts the package.
    static let python = Program.installed("python3")
    static let environment = ["PYTHONPATH": Repository.root.appendingPathComponent(".build/tools/python").path]
    static let peer = Repository.root.appendingPathComponent("Tests/ScenarioTests/Peers/grpc_peer.py").path

    /// A server that listens.
    struct Server {
        let program: RunningProgram
        let port: UInt16

        init(_ folder: ScratchFolder, _ pair: [String] = []) throws {
            let running = try GRPC.python.start(
                [GRPC.peer, "server"] + pair,
                in: folder.url,
                environment: GRPC.environment
            )
            guard running.wait(60, until: { !running.isRunning || running.output.hasSuffix("\n") }),
                let port = UInt16(running.output.trimmingCharacters(in: .newlines))
            else { throw WireError("no gRPC server: \(running.errors)") }
            (program, self.port) = (running, port)
        }
    }

    static func play(_ gateway: RunningGateway, _ port: UInt16, _ authority: [String] = []) throws {
        let arguments = ["240", python.url.path, peer, "client", "127.0.0.1:\(port)"] + authority
        let outcome = try Program.timeout.run(arguments, in: gateway.folder.url, environment: environment)
        let passed = outcome.output.split(separator: "\n").map { String($0.replacing("passed ", with: "")) }
        #expect(Set(passed) == cases, "\(outcome.errors)")
        #expect(outcome.status == 0)
        #expect(gateway.waits(for: "apic_requests_in_flight", toBe: 0))
    }

    @Test("calls of every kind pass in the clear, and so do their errors, deadlines and cancellations")
    func clear() throws {
        let folder = try ScratchFolder()
        let server = try Server(folder)
        let gateway = try RunningGateway(PlainSpec.text([server.port], upstream: "http2: true"))
        try Self.play(gateway, gateway.port)
        #expect(try gateway.metric("apic_upstream_http2_faults_total") == 0)
        #expect(try gateway.metric("apic_upstream_http2_connections") <= 4)
    }

    @Test("calls of every kind pass over TLS, on both sides")
    func secure() throws {
        let authority = try SecureClients.authority()
        let pair = ["edge.crt", "edge.key"].map { "\(authority.folder.path)/\($0)" }
        let server = try Server(authority.folder, pair)
        let folder = try ScratchFolder()
        try authority.copy(["edge.crt", "edge.key", "authority.crt"], to: folder)
        let spec = PlainSpec.text(
            [server.port],
            upstream: "http2: true, tls: { ca: certs/authority.crt, server-name: edge.example }",
            top: "listen: { http: 8000, https: { certificate: certs/edge.crt, key: certs/edge.key } }",
            scheme: "https"
        )
        try RunningGateway.build(spec, in: folder)
        try authority.copy(["edge.key"], to: folder, as: "dist/certs")
        let gateway = try RunningGateway(folder, ["--https", "127.0.0.1:0"])
        try Self.play(gateway, gateway.securePort, [authority.certificate])
    }

    @Test("a stream lives as long as something moves on it, either way, and no longer")
    func longStreams() throws {
        let upstream = try FrameUpstream { peer in
            guard let request = try peer.nextRequest() else { return }
            try peer.frames.send(.headers(request.stream, [(":status", "200")], endsStream: false))
            // Only the server speaks, for longer than a body may take; then nobody does.
            for _ in 0..<14 {
                usleep(200_000)
                try peer.frames.send(.data(request.stream, "tick"))
            }
            while try peer.frames.receive() != nil {}
        }
        defer { upstream.stop() }
        let gateway = try HTTP2Upstreams.serve(
            upstream,
            top: "listen: { timeouts: { body: 2s, request: 2s } }"
        )
        let frames = try gateway.connectFrames()
        try frames.send(.headers(1, FrameWire.request("POST", "/"), endsStream: false))
        let answer = try frames.answer(1)
        #expect(answer.status == 200 && answer.text == String(repeating: "tick", count: 14))
        #expect(answer.reset != nil)
        #expect(gateway.waits(for: #"apic_timeouts_total{kind="body"}"#, toBe: 1))
    }
}
