import Foundation
import TestSupport
import Testing

/// What the upstream gets of the query.
@Suite("c21 plugins: request-query")
struct RequestQueryScenario {
    @Test("parameters are removed, set and added, and the others stay as they were sent")
    func edits() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(
            """
            upstreams: { up: { targets: [ "http://127.0.0.1:\(upstream.port)" ] } }
            consumers: { acme: { credentials: [ { key: "${env:KEY}" } ] } }
            apis:
              shop:
                path: /shop
                upstream: up
                versions:
                  v1:
                    routes:
                      - match: "GET /remove"
                        plugins: [ request-query: { remove: [ a, "long.name" ] } ]
                      - match: "GET /set/{id}"
                        plugins: [ request-query: { set: { id: "{id}", fix: "a b&c=ü" } } ]
                      - match: "GET /tail/**"
                        rewrite: /fixed
                        plugins: [ request-query: { add: { rest: "x{**}y", n: "1" } } ]
                      - match: GET /key
                        plugins: [ key-auth: { query: key }, request-query: { remove: [ a ], add: { b: "2" } } ]
                      - { match: GET /to, plugins: [ redirect: { to: /new }, request-query: { add: { b: "2" } } ] }
            """.replacingOccurrences(of: "ü", with: "+"),
            environment: ["KEY": "k"]
        )
        let cases = [
            ("remove", "/remove"), ("remove?", "/remove"), ("remove?a=1", "/remove"), ("remove?a", "/remove"),
            ("remove?a=1&b=2&a=3&c", "/remove?b=2&c"), ("remove?%61=1&b=%20", "/remove?b=%20"),
            ("remove?A=1", "/remove?A=1"),
            ("remove?long.name=1&long%2Ename=2&longname=3", "/remove?longname=3"),
            ("remove?b=a=1&aa=2", "/remove?b=a=1&aa=2"),
            ("remove?x&&y", "/remove?x&&y"), ("remove?%zz=1&a=2", "/remove?%zz=1"),

            ("set/7", "/set/7?fix=a%20b%26c%3D%2B&id=7"),
            ("set/7?id=8&x=1&id=9", "/set/7?x=1&fix=a%20b%26c%3D%2B&id=7"),
            ("set/a&b=c+d", "/set/a&b=c+d?fix=a%20b%26c%3D%2B&id=a%26b%3Dc%2Bd"),
            ("set/%20%26", "/set/%20%26?fix=a%20b%26c%3D%2B&id=%20%26"),

            ("tail/a/b?q", "/fixed?q&n=1&rest=xa/by"), ("tail?n=0", "/fixed?n=0&n=1&rest=xy"),

            ("key?key=k", "/key?b=2"), ("key?key=k&a=1", "/key?b=2"), ("key?a=1&key=k", "/key?b=2"),
            ("key?x=1&key=k&y=2", "/key?x=1&y=2&b=2"),
        ]
        for (sent, expected) in cases {
            upstream.forget()
            let answer = try gateway.ask("GET /shop/v1/\(sent)")
            #expect(answer.status == 200, "\(sent)")
            #expect(upstream.requests.first?.target == expected, "\(sent)")
        }
        #expect(try gateway.ask("GET /shop/v1/to?a=1")["Location"] == "/new?a=1")
        // As many parameters as a request line holds.
        upstream.forget()
        let many = (0..<2_000).map { $0 % 2 == 0 ? "a=\($0)" : "b\($0)" }.joined(separator: "&")
        #expect(try gateway.ask("GET /shop/v1/remove?\(many)").status == 200)
        #expect(upstream.requests.first?.target.split(separator: "&").count == 1_000)
    }
}
