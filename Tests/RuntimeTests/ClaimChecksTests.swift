import GatewayEmitters
import GatewayIR
import GatewayTable
import Testing

@testable import GatewayRuntime
@testable import Tokens

/// What claims must say, at instants that are parameters.
@Suite("Claims")
struct ClaimChecksTests {
    /// A table with one policy, in memory of its own.
    private final class Table {
        let memory: UnsafeMutableRawBufferPointer
        let view: TableView

        init(_ settings: TokenSettings) throws {
            var gateway = ControlFixture.gateway()
            gateway.chains = [Chain(steps: [ChainStep(plugin: .jwt(settings), scope: .api)])]
            let bytes = TableEmitter.emit(gateway)
            memory = .allocate(byteCount: bytes.count, alignment: TableLayout.alignment)
            memory.copyBytes(from: bytes)
            view = try TableView(validating: UnsafeBufferPointer(memory.bindMemory(to: UInt8.self)))
        }

        deinit { memory.deallocate() }
    }

    private static func judge(
        _ settings: TokenSettings,
        _ claims: String,
        at seconds: Int64,
        needsEnd: Bool = true
    ) throws -> (fault: TokenFault, expires: Int64) {
        let table = try Table(settings)
        var tree = JSONTree(byteCountMax: 4_096, nodeCountMax: 64)
        guard tree.read(Array(claims.utf8)) else { return (.malformed, -1) }
        return ClaimChecks.judge(tree, table.view.tokenPolicies[0], table.view, seconds: seconds, needsEnd: needsEnd)
    }

    @Test("what an authorization server vouches for may have no end, and holds no longer than one that it has")
    func openEnd() throws {
        let settings = TokenSettings(skewSeconds: 10)
        let open = try Self.judge(settings, #"{"active":true}"#, at: 1000, needsEnd: false)
        #expect(open.fault == .none && open.expires == TableLayout.never)
        let ended = try Self.judge(settings, #"{"active":true,"exp":1000}"#, at: 1005, needsEnd: false)
        #expect(ended.fault == .none && ended.expires == 1010)
        #expect(try Self.judge(settings, #"{"active":true,"exp":1000}"#, at: 1010, needsEnd: false).fault == .expired)
        #expect(try Self.judge(settings, #"{"active":true,"exp":""}"#, at: 1, needsEnd: false).fault == .malformed)
    }

    @Test("a token holds from its beginning to its end, give or take what clocks may be apart")
    func times() throws {
        let settings = TokenSettings(skewSeconds: 10, lifetimeSecondsMax: 100)
        let cases: [(String, Int64, TokenFault)] = [
            (#"{"exp":1000}"#, 1009, .none), (#"{"exp":1000}"#, 1010, .expired), (#"{"exp":1000}"#, 890, .none),
            (#"{"exp":1000}"#, 889, .lifetime), (#"{"exp":1000.9}"#, 1009, .none), (#"{"exp":1000.9}"#, 1010, .expired),
            (#"{"exp":-5}"#, 0, .none), (#"{"exp":-10}"#, 0, .expired), (#"{"exp":-9.5}"#, 0, .expired),
            (#"{"exp":1000,"nbf":1000}"#, 990, .none), (#"{"exp":1000,"nbf":1000}"#, 989, .notYetValid),
            (#"{"exp":1000,"nbf":1000.1}"#, 990, .notYetValid), (#"{"exp":1000,"nbf":1000.0}"#, 990, .none),
            (#"{"exp":1000,"iat":1000}"#, 990, .none), (#"{"exp":1000,"iat":1000}"#, 989, .notYetValid),
            ("{}", 0, .lifetime), (#"{"exp":null}"#, 0, .malformed), (#"{"exp":"1000"}"#, 0, .malformed),
            (#"{"exp":1e3}"#, 0, .malformed), (#"{"exp":99999999999999999999}"#, 0, .malformed),
            (#"{"exp":1000,"nbf":"0"}"#, 950, .malformed), (#"{"exp":1000,"iat":[]}"#, 950, .malformed),
        ]
        for (claims, seconds, fault) in cases {
            let outcome = try Self.judge(settings, claims, at: seconds)
            #expect(outcome.fault == fault, "\(claims) at \(seconds)")
            if fault == .none { #expect(outcome.expires > seconds, "\(claims)") }
        }
        #expect(try Self.judge(settings, #"{"exp":1000}"#, at: 950).expires == 1010)
        // Without a bound an end may be far away.
        #expect(try Self.judge(TokenSettings(), #"{"exp":999999999999}"#, at: 0).fault == .none)
    }

    @Test("issuer and audience are what they must be, to the byte")
    func names() throws {
        let settings = TokenSettings(issuer: "https://a/", audiences: ["x", "y"])
        let good = #""exp":9,"iss":"https://a/""#
        let cases: [(String, TokenFault)] = [
            ("{\(good),\"aud\":\"x\"}", .none), ("{\(good),\"aud\":[\"z\",\"y\"]}", .none),
            (#"{"exp":9,"iss":"https:\/\/\u0061/","aud":"x"}"#, .none), ("{\(good),\"aud\":\"X\"}", .audience),
            ("{\(good),\"aud\":[]}", .audience), ("{\(good),\"aud\":[[\"x\"]]}", .audience), ("{\(good)}", .audience),
            ("{\(good),\"aud\":{\"x\":1}}", .audience), ("{\(good),\"aud\":\"x y\"}", .audience),
            (#"{"exp":9,"iss":"https://a","aud":"x"}"#, .issuer),
            (#"{"exp":9,"iss":["https://a/"],"aud":"x"}"#, .issuer),
            (#"{"exp":9,"aud":"x"}"#, .issuer),
        ]
        for (claims, fault) in cases { #expect(try Self.judge(settings, claims, at: 0).fault == fault, "\(claims)") }
    }

    @Test("every claim that is needed has one of its values")
    func requirements() throws {
        let settings = TokenSettings(requirements: [
            ClaimRequirement(claim: "a.b", values: ["1", "true", "x"]),
            ClaimRequirement(claim: "scp", values: ["r", "w"]),
        ])
        let cases: [(String, TokenFault)] = [
            (#""a":{"b":1},"scp":"q r""#, .none), (#""a":{"b":true},"scp":["w"]"#, .none),
            (#""a.b":"x","scp":"w""#, .none), (#""a":{"b":["y","x"]},"scp":"r""#, .none),
            (#""a":{"b":"1.0"},"scp":"r""#, .claim), (#""a":{"b":null},"scp":"r""#, .claim),
            (#""a":{"b":{"x":1}},"scp":"r""#, .claim), (#""a":"x","scp":"r""#, .claim), (#""b":"x","scp":"r""#, .claim),
            (#""a":{"b":"x"}"#, .claim), (#""a":{"b":"x"},"scp":"rw""#, .claim),
            (#""a":{"b":"x"},"scp":["q r"]"#, .claim),
            (#""a":{"b":"x y"},"scp":"r""#, .claim),
        ]
        for (claims, fault) in cases {
            #expect(try Self.judge(settings, "{\"exp\":9,\(claims)}", at: 0).fault == fault, "\(claims)")
        }
    }
}
