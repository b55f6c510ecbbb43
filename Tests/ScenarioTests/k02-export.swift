import Foundation
import TestSupport
import Testing

/// A spec exported for Kong: a router that follows Kong's documentation sends the same requests to the same upstream
/// with the same path as the gateway does that serves the spec.
@Suite("k02 exports to Kong")
struct KongExports {
    /// A router in the flavour `traditional_compatible`, `strip_path` and the service's path as `v0` joins them,
    /// `request-transformer` with `replace.uri`, and `request-termination`. It reads requests, one a line, and says
    /// `UPSTREAM PATH` or a status of each.
    private static let router = #"""
        import re, sys, yaml
        document = yaml.safe_load(open(sys.argv[1]))
        assert document["_format_version"] == "3.0"
        names = {upstream["name"] for upstream in document.get("upstreams", [])}
        routes = []

        def say(*words):
            sys.stdout.write(" ".join(map(str, words)) + "\n")

        for service in document.get("services", []):
            assert service["host"] in names
            routes += [(service, route) for route in service["routes"]]
        routes += [(None, route) for route in document.get("routes", [])]

        def priority(route):
            path, hosts = route["paths"][0], route.get("hosts", [])
            kinds = [route.get(kind) for kind in ("methods", "hosts", "headers", "paths")]
            plain = bool(hosts) and not any("*" in host for host in hosts)
            regex = path.startswith("~")
            return (sum(map(bool, kinds)) << 61 | plain << 60 | len(route.get("headers", {})) << 52 | regex << 51
                    | (route.get("regex_priority", 0) << 19 if regex else len(path)))

        def matches(route, method, host, path, fields):
            if method not in route["methods"]:
                return None
            hosts = route.get("hosts", [])
            if hosts and not any(host == one or one.startswith("*.") and host.endswith(one[1:]) for one in hosts):
                return None
            for name, values in route.get("headers", {}).items():
                if fields.get(name.lower(), "").lower() not in [value.lower() for value in values]:
                    return None
            pattern = route["paths"][0]
            if pattern.startswith("~"):
                return re.match(re.sub(r"\(\?<(?=[A-Za-z])", "(?P<", pattern[1:]), path)
            return re.match(re.escape(pattern), path)

        for line in sys.stdin:
            method, host, path, *rest = line.split()
            fields = dict(field.split("=") for field in rest)
            found = [(priority(route), service, route, match) for service, route in routes
                     if (match := matches(route, method, host, path, fields))]
            if not found:
                say("404")
                continue
            best = max(found, key=lambda item: item[0])
            assert [item[0] for item in found].count(best[0]) == 1, f"a tie for {line}"
            _, service, route, match = best
            plugins = {plugin["name"]: plugin["config"] for plugin in route.get("plugins", [])}
            if "request-termination" in plugins:
                say(plugins["request-termination"]["status_code"])
                continue
            target = path[match.end():] if route["strip_path"] else path
            uri = plugins.get("request-transformer", {}).get("replace", {}).get("uri")
            if uri is not None:
                target = re.sub(r"\$\(uri_captures\['(\w+)'\]\)", lambda part: match.group(part[1]), uri)
            base = service.get("path", "/")
            if base != "/":
                target = base + (target if target.startswith("/") or not target else "/" + target)
            say(service["host"], target or "/")
        """#

    private static let spec = """
        apic: 1
        gateway: shop
        governance: { public: [ "ANY /**" ] }
        upstreams:
          orders: { targets: [ "http://127.0.0.1:{orders}" ] }
          carts: { targets: [ "http://127.0.0.1:{carts}" ], balance: least-connections }
          files: { targets: [ "http://127.0.0.1:{files}" ] }
        apis:
          orders:
            path: /orders
            upstream: orders
            versions:
              v1:
                released: 2020-01-01
                deprecated: 2021-01-01
                sunset: 2022-01-01
                tombstone: 36500d
                successor: v2
                routes: [ GET /items ]
              v2:
                released: 2021-01-01
                routes:
                  - GET /
                  - GET,POST /items
                  - "GET /items/{id:[0-9]+}"
                  - "ANY /items/{id}"
                  - match: "GET /carts/{cart}/lines/{line:[a-z]{2}[0-9]*}"
                    upstream: carts
                    rewrite: "/c/{cart}/{line}"
                  - { match: "GET /old.items", plugins: [ { respond: { status: 418, json: { gone: true } } } ] }
                  - { match: "GET /items", headers: { x-env: canary }, upstream: carts }
              v9: { released: 2095-01-01, routes: [ GET /items ] }
          files:
            path: /files
            host: "*.example.com"
            upstream: files
            versions:
              v1: { routes: [ { match: "GET /**", strip: false }, { match: "GET /a-b/{name}", strip: false } ] }
          photos:
            path: /files
            host: api.example.com
            upstream: carts
            versions: { v1: { routes: [ { match: "GET /**", strip: false }, "GET /raw/**" ] } }

        """

    private static let requests = [
        "GET localhost /orders/v2", "GET localhost /orders/v2/", "GET localhost /orders/v2/items",
        "POST localhost /orders/v2/items", "GET localhost /orders/v2/items/", "HEAD localhost /orders/v2/items",
        "GET localhost /orders/v2/items/17", "GET localhost /orders/v2/items/17x",
        "PATCH localhost /orders/v2/items/17",
        "GET localhost /orders/v2/items/17/x", "GET localhost /orders/v2x", "GET localhost /orders/v1/items",
        "GET localhost /orders/v9/items", "GET localhost /orders/v2/carts/7/lines/ab12",
        "GET localhost /orders/v2/carts/7/lines/abc", "GET localhost /orders/v2/old.items",
        "GET localhost /orders/v2/oldxitems", "GET localhost /orders/v2/items x-env=canary",
        "GET localhost /orders/v2/items x-env=test", "GET localhost /files/v1/x", "GET api.example.com /files/v1/x",
        "GET api.example.com /files/v1/raw", "GET api.example.com /files/v1/raw/a/b",
        "GET api.example.com /files/v1", "GET api.example.com /files/v1/", "GET api.example.com /files/v1x",
        "GET b.example.com /files/v1/a/b/c", "GET a.b.example.com /files/v1/a-b/c", "GET example.com /files/v1/x",
        "GET api.example.com /orders/v2/items", "GET localhost /nothing",
    ]

    @Test("the same requests reach the same upstreams with the same paths")
    func routes() throws {
        let folder = try ScratchFolder()
        var text = Self.spec
        var upstreams: [ScriptedUpstream] = []
        for name in ["orders", "carts", "files"] {
            let upstream = try ScriptedUpstream { try $0.answer(200, [], "\(name) \($0.request.target)") }
            text = text.replacing("{\(name)}", with: "\(upstream.port)")
            upstreams.append(upstream)
        }
        defer { for upstream in upstreams { upstream.stop() } }
        try folder.write(text, to: "api.yaml")
        try Signing.apic(["build", "api.yaml", "-o", "dist"], in: folder)
        try Signing.apic(["export", "kong", "api.yaml"], in: folder)
        try folder.write(Self.requests.joined(separator: "\n") + "\n", to: "requests")
        try folder.write(Self.router, to: "router.py")
        let outcome = try Program.installed("sh").run(
            ["-c", "PYTHONPATH='\(Repository.root.path)/.build/tools/python' python3 router.py kong.yml < requests"],
            in: folder.url
        )
        #expect(outcome.errors == "")
        let expected = outcome.output.split(separator: "\n").map(String.init)
        try #require(expected.count == Self.requests.count)
        // The router would find a difference: not everything ends in one place.
        #expect(Set(expected).count > 12)
        let gateway = try RunningGateway(folder)
        for (request, kong) in zip(Self.requests, expected) {
            let words = request.split(separator: " ").map(String.init)
            let fields = ["Host: \(words[1])"] + words[3...].map { $0.replacing("=", with: ": ") }
            let answer = try gateway.ask("\(words[0]) \(words[2])", fields)
            let own = answer.status == 200 && words[0] != "HEAD" ? answer.text : "\(answer.status)"
            // Kong has no 405: a route that does not take the method is not there.
            let same =
                kong == (own == "405" ? "404" : own) || words[0] == "HEAD" && own == "200" && kong.hasPrefix("orders")
            #expect(same, "\(request): the gateway says \(own), Kong \(kong)")
        }
    }

    @Test("what is exported and imported again goes the same ways")
    func roundTrip() throws {
        let folder = try ScratchFolder()
        let upstream = try ScriptedUpstream { try $0.answer(200, [], $0.request.target) }
        defer { upstream.stop() }
        let spec = """
            apic: 1
            gateway: shop
            upstreams: { shop: { targets: [ "http://127.0.0.1:\(upstream.port)" ] } }
            consumers:
              acme: { groups: [ partners ], credentials: [ { key: "${env:ACME_KEY}" } ] }
              zoe: { groups: [ staff ], credentials: [ { key: "${env:ZOE_KEY}" } ] }
            plugins: [ { key-auth: { header: apikey } } ]
            apis:
              shop:
                path: /shop
                upstream: shop
                plugins: [ { acl: { allow: [ partners ] } }, { rate-limit: { limit: 3/day } } ]
                versions:
                  v1: { routes: [ { match: "GET /items/{id}", strip: false }, { match: "GET /lists", strip: false } ] }

            """
        try folder.write(spec, to: "api.yaml")
        try Signing.apic(["export", "kong", "api.yaml"], in: folder)
        let kong = try String(contentsOf: folder.url.appendingPathComponent("kong.yml"), encoding: .utf8)
        #expect(kong.contains(#"key: '${{ env "DECK_ACME_KEY" }}'"#))
        // As decK does.
        try folder.write(
            kong.replacing(#"${{ env "DECK_ACME_KEY" }}"#, with: "ka").replacing(
                #"${{ env "DECK_ZOE_KEY" }}"#,
                with: "kz"
            ),
            to: "filled.yml"
        )
        try Signing.apic(["import", "kong", "filled.yml", "-o", "again.yaml"], in: folder)
        try Signing.apic(["build", "again.yaml", "-o", "dist"], in: folder)
        let gateway = try RunningGateway(
            folder,
            environment: ["KONG_ACME_1": "ka", "KONG_ZOE_2": "kz"]
        )
        #expect(try gateway.ask("GET /shop/v1/items/7").status == 401)
        #expect(try gateway.ask("GET /shop/v1/items/7", ["apikey: kz"]).status == 403)
        #expect(try gateway.ask("GET /shop/v1/items/7", ["apikey: ka"]).text == "/shop/v1/items/7")
        #expect(try gateway.ask("GET /shop/v1/lists/", ["apikey: ka"]).status == 200)
        // One count for the service, whatever the route.
        #expect(try gateway.ask("GET /shop/v1/lists", ["apikey: ka"]).status == 200)
        #expect(try gateway.ask("GET /shop/v1/items/7", ["apikey: ka"]).status == 429)
    }
}
