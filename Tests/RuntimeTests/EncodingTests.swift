import Testing

@testable import GatewayRuntime

/// The fields of a head, for the time of a call.
private func withFields<Result>(_ lines: [String], _ body: (FieldsView) -> Result) -> Result? {
    var table = HeaderTable()
    var fault = HeadFault.none
    return withBytes(lines.map { $0 + "\r\n" }.joined() + "\r\n") { bytes in
        guard table.parse(bytes, from: 0, countMax: 20, fault: &fault) > 0 else { return nil }
        return body(FieldsView(table, bytes))
    }
}

@Suite("Content codings")
struct EncodingTests {
    static let choices: [(values: [String], isGzip: Bool)] = [
        ([], false), ([""], false), (["gzip"], true), (["GZIP"], true), (["x-gzip"], true), (["deflate, br"], false),
        (["br, gzip"], true), (["br;q=1, gzip;q=0.1"], true), (["gzip;q=0"], false), (["gzip;q=0.000"], false),
        (["gzip;q=0.001"], true), (["gzip; q=1.000"], true), (["gzip ; Q=0.5"], true), (["gzip;q=1.001"], false),
        (["gzip;q=2"], false), (["gzip;q=0.1234"], false), (["gzip;q="], false), (["gzip;q=x"], false),
        (["gzip;level=9"], false), (["gzip;q=.5"], false), (["gzip;q=0.5;a=b"], false),
        (["*"], true), (["*;q=0"], false), (["gzip, *;q=0"], true), (["gzip;q=0, *"], false), (["*;q=0.5"], true),
        (["identity"], false), (["identity, gzip"], true), (["gzip;q=0.5, identity"], false),
        (["gzip;q=0.5, identity;q=0.5"], true), (["gzip;q=0.2, identity;q=0.5"], false), (["identity;q=0"], false),
        (["identity;q=0, *"], true), (["*;q=1, gzip;q=0.5"], false), (["identity;q=0.1, *;q=0.5"], true),
        (["deflate", "gzip"], true), (["gzip;q=0", "br"], false), ([", ,gzip,,"], true), (["gzipped"], false),
        (["gzip;q=1."], true), (["gzip;q=0."], false),
    ]

    @Test("gzip is sent to who likes it no less than what it stands for", arguments: choices)
    func negotiation(_ choice: (values: [String], isGzip: Bool)) {
        let lines = choice.values.map { "Accept-Encoding: \($0)" }
        #expect(withFields(lines) { AcceptEncoding.prefersGzip($0) } == choice.isGzip)
    }

    @Test("members of lists are found in every line, and not in quotes")
    func members() {
        let lines = ["Cache-Control: max-age=3, x=\"no-transform, b\"", "Vary: a", "vary: b , Accept-ENCODING"]
        #expect(withFields(lines) { $0.has("no-transform", in: "cache-control") } == false)
        #expect(withFields(lines) { $0.has("max-age=3", in: "cache-control") } == true)
        #expect(withFields(lines) { $0.has("accept-encoding", in: "vary") } == true)
        #expect(withFields(lines) { $0.has("accept", in: "vary") } == false)
        #expect(withFields(["A: \"x\\\", b\", c"]) { $0.has("b\"", in: "a") } == false)
        #expect(withFields(["A: \"x\\\", b\", c"]) { $0.has("c", in: "a") } == true)
    }

    static let types: [(value: String, isListed: Bool)] = [
        ("text/html", true), ("Text/HTML; charset=utf-8", true), ("text/", true), ("application/json", true),
        ("application/json ;a=b", true), ("application/jsonp", false), ("application/problem+json", true),
        ("application/+json", true), ("application/json+x", false), ("image/png", false), ("", false), ("text", false),
        ("application/octet-stream", false), ("x-text/html", false),
    ]

    @Test("media types are those of a list, or of its patterns", arguments: types)
    func mediaTypes(_ type: (value: String, isListed: Bool)) {
        let list = "application/*+json\napplication/json\ntext/*\n"
        #expect(withBytes(type.value) { value in withBytes(list) { value.isMediaType(in: $0) } } == type.isListed)
    }
}
