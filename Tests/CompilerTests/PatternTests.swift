import GatewayIR
import Testing

@testable import GatewayCompiler

@Suite("Patterns")
struct PatternTests {
    private static func path(_ text: String) -> Result<String, PatternFault> {
        var constraints = ConstraintLibrary()
        do throws(PatternFault) {
            return .success(try PathPatternParser.parse(Array(text.utf8), constraints: &constraints).pattern.text)
        } catch {
            return .failure(error)
        }
    }

    @Test(
        "paths are brought into the normal form of requests",
        arguments: [
            ("/", "/"), ("/orders", "/orders"), ("/orders/", "/orders"), ("/orders/{id}/", "/orders/{id}"),
            ("/%7Euser/%41", "/~user/A"), ("/a%3ab", "/a%3Ab"), ("/caf\u{E9}", "/caf%C3%A9"), ("/a;v=1", "/a;v=1"),
            ("/**", "/**"), ("/x/{rest:**}", "/x/{rest:**}"), ("/{id:[0-9]{2,4}}", "/{id:[0-9]{2,4}}"),
            ("/{id:[}]+}", "/{id:[}]+}"), ("/{id:\\}+}", "/{id:\\}+}"), ("/{a}/{b:x|y}/**", "/{a}/{b:x|y}/**"),
            ("/...", "/..."),
        ]
    )
    func normalForm(_ written: String, _ expected: String) throws {
        #expect(try PatternTests.path(written).get() == expected)
    }

    @Test(
        "each mistake in a path has its own place",
        arguments: [
            ("orders", "E0601", "orders"), ("/a//b", "E0603", "//"), ("/a/../b", "E0603", ".."), ("/./b", "E0603", "."),
            ("/%2e/b", "E0603", "%2e"), ("/a%2Fb", "E0604", "%2F"), ("/100%", "E0604", "%"), ("/%zz", "E0604", "%zz"),
            ("/%00", "E0604", "%00"), ("/%5c", "E0604", "%5c"), ("/a b", "E0605", " "), ("/a?b", "E0605", "?"),
            ("/a#b", "E0605", "#"), ("/a\\b", "E0605", "\\"), ("/*.png", "E0605", "*"), ("/a|b", "E0605", "|"),
            ("/{id", "E0606", "{id"), ("/{id}.json", "E0606", "{id}.json"), ("/x{id}", "E0606", "x{id}"),
            ("/{}", "E0606", "{}"), ("/id}", "E0606", "}"), ("/{1d}", "E0606", "1d"), ("/{a b}", "E0606", " "),
            ("/{id}/{id}", "E0607", "id"), ("/**/a", "E0608", "a"), ("/{r:**}/a", "E0608", "a"),
            ("/{id:}", "E0613", ""), ("/{id:a b}", "E0613", "a b"), ("/{id:[0-9}", "E0610", "["),
            ("/{id:(a|b}", "E0610", "("), ("/{id:a)}", "E0610", ")"), ("/{id:*}", "E0610", "*"),
            ("/{id:a**}", "E0610", "**"), ("/{id:a{3,1}}", "E0610", "{3,1}"), ("/{id:[z-a]}", "E0610", "z-a"),
            ("/{id:a\\}", "E0606", "{id:a\\}"), ("/{id:\\q}", "E0610", "\\q"), ("/{id:(a)\\1}", "E0611", "\\1"),
            ("/{id:(?=a)}", "E0611", "(?="), ("/{id:a+?}", "E0611", "+?"), ("/{id:a++}", "E0611", "++"),
            ("/{id:a/b}", "E0611", "/"), ("/{id:a^b}", "E0611", "^"), ("/{id:a$b}", "E0611", "$"),
            ("/{id:[[:alpha:]]}", "E0611", "[:"), ("/{id:\u{E9}}", "E0611", "\u{E9}"),
            ("/{id:a{1001}}", "E0612", "1001"), ("/{id:(a{1,1000}){1,1000}}", "E0612", "(a{1,1000}){1,1000}"),
        ]
    )
    func faults(_ written: String, _ code: String, _ part: String) {
        guard case .failure(let fault) = PatternTests.path(written) else {
            Issue.record("`\(written)` was accepted")
            return
        }
        let bytes = Array(written.utf8)
        #expect(fault.code.id == code, "\(fault.message)")
        #expect(String(decoding: bytes[fault.range], as: UTF8.self) == part, "\(fault.message)")
        #expect(fault.help?.isEmpty == false)
    }

    @Test("paths have bounds")
    func bounds() throws {
        let longest = String(repeating: "/a", count: 27)
        #expect(try PatternTests.path(longest).get() == longest)
        #expect(throws: PatternFault.self) { try PatternTests.path(longest + "/a").get() }
        let captures = (0..<16).map { "/{c\($0)}" }.joined()
        #expect(try PatternTests.path(captures).get() == captures)
        #expect(throws: PatternFault.self) { try PatternTests.path(captures + "/**x/{d}").get() }
        #expect(throws: PatternFault.self) { try PatternTests.path("/" + String(repeating: "a", count: 2048)).get() }
    }

    @Test(
        "hosts are lower-case names, wildcards, or any",
        arguments: [
            ("API.Example.com", "api.example.com"), ("*.Example.com", "*.example.com"), ("*", "*"),
            ("127.0.0.1", "127.0.0.1"), ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ]
    )
    func hosts(_ written: String, _ expected: String) throws {
        #expect(try HostPatternParser.parse(written).text == expected)
    }

    @Test(
        "hosts that no request has say what to write",
        arguments: [
            ("", "leave"), ("a.example:8443", "`a.example`"), ("https://a.example", "`a.example`"), ("[::1]", "leave"),
            ("a.example/x", "path"), ("a.example.", "delete"), ("a..example", "dots"), ("a.*.example", "*.example.com"),
            ("a_b!c.example", "letters"), ("-a.example", "correct"),
            ("b\u{FC}cher.example", "`xn--bcher-kva.example`"),
            ("\u{4F8B}\u{3048}.\u{30C6}\u{30B9}\u{30C8}", "`xn--r8jz45g.xn--zckzah`"),
        ]
    )
    func wrongHosts(_ written: String, _ help: String) {
        do throws(PatternFault) {
            let host = try HostPatternParser.parse(written)
            Issue.record("`\(written)` was accepted as \(host.text)")
        } catch {
            #expect(error.code.id == "E0614")
            #expect(error.help?.contains(help) == true, "\(error.help ?? "")")
        }
    }

    @Test(
        "routes begin with methods",
        arguments: [
            ("GET /", "GET"), ("POST,GET /x", "GET,POST"), ("GET, PUT /x", "GET,PUT"), ("ANY /**", "ANY"),
            ("PROPFIND /x", "PROPFIND"), ("M-SEARCH /", "M-SEARCH"),
        ]
    )
    func methods(_ written: String, _ expected: String) throws {
        var constraints = ConstraintLibrary()
        #expect(try RouteTextParser.parse(written, constraints: &constraints).methods.text == expected)
    }

    @Test(
        "methods that cannot be used are refused where they stand",
        arguments: [
            ("/x", "E0601", "/x"), ("GET", "E0601", "GET"), ("get /x", "E0602", "get"), ("GET,,PUT /", "E0602", ","),
            ("GET,GET /", "E0602", "GET"), ("ANY,GET /", "E0602", "ANY,GET"), ("* /", "E0602", "*"),
            ("CONNECT /", "E0602", "CONNECT"), ("GET/x", "E0602", "GET"), ("GE(T /", "E0602", "GE(T"),
        ]
    )
    func wrongMethods(_ written: String, _ code: String, _ part: String) {
        var constraints = ConstraintLibrary()
        do throws(PatternFault) {
            let route = try RouteTextParser.parse(written, constraints: &constraints)
            Issue.record("`\(written)` was accepted as \(route.methods.text)")
        } catch {
            #expect(error.code.id == code, "\(error.message)")
            #expect(String(decoding: Array(written.utf8)[error.range], as: UTF8.self) == part)
        }
    }

    @Test("texts have captures and doubled braces")
    func templates() throws {
        #expect(
            try TextTemplateParser.parse("/i/{id}/{{x}}").parts
                == [.text("/i/"), .capture("id", 3..<7), .text("/{x}")]
        )
        #expect(try TextTemplateParser.parse("").parts.isEmpty)
        for wrong in ["{id", "id}", "{}"] {
            #expect(throws: PatternFault.self) { try TextTemplateParser.parse(wrong) }
        }
    }

    @Test("a fault stands at its bytes in plain and quoted scalars, at the whole of others")
    func spans() {
        let plain = Spanned("GET /a//b", SourceSpan(file: 0, start: 100, end: 109))
        #expect(plain.span(of: 6..<8) == SourceSpan(file: 0, start: 106, end: 108))
        let quoted = Spanned("GET /a//b", SourceSpan(file: 0, start: 100, end: 111))
        #expect(quoted.span(of: 6..<8) == SourceSpan(file: 0, start: 107, end: 109))
        let escaped = Spanned("GET /a//b", SourceSpan(file: 0, start: 100, end: 114))
        #expect(escaped.span(of: 6..<8) == escaped.span)
    }
}
