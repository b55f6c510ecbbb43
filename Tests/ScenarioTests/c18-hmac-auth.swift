import Foundation
import TestSupport
import Testing

/// Signed requests: who is let in, who is not, and what either gets to know. Python's `hmac` signs.
@Suite("c18 plugins: hmac-auth")
struct SignatureScenario {
    private static let secret = "a secret of 32 bytes, for tests."
    private static let environment = ["SECRET": secret, "NEXT": "another secret, of thirty bytes", "KEY": "k-acme"]
    private static let peer = Repository.root.appendingPathComponent("Tests/ScenarioTests/Peers/signing_client.py").path

    private static func spec(_ upstream: ScriptedUpstream) -> String {
        """
        listen: { http: 8000, limits: { head: 48KiB } }
        upstreams: { up: { targets: [ "http://127.0.0.1:\(upstream.port)" ] } }
        consumers:
          acme:
            groups: [ partners ]
            credentials:
              - { hmac: { key-id: acme, secret: "${env:SECRET}" }, id: acme-signs }
              - { hmac: { key-id: acme-old, secret: "${env:SECRET}" }, expires: 2020-01-01 }
              - { key: "${env:KEY}" }
          globex: { credentials: [ { hmac: { key-id: globex, secret: "${env:NEXT}" } } ] }
          guest: {}
        apis:
          shop:
            path: /shop
            upstream: up
            plugins: [ hmac-auth ]
            versions:
              v1:
                routes:
                  - ANY /items/**
                  - { match: GET /kong, plugins: [ hmac-auth: { scheme: kong, components: [ "@request-target" ] } ] }
                  - match: GET /both
                    plugins: [ hmac-auth: { scheme: [ message-signatures, kong ], components: [ "@method", "@path" ] } ]
                  - match: POST /digest
                    plugins: [ hmac-auth: { components: [ "@target-uri", content-digest, x-tenant ] } ]
                  - match: GET /digest
                    plugins: [ hmac-auth: { components: [ "@target-uri", content-digest ], forward-credential: true } ]
                  - { match: GET /label, plugins: [ hmac-auth: { label: mine, components: [ "@path" ], lifetime: 1m } ] }
                  - match: GET /any
                    plugins: [ key-auth, hmac-auth: { components: [ "@path" ] }, authentication: { require: any } ]
                  - match: GET /all
                    plugins: [ key-auth, hmac-auth: { components: [ "@path" ] }, authentication: { require: all } ]
                  - match: GET /guests
                    plugins: [ hmac-auth, authentication: { anonymous: guest } ]
        """
    }

    /// A request with what it says of its signature, and the text that was signed in fact.
    private struct Attempt {
        var name: String
        var line: String
        var fields: [String] = []
        var body: String?
        /// What stands behind the label in `Signature-Input`.
        var input: String
        var text: String
        var label = "sig1"
        var status: Int
    }

    private let upstream: ScriptedUpstream
    private let gateway: RunningGateway

    init() throws {
        upstream = try ScriptedUpstream()
        gateway = try RunningGateway(Self.spec(upstream), environment: Self.environment)
    }

    private var host: String { "127.0.0.1:\(gateway.port)" }
    private var now: Int { Int(Date().timeIntervalSince1970) }

    private func codes(of texts: [String]) throws -> [String] {
        let outcome = try Program.installed("python3").run(
            [Self.peer, "codes"],
            in: gateway.folder.url,
            environment: Self.environment,
            input: texts.map { Data($0.utf8).base64EncodedString() + "\n" }.joined()
        )
        let codes = outcome.output.split(separator: "\n").map(String.init)
        guard codes.count == texts.count else { throw WireError("no codes: \(outcome.errors)") }
        return codes
    }

    private func parameters(_ covered: String, created: Int? = nil, key: String = "acme", more: String = "") -> String {
        "(\(covered));created=\(created ?? now);keyid=\"\(key)\"\(more)"
    }

    private func ask(_ attempts: [Attempt]) throws {
        for (attempt, code) in zip(attempts, try codes(of: attempts.map(\.text))) {
            let signed = [
                "Signature-Input: \(attempt.label)=\(attempt.input)", "Signature: \(attempt.label)=:\(code):",
            ]
            upstream.forget()
            let answer = try gateway.ask(attempt.line, ["Host: \(host)"] + attempt.fields + signed, body: attempt.body)
            #expect(answer.status == attempt.status, "\(attempt.name)")
            #expect(upstream.requests.count == (attempt.status == 200 ? 1 : 0), "\(attempt.name)")
        }
    }

    private static let covered = #""@method" "@authority" "@path" "@query""#

    private func text(
        _ input: String,
        method: String = "GET",
        path: String = "/shop/v1/items",
        query: String = "?"
    ) -> String {
        """
        "@method": \(method)
        "@authority": \(host)
        "@path": \(path)
        "@query": \(query)
        "@signature-params": \(input)
        """
    }

    @Test("a client that signs by RFC 9421 passes, and one that signs as Kong wants it")
    func clients() throws {
        defer { upstream.stop() }
        for (scheme, path) in [("rfc9421", "/shop/v1/items"), ("kong", "/shop/v1/kong")] {
            upstream.forget()
            let outcome = try Program.timeout.run(
                ["60", Program.installed("python3").url.path, Self.peer, scheme, "\(gateway.port)", "acme"],
                in: gateway.folder.url,
                environment: Self.environment
            )
            #expect(outcome.output.hasPrefix("200 "), "\(scheme): \(outcome.output)\(outcome.errors)")
            let request = try #require(upstream.requests.first, "\(path)")
            #expect(request["X-Consumer-Username"] == "acme" && request["X-Consumer-Groups"] == "partners")
            #expect(request["X-Credential-Id"] == "acme-signs")
            for name in ["Signature", "Signature-Input", "Authorization"] { #expect(request[name] == nil, "\(name)") }
        }
        // By HTTP/2, where the authority is no field.
        let input = parameters(Self.covered)
        let code = try #require(try codes(of: [text(input, query: "?a=b")]).first)
        let answer = try Program.timeout.run(
            [
                "30", Program.installed("curl").url.path, "-s", "--http2-prior-knowledge", "-o", "/dev/null", "-w",
                "%{http_code} %{http_version}", "-H", "Signature-Input: a=\(input)", "-H", "Signature: a=:\(code):",
                "http://\(host)/shop/v1/items?a=b",
            ],
            in: gateway.folder.url
        )
        #expect(answer.output == "200 2", "\(answer.errors)")
        #expect(try gateway.metric("apic_signatures_verified_total") == 3)
    }

    @Test("whatever is changed of a signed request, it is refused, and its sender learns nothing more")
    func tampering() throws {
        defer { upstream.stop() }
        let good = parameters(Self.covered)
        func attempt(_ name: String, _ line: String, _ input: String, _ text: String, _ status: Int = 401) -> Attempt {
            Attempt(name: name, line: line, input: input, text: text, status: status)
        }
        let line = "GET /shop/v1/items"
        var attempts = [
            attempt("intact", line, good, text(good), 200),
            attempt("intact, with a query", line + "?a=%20b&c", good, text(good, query: "?a=%20b&c"), 200),
            // The path is signed as it was sent, though the upstream gets its normal form.
            attempt(
                "a path not in normal form",
                "GET /shop/v1/./items/%7Ea",
                good,
                text(good, path: "/shop/v1/./items/%7Ea"),
                200
            ),
            attempt("the normal form of another path", "GET /shop/v1/./items", good, text(good)),
            attempt("another method", "DELETE /shop/v1/items", good, text(good)),
            attempt("another path", "GET /shop/v1/items/7", good, text(good)),
            attempt("a query", line + "?a=b", good, text(good)),
            attempt("another query", line + "?a=b", good, text(good, query: "?a=c")),
            attempt("an absolute target", "GET http://\(host)/shop/v1/items", good, text(good), 200),
        ]
        for (name, input) in [
            ("another key", parameters(Self.covered, key: "globex")),
            ("a key that nobody has", parameters(Self.covered, key: "nobody")),
            ("a key that holds no more", parameters(Self.covered, key: "acme-old")),
            ("no key", "(\(Self.covered));created=\(now)"),
            ("another algorithm", parameters(Self.covered, more: #";alg="rsa-pss-sha512""#)),
            ("too old", parameters(Self.covered, created: now - 400)),
            ("from the future", parameters(Self.covered, created: now + 120)),
            ("without a time", "(\(Self.covered));keyid=\"acme\""),
            ("expired", parameters(Self.covered, created: now - 100, more: ";expires=\(now - 60)")),
            ("a parameter twice", parameters(Self.covered, more: ";created=\(now)")),
            ("a number in a text", parameters(Self.covered, more: ";nonce=1")),
        ] { attempts.append(attempt(name, line, input, text(input))) }
        let known = parameters(
            Self.covered,
            more: #";alg="hmac-sha256";nonce="n";tag="t";expires=\#(now + 60);other=?1"#
        )
        let written = known.replacingOccurrences(of: "=?1", with: "")
        attempts.append(attempt("all parameters", line, known, text(written), 200))
        let ahead = parameters(Self.covered, created: now + 15)
        attempts.append(attempt("a clock that is a little ahead", line, ahead, text(ahead), 200))
        // What is signed is less than the route wants, or more than there is.
        let less = parameters(#""@method" "@authority" "@path""#)
        attempts.append(
            attempt("no query", line, less, text(less).replacingOccurrences(of: "\"@query\": ?\n", with: ""))
        )
        let whole = parameters(#""@method" "@target-uri""#)
        let wholeText =
            "\"@method\": GET\n\"@target-uri\": http://\(host)/shop/v1/items\n\"@signature-params\": \(whole)"
        attempts.append(attempt("the whole target", line, whole, wholeText, 200))
        let turned = parameters(#""@authority" "@method" "@path" "@query""#)
        attempts.append(attempt("in another order than said", line, turned, text(turned)))
        try ask(attempts)

        let code = try #require(try codes(of: [text(good)]).first)
        let input = "Signature-Input: sig1=\(good)"
        let signature = "Signature: sig1=:\(code):"
        let ends = [
            "Signature: sig1=:\(code.dropFirst())A:", "Signature: sig1=:\(code.dropLast(4)):", "Signature: sig1=::",
        ]
        let refused: [(String, [String])] =
            ends.map { ("another code", [input, $0]) } + [
                ("no code", [input]), ("a code alone", [signature]), ("the code twice", [input, signature, signature]),
                ("the input twice", [input, input, signature]),
                ("two signatures", [input + ", sig2=\(good)", signature + ", sig2=:\(code):"]),
                ("another label", ["Signature-Input: sig2=\(good)", signature]),
                ("a huge input", [input + ";x=\"\(String(repeating: "x", count: 20_000))\"", signature]),
                ("a huge code", [input, "Signature: sig1=:\(String(repeating: "A", count: 20_000)):"]),
                ("another host", [input, signature, "Host: other.example"]),
                (
                    "Kong's scheme",
                    [#"Authorization: hmac username="acme", algorithm="hmac-sha256", headers="date", signature="AA==""#]
                ),
            ]
        upstream.forget()
        var problems: Set<String> = []
        for (name, fields) in refused {
            let hosts = name == "another host" ? [] : ["Host: \(host)"]
            let answer = try gateway.ask(line, hosts + fields)
            #expect(answer.status == 401 && answer.problem == "authentication-required", "\(name)")
            problems.insert(answer.text)
        }
        #expect(upstream.requests.isEmpty && problems.count == 1)
        #expect(try gateway.ask(line, ["Host: \(host)", input, signature]).status == 200)
        for (reason, least) in [
            ("malformed", 9.0), ("key-unknown", 3), ("algorithm", 1), ("incomplete", 2), ("forged", 6), ("expired", 2),
            ("not-yet-valid", 1),
        ] {
            let sample = "apic_signatures_refused_total{reason=\"signature-\(reason)\"}"
            #expect(try gateway.metric(sample) >= least, "\(reason)")
        }
    }

    @Test("what must be signed is: fields, a body's digest, and one signature of several")
    func coverage() throws {
        defer { upstream.stop() }
        func attempt(
            _ name: String,
            _ line: String,
            _ components: [(String, String)],
            fields: [String] = [],
            body: String? = nil,
            label: String = "sig1",
            created: Int? = nil,
            _ status: Int
        ) -> Attempt {
            let input = parameters(components.map { "\"\($0.0)\"" }.joined(separator: " "), created: created)
            let lines = components.map { "\"\($0.0)\": \($0.1)" } + ["\"@signature-params\": \(input)"]
            return Attempt(
                name: name,
                line: line,
                fields: fields,
                body: body,
                input: input,
                text: lines.joined(separator: "\n"),
                label: label,
                status: status
            )
        }
        let target = ("@target-uri", "http://\(host)/shop/v1/digest")
        let parts = [
            ("@scheme", "http"), ("@authority", host), ("@path", "/shop/v1/digest"), ("@query", "?"),
        ]
        let tenant = ("x-tenant", "blue")
        let sum = "sha-256=:PiPoFgA5WUoziU9lZOGxNIu9egCI1CxKy3PurtWcAJ0=:"
        let digest = ("content-digest", sum)
        let fields = ["X-Tenant: blue", "Content-Digest: \(sum)"]
        let post = "POST /shop/v1/digest"
        try ask([
            attempt("all of it", post, [target, digest, tenant], fields: fields, body: "b", 200),
            attempt("in parts", post, parts + [digest, tenant], fields: fields, body: "b", 200),
            attempt(
                "without the scheme",
                post,
                Array(parts.dropFirst()) + [digest, tenant],
                fields: fields,
                body: "b",
                401
            ),
            attempt("without a field", post, [target, digest], fields: fields, body: "b", 401),
            attempt("a body without its digest", post, [target, tenant], fields: fields, body: "b", 401),
            attempt("no body", post, [target, tenant], fields: fields, 200),
            attempt("another body", post, [target, digest, tenant], fields: fields, body: "c", 401),
            attempt("a body where there was none", post, [target, digest, tenant], fields: fields, 401),
            attempt("another field", post, [target, tenant], fields: ["X-Tenant: red"], 401),
            attempt("a field more", post, [target, tenant], fields: ["X-Tenant: blue", "X-Tenant: red"], 401),
            attempt(
                "fields together",
                post,
                [target, ("x-tenant", "blue, red")],
                fields: ["X-Tenant: blue ", "x-tenant:  red"],
                200
            ),
            attempt("a field that is not there", post, [target, tenant], 401),
            attempt("something unknown", post, [target, tenant, ("@status", "200")], fields: fields, 401),
            attempt("shown to the upstream", "GET /shop/v1/digest", [target], 200),
        ])
        #expect(upstream.requests.first?["Signature"] != nil && upstream.requests.first?["Signature-Input"] != nil)
        let long = "sha-512=:Umd2iCLuYk1I/OFexcp5y9YCy39MIVelFlVpkfIu+Me173sY0f9BxZNw77CFhlHUSpNsEbexRMSP4E3zxqPo2g==:"
        let large = "sha-256=:4XparEkBuS+dwuYC/ZbkCtmGlyE+xxOS9mBCVB6ENOo=:"
        func digested(_ name: String, _ value: String, body: String = "b", _ status: Int) -> Attempt {
            let fields = ["X-Tenant: blue", "Content-Digest: \(value)"]
            return attempt(name, post, [target, ("content-digest", value), tenant], fields: fields, body: body, status)
        }
        try ask([
            digested("SHA-512", long, 200), digested("both", "\(sum), \(long)", 200),
            digested("one that is unknown, too", "md5=:AAAA:, \(long)", 200),
            digested("one that is unknown alone", "md5=:AAAA:", 401), digested("none", "", 401),
            digested("one of two is another body's", "\(long), \(large)", 401),
            digested("in other words", "sha-256=PiPoFgA5WUoziU9lZOGxNIu9egCI1CxKy3PurtWcAJ0", 401),
            digested("as text", "sha-256=\"PiPo\"", 401), digested("cut short", "sha-256=:PiPo:", 401),
            digested("too large to be looked at", large, body: String(repeating: "b", count: 70_000), 413),
        ])
        #expect(upstream.requests.filter { $0.method == "POST" && !$0.body.isEmpty }.allSatisfy { $0.text == "b" })
        #expect(try gateway.metric(#"apic_signatures_refused_total{reason="signature-body"}"#) >= 7)
        let path = ("@path", "/shop/v1/label")
        try ask([
            attempt("the label", "GET /shop/v1/label", [path], label: "mine", 200),
            attempt("another label", "GET /shop/v1/label", [path], 401),
            attempt("older than a minute", "GET /shop/v1/label", [path], label: "mine", created: now - 90, 401),
            attempt(
                "beside another one",
                "GET /shop/v1/label",
                [path],
                fields: [
                    #"Signature-Input: theirs=("@query-param";name="a");created=1, no=()"#,
                    "Signature: theirs=:AAAA:, no=:AA==:",
                ],
                label: "mine",
                200
            ),
        ])
    }

    @Test("Kong's scheme: what is signed, when, and by whom")
    func kong() throws {
        defer { upstream.stop() }
        func date(_ offset: Int) -> String {
            let format = DateFormatter()
            format.locale = Locale(identifier: "en_US_POSIX")
            format.timeZone = TimeZone(identifier: "GMT")
            format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
            return format.string(from: Date(timeIntervalSinceNow: Double(offset)))
        }
        let (today, old, ahead) = (date(0), date(-400), date(200))
        let path = "/shop/v1/kong"
        let line = "GET \(path) HTTP/1.1"
        // Name, key, what is said to be signed, fields, what is, status.
        let attempts: [(String, String, String, [String], String, Int)] = [
            ("a line", "acme", "date request-line", ["Date: \(today)"], "date: \(today)\n\(line)", 200),
            (
                "a target", "acme", "Date @request-target", ["Date: \(today)"],
                "Date: \(today)\n@request-target: get \(path)", 200
            ),
            (
                "X-Date", "acme", "x-date request-line", ["X-Date: \(today)", "Date: \(old)"],
                "x-date: \(today)\n\(line)", 200
            ),
            (
                "the other date", "acme", "date request-line", ["X-Date: \(today)", "Date: \(today)"],
                "date: \(today)\n\(line)", 401
            ),
            ("an old date", "acme", "date request-line", ["Date: \(old)"], "date: \(old)\n\(line)", 401),
            ("a date to come", "acme", "date request-line", ["Date: \(ahead)"], "date: \(ahead)\n\(line)", 401),
            ("no date", "acme", "request-line", [], line, 401),
            ("an unsigned date", "acme", "request-line", ["Date: \(today)"], line, 401),
            ("an unsigned line", "acme", "date", ["Date: \(today)"], "date: \(today)", 401),
            ("another key", "globex", "date request-line", ["Date: \(today)"], "date: \(today)\n\(line)", 401),
            ("no key", "nobody", "date request-line", ["Date: \(today)"], "date: \(today)\n\(line)", 401),
            ("another order", "acme", "request-line date", ["Date: \(today)"], "date: \(today)\n\(line)", 401),
        ]
        for (attempt, code) in zip(attempts, try codes(of: attempts.map(\.4))) {
            let authorization =
                "Authorization: hmac username=\"\(attempt.1)\", algorithm=\"hmac-sha256\", "
                + "headers=\"\(attempt.2)\", signature=\"\(code)\""
            #expect(try gateway.ask("GET \(path)", attempt.3 + [authorization]).status == attempt.5, "\(attempt.0)")
            guard attempt.5 == 200 else { continue }
            let wrong = authorization.replacingOccurrences(of: "hmac-sha256", with: "hmac-sha1")
            #expect(try gateway.ask("GET \(path)", attempt.3 + [wrong]).status == 401)
            #expect(try gateway.ask("GET \(path)?a", attempt.3 + [authorization]).status == 401)
            #expect(try gateway.ask("GET \(path)", attempt.3 + [authorization, authorization]).status == 401)
            #expect(try gateway.ask("GET /shop/v1/items", attempt.3 + [authorization]).status == 401)
        }
        // A route that takes both takes this one, too.
        let text = "date: \(today)\nGET /shop/v1/both HTTP/1.1"
        let code = try #require(try codes(of: [text]).first)
        let said =
            "Authorization: hmac headers=\"date request-line\", signature=\"\(code)\", username=\"acme\",algorithm=\"hmac-sha256\""
        #expect(try gateway.ask("GET /shop/v1/both", ["Date: \(today)", said]).status == 200)
    }

    @Test("with other ways to say who calls, and with none")
    func together() throws {
        defer { upstream.stop() }
        func signed(_ path: String, key: String = "acme") throws -> [String] {
            let input = parameters(#""@path""#, key: key)
            let code = try #require(try codes(of: ["\"@path\": \(path)\n\"@signature-params\": \(input)"]).first)
            return ["Signature-Input: s=\(input)", "Signature: s=:\(code):"]
        }
        let (any, all) = ("/shop/v1/any", "/shop/v1/all")
        let (anySigned, allSigned) = (try signed(any), try signed(all))
        let forged = try signed(any, key: "globex")
        let cases: [(String, [String], Int)] = [
            (any, anySigned, 200), (any, ["apikey: k-acme"], 200), (any, anySigned + ["apikey: k-acme"], 200),
            (any, anySigned + ["apikey: wrong"], 401), (any, forged + ["apikey: k-acme"], 401), (any, [], 401),
            (all, allSigned, 401), (all, ["apikey: k-acme"], 401), (all, allSigned + ["apikey: k-acme"], 200),
            ("/shop/v1/guests", [], 200), ("/shop/v1/guests", anySigned, 401),
            ("/shop/v1/kong", ["Authorization: hmac"], 401), ("/shop/v1/kong", ["Authorization: Basic YTpi"], 401),
        ]
        for (path, fields, status) in cases {
            #expect(try gateway.ask("GET \(path)", fields).status == status, "\(path) \(fields)")
        }
        let answer = try gateway.ask("GET /shop/v1/items")
        #expect(answer.values("WWW-Authenticate") == [#"Signature realm="scenario""#])
        #expect(
            answer["Accept-Signature"] == #"sig1=("@method" "@authority" "@path" "@query");created;alg="hmac-sha256""#
        )
        #expect(answer.json["refused_by"] as? String == "hmac-auth")
        #expect(try gateway.ask("GET /shop/v1/kong").values("WWW-Authenticate") == [#"hmac realm="scenario""#])
    }

    @Test("secrets are read from the environment and from files, and a weak one is refused")
    func secrets() throws {
        defer { upstream.stop() }
        let folder = try ScratchFolder()
        let spec = """
            upstreams: { up: { targets: [ "http://127.0.0.1:\(upstream.port)" ] } }
            consumers: { acme: { credentials: [ { hmac: { key-id: acme, secret: "${file:hmac.secret}" } } ] } }
            apis:
              shop:
                path: /shop
                upstream: up
                plugins: [ hmac-auth: { components: [ "@path" ] } ]
                versions: { v1: { routes: [ GET / ] } }
            """
        try RunningGateway.build(spec, in: folder)
        try folder.write("fifteen bytes..\n", to: "dist/hmac.secret")
        let check = try Program.timeout.run(
            ["30", Program.gateway.url.path, "dist", "--http", "127.0.0.1:0", "--status", "127.0.0.1:0"],
            in: folder.url
        )
        #expect(check.status != 0 && check.errors.contains("fewer than 16 bytes") && !check.errors.contains("fifteen"))
        try folder.write(Self.secret + "\n", to: "dist/hmac.secret")
        let own = try RunningGateway(folder)
        let input = parameters(#""@path""#)
        let code = try #require(try codes(of: ["\"@path\": /shop/v1\n\"@signature-params\": \(input)"]).first)
        let fields = ["Signature-Input: s=\(input)", "Signature: s=:\(code):"]
        #expect(try own.ask("GET /shop/v1", fields).status == 200)
        // A new secret is read when the file changes, without a new bundle.
        try folder.write("another secret, of thirty bytes\n", to: "dist/hmac.secret")
        #expect(own.program.wait(20) { (try? own.ask("GET /shop/v1", fields).status) == 401 })
        #expect(try own.metric(#"apic_signatures_refused_total{reason="signature-forged"}"#) >= 1)
    }
}
