import Foundation
import TestSupport
import Testing

/// Which route a request gets. Every route answers with its own name.
@Suite("b01 routing: choice")
struct RouteChoice {
    static func route(_ match: String, _ name: String, headers: String = "") -> String {
        let condition = headers.isEmpty ? "" : ", headers: { \(headers) }"
        return "          - { match: \"\(match)\"\(condition), plugins: [ { respond: { body: \"\(name)\" } } ] }"
    }

    static func api(_ name: String, _ place: String, _ routes: [String]) -> String {
        """
          \(name):
            \(place)
            versioning: { by: header, name: X-V-\(name) }
            versions:
              v1:
                default: true
                routes:

        """ + routes.joined(separator: "\n") + "\n"
    }

    static let spec =
        "apis:\n"
        + api(
            "shop",
            "path: /shop",
            [
                route("GET /items/new", "literal"),
                route("GET /items/{id:[0-9]+}", "number"),
                route("GET /items/{id:[a-f]+}", "letters"),
                route("GET /items/{id}", "any item"),
                route("GET /items/**", "items tail"),
                route("GET /{kind}/new", "new of a kind"),
                route("GET /{kind}/{id}/parts/{part}", "part"),
                route("ANY /**", "tail"),
                route("POST /items/{id}", "post item"),
                route("GET /a/{x}/c/d", "a x c d"),
                route("GET /a/b/{y}/e", "a b y e"),
                route("GET /a/b/c/{z:[0-9]+}", "a b c number"),
            ]
        )
        + api(
            "methods",
            "path: /methods",
            [
                route("GET /one", "get one"),
                route("POST,PUT /one", "post or put one"),
                route("DELETE /{id}", "delete any"),
                route("ANY /two", "any two"),
                route("GET /two", "get two"),
                route("PURGE /three", "purge three"),
                route("GET /tree/**", "get tree"),
                route("PATCH /tree/{leaf}", "patch leaf"),
                route("OPTIONS /four", "options four"),
            ]
        )
        + api(
            "conditions",
            "path: /conditions",
            [
                route("GET /x", "plain"),
                route("GET /x", "canary", headers: "X-Env: canary"),
                route("GET /x", "canary in blue", headers: "X-Env: canary, X-Color: blue"),
                route("GET /y", "only beta", headers: "X-Env: beta"),
            ]
        )

    static let cases: [(String, [String], String)] = [
        // Literal, then constrained, then any capture, then tail, segment by segment.
        ("GET /shop/items/new", [], "literal"),
        ("GET /shop/items/42", [], "number"),
        ("GET /shop/items/abc", [], "letters"),
        ("GET /shop/items/xyz", [], "any item"),
        ("GET /shop/items/new/parts", [], "items tail"),
        ("GET /shop/items", [], "items tail"),
        ("GET /shop/items/", [], "items tail"),
        ("GET /shop/books/new", [], "new of a kind"),
        ("GET /shop/books/old", [], "tail"),
        ("GET /shop/books/7/parts/3", [], "part"),
        ("GET /shop", [], "tail"),
        ("GET /shop/", [], "tail"),
        ("GET /shop/1/2/3/4/5/6/7/8", [], "tail"),
        // The earlier segment decides, but only among routes that match as a whole: lookup comes back.
        ("GET /shop/a/b/c/d", [], "a x c d"),
        ("GET /shop/a/x/c/d", [], "a x c d"),
        ("GET /shop/a/b/c/e", [], "a b y e"),
        ("GET /shop/a/b/c/7", [], "a b c number"),
        // Among routes that match, the path decides before the method.
        ("POST /shop/items/xyz", [], "post item"),
        ("POST /shop/items/new", [], "post item"),
        ("DELETE /shop/items/42", [], "tail"),
        // Methods.
        ("GET /methods/one", [], "get one"),
        ("HEAD /methods/one", [], ""),
        ("PUT /methods/one", [], "post or put one"),
        ("DELETE /methods/one", [], "delete any"),
        ("GET /methods/two", [], "get two"),
        ("LOCK /methods/two", [], "any two"),
        ("PURGE /methods/three", [], "purge three"),
        ("OPTIONS /methods/four", [], "options four"),
        // Header conditions: more are more specific; names in any case, values as they are.
        ("GET /conditions/x", [], "plain"),
        ("GET /conditions/x", ["x-env: canary"], "canary"),
        ("GET /conditions/x", ["X-Env: Canary"], "plain"),
        ("GET /conditions/x", ["X-Env: canary", "X-Color: blue"], "canary in blue"),
        ("GET /conditions/x", ["X-Env: other", "X-Env: canary"], "canary"),
        ("GET /conditions/x", ["X-Color: blue"], "plain"),
        ("GET /conditions/y", ["X-Env: beta"], "only beta"),
    ]

    static let refused: [(String, [String], Int, String?)] = [
        ("PATCH /methods/one", [], 405, "GET, HEAD, POST, PUT, DELETE"),
        ("PURGE /methods/one", [], 405, "GET, HEAD, POST, PUT, DELETE"),
        ("GET /methods/three", [], 405, "DELETE, PURGE"),
        ("purge /methods/three", [], 405, "DELETE, PURGE"),
        ("POST /methods/tree/leaf", [], 405, "GET, HEAD, PATCH"),
        ("POST /methods/tree/leaf/deep", [], 405, "GET, HEAD"),
        ("OPTIONS /methods/one", [], 405, "GET, HEAD, POST, PUT, DELETE"),
        ("GET /methods/one/two", [], 404, nil),
        ("GET /methods", [], 404, nil),
        ("GET /shopping", [], 404, nil),
        ("GET /", [], 404, nil),
        ("OPTIONS *", [], 404, nil),
        ("GET /conditions/y", [], 404, nil),
        ("GET /conditions/y", ["X-Env: alpha"], 404, nil),
        ("GET /SHOP/items/new", [], 404, nil),
    ]

    @Test("the most specific of all routes that match wins; 405 names what would match")
    func choice() throws {
        let gateway = try RunningGateway(Self.spec)
        for (line, fields, name) in Self.cases {
            let answer = try gateway.ask(line, fields)
            #expect(answer.status == 200, "\(line) \(fields)")
            #expect(answer.text == name, "\(line) \(fields)")
        }
        for (line, fields, status, allow) in Self.refused {
            let answer = try gateway.ask(line, fields)
            #expect(answer.status == status, "\(line) \(fields)")
            #expect(answer["Allow"].map(Self.sorted) == allow.map(Self.sorted), "\(line) \(fields)")
            #expect(answer.problem == (status == 405 ? "method-not-allowed" : "route-not-found"), "\(line)")
        }
    }

    static func sorted(_ list: String) -> [String] { list.split(separator: ", ").map(String.init).sorted() }

    @Test("HEAD follows GET, with the length that GET has and no body")
    func head() throws {
        let gateway = try RunningGateway(Self.spec)
        let wire = try gateway.connect()
        let get = try wire.ask(WireRequest("GET /methods/one"))
        let head = try wire.ask(WireRequest("HEAD /methods/one"))
        #expect(head.withoutDate == get.withoutDate.replacingOccurrences(of: "get one", with: ""))
        #expect(head["Content-Length"] == "7")
        // The connection is at the next request, not in the middle of a body.
        #expect(try wire.ask(WireRequest("GET /methods/two")).text == "get two")
        #expect(try gateway.connect().ask(WireRequest("HEAD /methods/three")).status == 405)
    }

    @Test("exact host before wildcard before any; the rest of the host decides nothing")
    func hosts() throws {
        func api(_ name: String, _ host: String, _ routes: [String]) -> String {
            Self.api(name, "path: /p\n    \(host)", routes)
        }
        let gateway = try RunningGateway(
            "apis:\n"
                + api("exact", "host: api.example.com", [Self.route("GET /{id}", "exact")])
                + api("wild", "host: \"*.example.com\"", [Self.route("GET /{id}", "wild"), Self.route("GET /w", "w")])
                + api("several", "hosts: [ one.example.org, \"*.two.example.org\" ]", [Self.route("GET /x", "several")])
                + api("open", "plugins: []", [Self.route("GET /x", "any"), Self.route("GET /deep/**", "deep")])
        )
        let cases = [
            ("api.example.com", "/p/x", "exact"), ("API.Example.COM", "/p/x", "exact"),
            ("api.example.com.", "/p/x", "exact"), ("api.example.com:8443", "/p/x", "exact"),
            // The host stands before the path: a literal under the wildcard is not looked at.
            ("api.example.com", "/p/w", "exact"), ("www.example.com", "/p/w", "w"), ("www.example.com", "/p/x", "wild"),
            // The exact host has no such route, so that the next one may have it.
            ("api.example.com", "/p/deep/x", "deep"),
            ("one.example.org", "/p/x", "several"), ("a.two.example.org", "/p/x", "several"),
            ("two.example.org", "/p/x", "any"), ("example.com", "/p/x", "any"), ("127.0.0.1", "/p/x", "any"),
            ("[::1]:80", "/p/x", "any"),
        ]
        for (host, path, name) in cases {
            let answer = try gateway.ask("GET \(path)", ["Host: \(host)"])
            #expect(answer.text == name, "\(host)\(path)")
        }
        // HTTP/1.0 needs no host.
        let wire = try gateway.connect()
        try wire.send("GET /p/x HTTP/1.0\r\n\r\n")
        #expect(try wire.receiveAnswer().text == "any")
        for host in ["", "a b", "a/b", "a@b", "a,b", "api.example.com:port", "api.example.com:99999", "[::1", "a:1:2"] {
            let answer = try gateway.ask("GET /p/x", ["Host: \(host)"])
            #expect(answer.status == 400, "host \(host)")
        }
    }
}
