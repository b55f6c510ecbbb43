import Foundation
import TestSupport
import Testing

/// Descriptions of APIs as specs that build.
@Suite("Importing OpenAPI")
struct OpenAPIImportTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func imported(_ text: String, _ name: String = "openapi.yaml") throws -> Program.Outcome {
        try folder.write(text, to: name)
        return try Program.apic.run(["import", "openapi", name], in: folder.url)
    }

    @Test("operations are routes, security is authentication, and what is lost is told with its line")
    func whole() throws {
        let outcome = try imported(
            """
            openapi: 3.1.0
            info: { title: Orders "API", version: 2.4.1 }
            servers: [ { url: "https://orders.example.com/shop/v3/" } ]
            security: [ { key: [] } ]
            paths:
              /orders:
                get: { responses: {} }
                post: { security: [ { basic: [] }, { key: [] } ], responses: {} }
              "/orders/{order-id}":
                get: { deprecated: true, security: [], responses: {} }
                delete: { security: [ { token: [] } ], responses: {} }
              /files/{name}.pdf: { get: { responses: {} } }
              /other: { $ref: "#/x" }
            components:
              securitySchemes:
                key: { type: apiKey, in: header, name: X-Key }
                basic: { type: http, scheme: basic }
                token: { type: oauth2, flows: {} }

            """
        )
        #expect(outcome.status == 0, "\(outcome.errors)")
        let spec = try #require(folder.text("api.yaml"))
        for line in [
            "title: \"Orders \\\"API\\\"\"", "path: \"/shop\"", "\"v3\":", "match: \"GET /orders\"",
            "match: \"GET /orders/{order_id}\"   # deprecated", "\"https://orders.example.com:443\"", "strip: false",
        ] { #expect(spec.contains(line), "\(line) in \(spec)") }
        for line in [
            "openapi.yaml:10:5: changed: `GET /orders/{order-id}` is deprecated",
            "openapi.yaml:12:3: lost: path `/files/{name}.pdf`: a parameter is a whole segment",
            "openapi.yaml:13:3: lost: path `/other`", "openapi.yaml:18:5: lost: security scheme `token`",
        ] { #expect(outcome.errors.contains(line), "\(line) in \(outcome.errors)") }
        #expect(try Program.apic.run(["build", "api.yaml"], in: folder.url).status == 0)
        let audit = try Program.apic.run(["audit", "api.yaml"], in: folder.url).output
        #expect(audit.contains("/shop/v3/orders"))
        let explained = try Program.apic.run(["explain", "api.yaml", "GET /shop/v3/orders/7"], in: folder.url).output
        #expect(explained.contains("GET /shop/v3/orders/7"))
    }

    @Test("a base path that is no version goes to the upstream, and JSON is read as well")
    func bases() throws {
        let outcome = try imported(
            #"{"openapi":"3.0.0","info":{"title":"Pets","version":"1"},"servers":[{"url":"http://h:81/api"}],"paths":{"/pets/{id}":{"get":{}}}}"#,
            "openapi.json"
        )
        #expect(outcome.status == 0, "\(outcome.errors)")
        let explained = try Program.apic.run(["explain", "api.yaml", "GET /api/v1/pets/7"], in: folder.url).output
        #expect(explained.contains("GET /api/pets/7"), "\(explained)")
    }

    @Test("what is no description is told")
    func mistakes() throws {
        for (text, words) in [
            ("swagger: \"2.0\"\n", "OpenAPI 3.0 and 3.1 are read"), ("[]\n", "a description is a map"),
            ("openapi: 3.0.0\n", "has no `paths`"), ("a: [\n", "error["),
        ] {
            let outcome = try imported(text)
            #expect(outcome.status == 1, "\(text)")
            #expect(outcome.errors.contains(words), "\(outcome.errors)")
            #expect(!folder.exists("api.yaml"))
        }
    }
}
