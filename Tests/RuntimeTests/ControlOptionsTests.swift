import Testing

@testable import GatewayRuntime

@Suite("The gateway's command line")
struct ControlOptionsTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var line: String
        var environment: [String: String] = [:]
        var expected: Options

        var testDescription: String { "\(line) \(environment)" }

        init(_ line: String, _ environment: [String: String] = [:], _ change: (inout Options) -> Void = { _ in }) {
            self.line = line
            self.environment = environment
            expected = Options(bundle: "dist")
            change(&expected)
        }
    }

    private static func parse(_ line: String, _ environment: [String: String]) throws(UsageError) -> Invocation {
        try Invocation.parse(line.split(separator: " ").map(String.init)) { environment[$0] }
    }

    static let cases: [Case] = [
        Case("dist"),
        Case("", ["APIC_BUNDLE": "dist"]),
        Case("dist", ["APIC_BUNDLE": "other"]),
        Case("dist", ["APIC_HTTP": "", "APIC_WORKERS": "", "APIC_NODE": ""]),
        Case("-- dist"),
        Case("dist --trust a.pub --trust=b.pub", ["APIC_TRUST": "c.pub"]) { $0.trust = ["a.pub", "b.pub"] },
        Case("dist", ["APIC_TRUST": "a.pub,b.pub", "APIC_ALLOW_ROLLBACK": "true"]) {
            $0.trust = ["a.pub", "b.pub"]
            $0.allowsRollback = true
        },
        Case("dist --allow-rollback --certificate eu-1.crt", ["APIC_CERTIFICATE": "other.crt"]) {
            $0.certificate = "eu-1.crt"
            $0.allowsRollback = true
        },
        Case("state/ --bundle-url https://host/b --trust a.pub") {
            $0.trust = ["a.pub"]
            $0.bundle = "state/current"
            $0.source = BundleSource(url: "https://host/b/", folder: "state")
        },
        Case(
            "state --certificate n.crt",
            [
                "APIC_BUNDLE_URL": "http://host:81/", "APIC_TRUST": "a.pub", "APIC_KEY": "n.key",
                "APIC_BUNDLE_CA": "ca.crt", "APIC_PULL_EVERY": "5",
            ]
        ) {
            $0.trust = ["a.pub"]
            $0.certificate = "n.crt"
            $0.bundle = "state/current"
            var source = BundleSource(url: "http://host:81/", folder: "state")
            source.certificate = "n.crt"
            source.key = "n.key"
            source.authorities = "ca.crt"
            source.seconds = 5
            $0.source = source
        },
        Case("dist", ["APIC_TRUST": "", "APIC_ALLOW_ROLLBACK": "0"]),
        Case("dist --http 127.0.0.1:8000") { $0.http = [Endpoint(host: "127.0.0.1", port: 8000)] },
        Case("--http=[::]:80 dist --http 0.0.0.0:81") {
            $0.http = [Endpoint(host: "::", port: 80), Endpoint(host: "0.0.0.0", port: 81)]
        },
        Case("dist", ["APIC_HTTP": "0.0.0.0:8000,[::1]:8001"]) {
            $0.http = [Endpoint(host: "0.0.0.0", port: 8000), Endpoint(host: "::1", port: 8001)]
        },
        Case("dist --http 127.0.0.1:1", ["APIC_HTTP": "0.0.0.0:8000"]) {
            $0.http = [Endpoint(host: "127.0.0.1", port: 1)]
        },
        Case("dist --status 127.0.0.1:0", ["APIC_STATUS": "nonsense"]) {
            $0.status = Endpoint(host: "127.0.0.1", port: 0)
        },
        Case("dist --http 8000 --status 8100", ["APIC_HTTPS": "8443"]) {
            $0.http = [Endpoint(host: "0.0.0.0", port: 8000)]
            $0.https = [Endpoint(host: "0.0.0.0", port: 8443)]
            $0.status = Endpoint(host: "127.0.0.1", port: 8100)
        },
        Case("dist --workers 3", ["APIC_WORKERS": "9"]) { $0.workerCount = 3 },
        Case("dist", ["APIC_WORKERS": "9"]) { $0.workerCount = 9 },
        Case("dist --at 2027-01-01 --node eu-1") {
            $0.startInstant = 1_798_761_600
            $0.node = "eu-1"
        },
        Case("dist", ["APIC_AT": "2027-01-01T01:00:00+01:00", "APIC_NODE": "eu-2"]) {
            $0.startInstant = 1_798_761_600
            $0.node = "eu-2"
        },
    ]

    @Test("a flag beats a variable, and neither is needed", arguments: cases)
    func serves(_ given: Case) throws {
        #expect(try Self.parse(given.line, given.environment) == .serve(given.expected))
    }

    @Test("the other things one can ask for")
    func others() throws {
        let status = Endpoint(host: "127.0.0.1", port: 9)
        #expect(try Self.parse("health", [:]) == .health(status: nil, bundle: nil))
        #expect(try Self.parse("health --status 127.0.0.1:9", [:]) == .health(status: status, bundle: nil))
        #expect(try Self.parse("health", ["APIC_STATUS": "127.0.0.1:9"]) == .health(status: status, bundle: nil))
        #expect(try Self.parse("health dist", [:]) == .health(status: nil, bundle: "dist"))
        #expect(try Self.parse("--help", [:]) == .help)
        #expect(try Self.parse("-h", [:]) == .help)
        #expect(try Self.parse("dist --version", [:]) == .version)
    }

    @Test(
        "a mistake is named",
        arguments: [
            ("", "no bundle"), ("dist other", "`other`"), ("dist --prot 1", "`--prot`"), ("dist --http", "`--http`"),
            ("dist --http +80", "`+80`"),
            ("dist --http 65536", "`65536`"), ("dist --http localhost:80", "`localhost:80`"),
            ("dist --http ::1:80", "`::1:80`"), ("dist --http [127.0.0.1]:80", "[127.0.0.1]"),
            ("dist --http 0.0.0.0:65536", "65536"), ("dist --http 0.0.0.0:", "`0.0.0.0:`"),
            ("dist --http 0.0.0.0:+1", "`0.0.0.0:+1`"),
            ("dist --http 0.0.0.0:1 --http 0.0.0.0:1", "twice"), ("dist --status 0.0.0.0:-1", "-1"),
            ("dist --workers 0", "`0`"), ("dist --workers 257", "257"), ("dist --workers two", "`two`"),
            ("dist --workers 1 --workers 1", "twice"), ("dist --at tomorrow", "`tomorrow`"),
            ("dist --at 2027-02-30", "2027-02-30"), ("health --workers 2", "`--workers`"),
            ("health --allow-rollback", "`--allow-rollback`"),
            ("state --bundle-url https://host/b", "`--trust`"), ("dist --key n.key", "`--bundle-url`"),
            ("state --trust a.pub --bundle-url ftp://host/b", "ftp://host/b"),
            ("state --trust a.pub --bundle-url https://user@host/b", "user@host"),
            ("state --trust a.pub --bundle-url https://host/b?q", "host/b?q"),
            ("state --trust a.pub --bundle-url https:///b", "https:///b"),
            ("state --trust a.pub --bundle-url https://host --key n.key", "`--certificate`"),
            ("state --trust a.pub --bundle-url https://host --pull-every 0", "1 to 86400"),
            ("/ --trust a.pub --bundle-url https://host", "no folder"),
            ("dist --stale-warn 5", "`--bundle-url`"),
            ("state --trust a.pub --bundle-url https://host --stale-stop 0", "1 to 315360000"),
            ("state --trust a.pub --bundle-url https://host --stale-stop 30", "before it asks"),
            (
                "state --trust a.pub --bundle-url https://host --stale-stop 60 --stale-warn 60",
                "before it asks or warns"
            ),
        ]
    )
    func mistakes(_ line: String, _ part: String) {
        let error = #expect(throws: UsageError.self) { try Self.parse(line, [:]) }
        #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
    }

    @Test("a mistake in a variable names the variable")
    func variables() {
        for (name, value) in [("APIC_HTTP", "0.0.0.0:1,"), ("APIC_WORKERS", "-1"), ("APIC_AT", "x")] {
            let error = #expect(throws: UsageError.self) { try Self.parse("dist", [name: value]) }
            #expect(error?.message.hasPrefix(name) == true, "\(error?.message ?? "")")
        }
    }

    @Test("a container's share of processors is rounded up")
    func share() {
        #expect(WorkerCount.share(cpuMax: "max 100000\n") == nil)
        #expect(WorkerCount.share(cpuMax: "150000 100000\n") == 2)
        #expect(WorkerCount.share(cpuMax: "50000 100000") == 1)
        #expect(WorkerCount.share(cpuMax: "nonsense") == nil)
        #expect((1...Invocation.workerCountMax).contains(WorkerCount.natural))
    }
}
