import Foundation
import TestSupport
import Testing

/// Keys that are fetched: by URL and by discovery, while their server changes them, misbehaves, or is gone.
@Suite("c09 plugins: jwt with fetched keys")
struct FetchedKeysScenario {
    /// A server of keys whose answers a test changes while it runs.
    private final class KeyServer: @unchecked Sendable {
        private let lock = NSLock()
        private var pages: [String: (status: Int, fields: [String], body: String)] = [:]
        /// Answers wait for it.
        private var latch: Latch<Bool>?
        private(set) var server: ScriptedUpstream?
        let port: UInt16

        init() throws {
            let made = try ScriptedUpstream()
            port = made.port
            made.stop()
            try start()
        }

        func start() throws {
            server = try ScriptedUpstream(
                port: port,
                script: { [unowned self] turn in
                    _ = lock.withLock { latch }?.wait(30)
                    let page = lock.withLock { pages[turn.request.target] }
                    try turn.answer(page?.status ?? 404, page?.fields ?? [], page?.body ?? "")
                }
            )
        }

        func stop() {
            server?.stop()
            server = nil
        }

        func set(_ path: String, _ body: String, status: Int = 200, fields: [String] = []) {
            lock.withLock { pages[path] = (status, fields, body) }
        }

        func hold(by latch: Latch<Bool>?) { lock.withLock { self.latch = latch } }

        var count: Int { server?.requests.count ?? 0 }
    }

    private static func spec(_ settings: String) -> String {
        """
        apis:
          shop:
            path: /shop
            plugins: [ jwt: { audience: orders, \(settings) }, respond: { body: known } ]
            versions: { v1: { routes: [ "GET /" ] } }
        """
    }

    private static func keys(_ issuer: TokenIssuer, _ names: [String]) throws -> String {
        let keys = try names.map { try issuer.webKey($0, .p256, id: $0, #""use":"sig""#) }
        return "{\"keys\":[\(keys.joined(separator: ","))]}"
    }

    private static func token(_ issuer: TokenIssuer, _ name: String, _ claims: String = "") throws -> [String] {
        let token = try issuer.token(
            "ES256",
            key: name,
            #""aud":"orders""# + claims,
            header: "\"kid\":\"\(name)\""
        )
        return ["Authorization: Bearer \(token)"]
    }

    @Test("keys are there when the gateway begins to serve; new ones come when a token asks for them, but not often")
    func rotation() throws {
        let issuer = try TokenIssuer()
        for name in ["old", "new", "foreign"] { try issuer.makeKey(name, .p256) }
        let server = try KeyServer()
        defer { server.stop() }
        server.set("/keys", try Self.keys(issuer, ["old"]))
        let spec = Self.spec("jwks: \"http://127.0.0.1:\(server.port)/keys\"")
        let gateway = try RunningGateway(spec, workers: 2)
        let old = try Self.token(issuer, "old")
        #expect(try gateway.ask("GET /shop/v1", old).status == 200)
        #expect(server.count == 1)
        // Tokens of unknown keys ask for the keys again, though not within half a minute.
        let new = try Self.token(issuer, "new")
        server.set("/keys", try Self.keys(issuer, ["new"]))
        for _ in 0..<10 {
            #expect(try gateway.ask("GET /shop/v1", try Self.token(issuer, "foreign")).status == 401)
            if server.count > 1 { break }
        }
        #expect(try gateway.ask("GET /shop/v1", new).status == 401)
        #expect(server.count == 1)
        #expect(try gateway.ask("GET /shop/v1", old).status == 200)
        // While the server makes the gateway wait for them, nobody else does.
        let latch = Latch<Bool>()
        server.hold(by: latch)
        #expect(gateway.program.wait(60) { server.count == 2 })
        for _ in 0..<20 { #expect(try gateway.ask("GET /shop/v1", old).status == 200) }
        for _ in 0..<20 { #expect(try gateway.ask("GET /shop/v1", new).status == 401) }
        latch.set(true)
        // They come in the end, and a token of a key that is gone is no longer known.
        #expect(gateway.program.wait(20) { (try? gateway.ask("GET /shop/v1", new).status) == 200 })
        #expect(server.count == 2)
        #expect(try gateway.ask("GET /shop/v1", old).status == 401)
        let source = "http://127.0.0.1:\(server.port)/keys"
        #expect(try gateway.metric("apic_key_fetches_total{source=\"\(source)\",result=\"success\"}") == 2)
        #expect(try gateway.metric("apic_keys{source=\"\(source)\"}") == 1)
    }

    @Test("without keys 503; they are asked for again until they come, and stay when their server is gone")
    func absence() throws {
        let issuer = try TokenIssuer()
        try issuer.makeKey("a", .p256)
        let server = try KeyServer()
        defer { server.stop() }
        server.stop()
        let spec = Self.spec("jwks: \"http://127.0.0.1:\(server.port)/keys\"")
        let gateway = try RunningGateway(spec)
        let token = try Self.token(issuer, "a")
        let early = try gateway.ask("GET /shop/v1", token)
        #expect(early.status == 503 && early.problem == "keys-unavailable" && early["Retry-After"] == "1")
        // What is no token, or would not do anyway, needs no keys.
        #expect(try gateway.ask("GET /shop/v1", ["Authorization: Bearer x"]).status == 401)
        #expect(try gateway.ask("GET /shop/v1").status == 401)
        server.set("/keys", try Self.keys(issuer, ["a"]))
        try server.start()
        #expect(gateway.program.wait(30) { (try? gateway.ask("GET /shop/v1", token).status) == 200 })
        server.stop()
        // Another bundle that names the same place finds the keys there.
        try gateway.rebuild(spec.replacingOccurrences(of: "body: known", with: "body: again"))
        #expect(gateway.program.wait(30) { (try? gateway.ask("GET /shop/v1", token).text) == "again" })
        #expect(try gateway.ask("GET /shop/v1", try Self.token(issuer, "a")).status == 200)
    }

    @Test("answers that are slow, huge, garbage or empty change nothing, and no request waits for them")
    func misbehaviour() throws {
        let issuer = try TokenIssuer()
        try issuer.makeKey("a", .p256)
        let good = try Self.keys(issuer, ["a"])
        let token = try Self.token(issuer, "a")
        let many = Array(repeating: "1", count: 100_000).joined(separator: ",")
        let bad: [(String, Int, String)] = [
            ("garbage", 200, "<html>"), ("an error", 500, good), ("no set", 200, "{}"), ("empty", 200, #"{"keys":[]}"#),
            ("huge", 200, good + String(repeating: " ", count: 600_000)),
            ("too many values", 200, "{\"keys\":[\(many)]}"), ("secrets", 200, #"{"keys":[{"kty":"oct","k":"AAAA"}]}"#),
            ("twice", 200, #"{"keys":[],"keys":[]}"#),
        ]
        for (what, status, body) in bad {
            let server = try KeyServer()
            server.set("/keys", body, status: status)
            let gateway = try RunningGateway(Self.spec("jwks: \"http://127.0.0.1:\(server.port)/keys\""))
            #expect(try gateway.ask("GET /shop/v1", token).status == 503, "\(what)")
            server.set("/keys", good)
            #expect(gateway.program.wait(30) { (try? gateway.ask("GET /shop/v1", token).status) == 200 }, "\(what)")
            server.stop()
        }
        let server = try KeyServer()
        server.set("/keys", good)
        let latch = Latch<Bool>()
        server.hold(by: latch)
        let gateway = try RunningGateway(Self.spec("jwks: \"http://127.0.0.1:\(server.port)/keys\""))
        // The keys are on their way, and requests are answered meanwhile.
        #expect(gateway.program.wait(20) { server.count == 1 })
        for _ in 0..<20 { #expect(try gateway.ask("GET /shop/v1", token).status == 503) }
        latch.set(true)
        #expect(gateway.program.wait(30) { (try? gateway.ask("GET /shop/v1", token).status) == 200 })
        server.stop()
    }

    @Test("discovery: the issuer's metadata says where the keys are, if it is the issuer's")
    func discovery() throws {
        let issuer = try TokenIssuer()
        try issuer.makeKey("a", .p256)
        let server = try KeyServer()
        defer { server.stop() }
        let url = "http://127.0.0.1:\(server.port)/realms/shop"
        func metadata(_ issuer: String, _ keys: String) -> String {
            "{\"issuer\":\"\(issuer)\",\"jwks_uri\":\"\(keys)\"}"
        }
        let place = "/realms/shop/.well-known/openid-configuration"
        server.set("/keys", try Self.keys(issuer, ["a"]))
        server.set(place, metadata(url + "/", "http://127.0.0.1:\(server.port)/keys"))
        let gateway = try RunningGateway(Self.spec("issuer: \"\(url)\", discovery: true"))
        let token = try Self.token(issuer, "a", ",\"iss\":\"\(url)\"")
        #expect(try gateway.ask("GET /shop/v1", token).status == 503)
        #expect(gateway.program.errors.contains("of another issuer"))
        server.set(place, metadata(url, "file:///etc/passwd"))
        #expect(gateway.program.wait(30) { gateway.program.errors.contains("is no URL") })
        server.set(place, metadata(url, "http://127.0.0.1:\(server.port)/keys"))
        #expect(gateway.program.wait(30) { (try? gateway.ask("GET /shop/v1", token).status) == 200 })
        let other = try Self.token(issuer, "a", ",\"iss\":\"https://other.example\"")
        #expect(try gateway.ask("GET /shop/v1", other).status == 401)
    }

    @Test("over TLS a server must be the one that was meant")
    func transport() throws {
        let issuer = try TokenIssuer()
        try issuer.makeKey("a", .p256)
        let server = try KeyServer()
        defer { server.stop() }
        server.set("/keys", try Self.keys(issuer, ["a"]))
        let authority = try CertificateAuthority()
        try authority.issue("edge", ["IP:127.0.0.1"])
        // A gateway of its own speaks TLS in front of the keys.
        let folder = try ScratchFolder()
        try authority.copy(["edge.crt", "authority.crt"], to: folder)
        let front = """
            listen: { http: 8000, https: { certificate: certs/edge.crt, key: certs/edge.key } }
            upstreams: { keys: { targets: [ "http://127.0.0.1:\(server.port)" ] } }
            apis: { k: { path: "/{version}", upstream: keys, versions: { v1: { routes: [ "GET /keys" ] } } } }
            """
        try RunningGateway.build(front, in: folder)
        try authority.copy(["edge.key"], to: folder, as: "dist/certs")
        let secure = try RunningGateway(folder, ["--https", "127.0.0.1:0"])
        let url = "https://127.0.0.1:\(secure.securePort)/v1/keys"
        let token = try Self.token(issuer, "a")
        let believing = try ScratchFolder()
        try authority.copy(["authority.crt"], to: believing)
        try RunningGateway.build(Self.spec("jwks: \"\(url)\", ca: certs/authority.crt"), in: believing)
        let gateway = try RunningGateway(believing)
        #expect(gateway.program.wait(20) { (try? gateway.ask("GET /shop/v1", token).status) == 200 })
        let doubting = try RunningGateway(Self.spec("jwks: \"\(url)\""))
        #expect(doubting.program.wait(20) { doubting.program.errors.contains("cannot fetch keys") })
        #expect(try doubting.ask("GET /shop/v1", token).status == 503)
    }
}
