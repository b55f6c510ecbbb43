import GatewayIR
import TestSupport
import Testing

@testable import GatewayCompiler

/// Scalars by type: what they are, or the code with which they are refused.
@Suite("Scalars")
struct SpecScalarTests {
    private func result<Value>(_ type: ScalarType<Value>, _ text: String) -> String {
        do {
            return "\(try type.parse(text))"
        } catch {
            return error.code.id
        }
    }

    @Test(
        "durations",
        arguments: [
            ("1ms", "1"), ("250ms", "250"), ("5s", "5000"), ("2m", "120000"), ("1h", "3600000"), ("1d", "86400000"),
            ("24h", "86400000"), ("25h", "E0308"), ("0s", "E0308"), ("5", "E0301"), ("", "E0302"), ("s", "E0302"),
            ("5S", "E0302"), ("5 s", "E0302"), ("-5s", "E0302"), ("1.5s", "E0302"), ("1h30m", "E0302"),
            ("5ms ", "E0302"),
            ("99999999999999999999s", "E0308"), ("9223372036854775807d", "E0308"), ("٣s", "E0302"),
        ]
    )
    func durations(_ text: String, _ expected: String) { #expect(result(.duration(), text) == expected) }

    @Test(
        "long durations are whole seconds",
        arguments: [("180d", "15552000"), ("0s", "0"), ("1500ms", "E0308"), ("36501d", "E0308")]
    )
    func seconds(_ text: String, _ expected: String) { #expect(result(ScalarType<Int64>.seconds, text) == expected) }

    @Test(
        "sizes",
        arguments: [
            ("0B", "0"), ("64KiB", "65536"), ("64KB", "64000"), ("10MiB", "10485760"), ("10MB", "10000000"),
            ("1GiB", "1073741824"), ("1GB", "1000000000"), ("1048576GiB", "1125899906842624"), ("1048577GiB", "E0308"),
            ("64", "E0301"), ("64k", "E0303"), ("64kb", "E0303"), ("KiB", "E0303"), ("", "E0303"), ("1TiB", "E0303"),
        ]
    )
    func sizes(_ text: String, _ expected: String) { #expect(result(ScalarType<UInt64>.size, text) == expected) }

    @Test(
        "rates",
        arguments: [
            ("1/second", 1, 1), ("100/minute", 100, 60), ("1000/hour", 1000, 3600),
            ("4294967295/day", 4_294_967_295, 86_400),
        ] as [(String, UInt32, UInt32)]
    )
    func rates(_ text: String, _ limit: UInt32, _ window: UInt32) throws {
        #expect(try ScalarType<Rate>.rate.parse(text) == Rate(limit: limit, windowSeconds: window))
    }

    @Test(
        "what is no rate",
        arguments: [
            ("100", "E0301"), ("0/second", "E0308"), ("4294967296/day", "E0308"), ("100/min", "E0304"),
            ("/second", "E0304"),
            ("1.5/second", "E0304"), ("100 /second", "E0304"), ("", "E0304"),
        ]
    )
    func noRates(_ text: String, _ expected: String) { #expect(result(ScalarType<Rate>.rate, text) == expected) }

    @Test(
        "instants",
        arguments: [
            ("1970-01-01", "0"), ("2026-12-31T23:59:59Z", "1798761599"), ("2026-12-31t23:59:59z", "1798761599"),
            ("2026-12-31T23:59:59+01:00", "1798757999"), ("2026-12-31T23:59:59-01:30", "1798766999"),
            ("2024-02-29", "1709164800"), ("2000-02-29", "951782400"), ("2100-02-29", "E0305"), ("2023-02-29", "E0305"),
            ("9999-12-31T23:59:59Z", "253402300799"), ("1970-01-01T00:00:00+00:01", "E0305"),
            ("2026-12-31T23:59:59.000Z", "1798761599"),
            ("2026-12-31T23:59:59.5Z", "E0305"), ("2026-12-31T23:59:60Z", "E0305"), ("2026-12-31T24:00:00Z", "E0305"),
            ("2026-04-31", "E0305"), ("2026-00-01", "E0305"), ("2026-01-00", "E0305"), ("26-01-01", "E0305"),
            ("2026-1-1", "E0305"),
            ("2026-01-01T10:00:00", "E0305"), ("2026-01-01T10:00:00Zx", "E0305"), ("2026-01-01T10:00:00+1:00", "E0305"),
            ("12026-01-01", "E0305"), ("", "E0305"),
        ]
    )
    func instants(_ text: String, _ expected: String) { #expect(result(ScalarType<Instant>.instant, text) == expected) }

    /// Day after day, counted by hand, for two cycles of the calendar.
    @Test("every day follows the day before it")
    func calendar() {
        var (year, month, day, count) = (1970, 1, 1, 0)
        while year < 2800 {
            guard Calendar.daysSince1970(year: year, month: month, day: day) == count else {
                Issue.record("\(year)-\(month)-\(day) is not day \(count)")
                return
            }
            let isLeap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
            let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            (day, count) = (day + 1, count + 1)
            if day > lengths[month - 1] { (day, month) = (1, month + 1) }
            if month > 12 { (month, year) = (1, year + 1) }
        }
    }

    @Test(
        "numbers are decimal digits",
        arguments: [
            ("0", "0"), ("255", "255"), ("256", "E0308"), ("010", "E0307"), ("0x1F", "E0307"), ("1_0", "E0307"),
            ("+1", "E0307"),
            ("-1", "E0307"), ("1e2", "E0307"), ("1.0", "E0307"), ("", "E0307"), ("99999999999999999999", "E0308"),
            ("12:30", "E0307"),
        ]
    )
    func numbers(_ text: String, _ expected: String) {
        #expect(result(ScalarType<UInt8>.number(0...255), text) == expected)
    }

    @Test(
        "booleans are `true` and `false`",
        arguments: [
            ("true", "true"), ("false", "false"), ("yes", "E0306"), ("on", "E0306"), ("True", "E0306"), ("1", "E0306"),
            ("", "E0306"),
        ]
    )
    func booleans(_ text: String, _ expected: String) { #expect(result(ScalarType<Bool>.boolean, text) == expected) }

    @Test(
        "shares",
        arguments: [
            ("100%", "1000000"), ("10%", "100000"), ("0.5%", "5000"), ("0.0001%", "1"), ("1", "1000000"),
            ("0.1", "100000"),
            ("0.000001", "1"), ("0%", "E0308"), ("0", "E0308"), ("101%", "E0308"), ("1.5", "E0308"), ("25", "E0301"),
            ("0.00001%", "E0308"), ("%", "E0312"), (".5", "E0312"), ("1.%", "E0312"), ("-1%", "E0312"),
            ("1,5%", "E0312"),
        ]
    )
    func shares(_ text: String, _ expected: String) { #expect(result(ScalarType<UInt32>.share, text) == expected) }

    @Test(
        "addresses to listen on",
        arguments: [
            ("8000", "0.0.0.0 8000"), ("127.0.0.1:8000", "127.0.0.1 8000"), ("[::1]:8000", "::1 8000"),
            ("[2001:DB8:0:0:1:0:0:1]:80", "2001:db8::1:0:0:1 80"), ("[::ffff:10.0.0.1]:80", "::ffff:a00:1 80"),
            ("65535", "0.0.0.0 65535"),
            ("0", "E0308"), ("65536", "E0308"), ("08000", "E0307"), ("localhost:80", "E0309"), (":80", "E0309"),
            ("::1:80", "E0309"),
            ("[::1]", "E0309"), ("127.1:80", "E0309"), ("127.0.0.01:80", "E0309"), ("[fe80::1%eth0]:80", "E0309"),
            ("", "E0309"),
            ("1.2.3.4:", "E0308"), ("[:::1]:80", "E0309"), ("[1:2:3:4:5:6:7:8:9]:80", "E0309"),
            ("[1::2::3]:80", "E0309"),
        ]
    )
    func listenAddresses(_ text: String, _ expected: String) {
        let type = ScalarType<ListenAddress>.listenAddress(defaultHost: "0.0.0.0")
        let shown = (try? type.parse(text)).map { "\($0.host) \($0.port)" } ?? result(type, text)
        #expect(shown == expected)
    }

    @Test(
        "blocks of addresses",
        arguments: [
            ("10.0.0.0/8", "104"), ("10.0.0.1", "128"), ("0.0.0.0/0", "96"), ("2001:db8::/32", "32"), ("::/0", "0"),
            ("::1", "128"),
            ("10.0.0.1/8", "E0310"), ("10.0.0.0/33", "E0310"), ("2001:db8::1/32", "E0310"), ("::/129", "E0310"),
            ("10.0.0.0/08", "E0307"),
            ("10.0.0.0/", "E0307"), ("example.com", "E0310"), ("", "E0310"),
        ]
    )
    func blocks(_ text: String, _ expected: String) {
        let type = ScalarType<AddressBlock>.addressBlock
        let block = try? type.parse(text)
        #expect(block.map { "\($0.prefixLength)" } ?? result(type, text) == expected)
        #expect(block.map { $0.network.count == 16 } ?? true)
    }

    @Test(
        "targets",
        arguments: [
            ("http://orders:8080", "orders 8080"), ("http://orders", "orders 80"),
            ("HTTP://Orders.Example.COM/", "orders.example.com 80"),
            ("http://10.0.0.1:80", "10.0.0.1 80"), ("http://[2001:db8::1]:8080", "2001:db8::1 8080"),
            ("http://[::1]", "::1 80"),
            ("http://orders_a-1:1", "orders_a-1 1"), ("https://orders", "orders 443"), ("orders", "E0311"),
            ("http://", "E0311"),
            ("http://a/b", "E0311"), ("http://a?b", "E0311"), ("http://a#b", "E0311"), ("http://u:p@a", "E0311"),
            ("http://a:0", "E0308"),
            ("http://a:", "E0308"), ("http://a:65536", "E0308"), ("http://::1", "E0311"), ("http://[::1]x", "E0311"),
            ("http://a..b", "E0311"),
            ("http://-a", "E0311"), ("http://1.2.3", "E0311"), ("http://1.2.3.256", "E0311"), ("http://a b", "E0311"),
            ("", "E0206"),
            ("http://a\u{0}b", "E0311"), ("http://\(String(repeating: "a", count: 64))", "E0311"),
        ]
    )
    func targets(_ text: String, _ expected: String) {
        let type = ScalarType<TargetAddress>.target
        #expect((try? type.parse(text)).map { "\($0.host) \($0.port)" } ?? result(type, text) == expected)
    }

    @Test(
        "names",
        arguments: [
            ("orders", "orders"), ("v1.2_x-Y", "v1.2_x-Y"), ("2026-01-01", "2026-01-01"), ("", "E0206"),
            ("-a", "E0213"), (".a", "E0213"),
            ("..", "E0213"), ("a/b", "E0213"), ("a b", "E0213"), ("é", "E0213"), ("a@b", "E0213"),
            (String(repeating: "a", count: 64), "E0213"),
        ]
    )
    func names(_ text: String, _ expected: String) { #expect(result(ScalarType<String>.name, text) == expected) }

    @Test(
        "header names and values",
        arguments: [
            ("X-Team", "a b\tc", "X-Team", "a b\tc"), ("x", "", "x", ""), ("", "\n", "E0314", "E0315"),
            ("a b", "\u{0}", "E0314", "E0315"),
            ("a:", " a", "E0314", "E0315"), ("é", "é", "E0314", "E0315"),
            ("!#$%&'*+-.^_`|~", "a ", "!#$%&'*+-.^_`|~", "E0315"),
        ]
    )
    func headers(_ name: String, _ value: String, _ expectedName: String, _ expectedValue: String) {
        #expect(result(ScalarType<String>.headerName, name) == expectedName)
        #expect(result(ScalarType<String>.headerValue, value) == expectedValue)
    }

    @Test("keys are judged by what their characters allow")
    func keyStrength() {
        let strong = [
            "3f1c9a7be2d04856a1b2c3d4e5f60718", "qL8vT2xW9rYb4NcKz7HdPm", "123456789012345678901234567890123456789",
        ]
        let weak = [
            "letmein", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "3f1c9a7be2d04856a1b2c3d4e5f6071",
            "12345678901234567890123456789012345678",
        ]
        for key in strong { #expect(KeyStrength.bits(of: Array(key.utf8)) >= KeyStrength.bitsMin, "\(key)") }
        for key in weak { #expect(KeyStrength.bits(of: Array(key.utf8)) < KeyStrength.bitsMin, "\(key)") }
    }

    @Test(
        "references",
        arguments: [
            ("a ${build:X} b", "a 1 b"), ("$${build:X}", "${build:X}"), ("$x $", "$x $"),
            ("${build:X}${build:X}", "11"), ("$$${build:X}", "$${build:X}"),
            ("${build:Y}", "missing"), ("${env:X}", "secret whole"), ("a${file:/x}", "secret part"),
            ("${X}", "no scheme"), ("${build:", "unterminated"),
            ("${vault:x}", "unknown scheme"), ("${build:A B}", "bad name"), ("${build:1A}", "bad name"),
            ("${env:}", "bad name"),
        ]
    )
    func references(_ text: String, _ expected: String) {
        do throws(Reference.Problem) {
            let bytes = try Reference.expand(Array(text.utf8)[...], environment: ["X": "1"])
            #expect(String(decoding: bytes, as: UTF8.self) == expected)
        } catch {
            let kind =
                switch error.kind {
                case .unterminated: "unterminated"
                case .noScheme: "no scheme"
                case .unknownScheme: "unknown scheme"
                case .badName: "bad name"
                case .missingVariable: "missing"
                case .secret(_, let isWhole): isWhole ? "secret whole" : "secret part"
                }
            #expect(kind == expected)
        }
    }
}
