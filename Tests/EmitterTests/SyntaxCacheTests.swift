import Foundation
import GatewayCompiler
import GatewayEmitters
import GatewayIR
import TestSupport
import Testing
import apic

/// What is kept of members from one build to the next changes nothing but the time that the next one takes.
@Suite("Syntax that is kept", .serialized)
struct SyntaxCacheTests {
    private let folder = try? ScratchFolder()

    /// A member whose YAML has all that a tree can hold: aliases, merges, escapes, folded texts, other scripts.
    private static func member(_ index: Int, using random: inout SeededRandom) -> String {
        let title =
            ["Plain", "\"With \\u00e9scapes\"", "'It''s quoted'", ">-\n      folded\n      over lines", "Größe"]
            .randomElement(using: &random) ?? ""
        let routes = ["GET /", "GET /{id:[0-9]+}", "\"ANY /files/**\"", "{ match: GET /x, headers: { X-A: b } }"]
            .shuffled(using: &random).prefix(Int.random(in: 1...4, using: &random))
        let mistake = random.oneIn(12) ? "    nonsense: 1\n" : random.oneIn(12) ? "    owner: [ 1, 2\n" : ""
        return """
            apic: 1
            gateway: m\(index)
            upstreams:
              u: &base { targets: [ "http://u\(index):8080" ] }
              v: { <<: *base, timeouts: { connect: \(Int.random(in: 1...9, using: &random))s } }
            apis:
              api-\(index):
                path: /p\(random.oneIn(15) ? 0 : index)
                upstream: \(random.oneIn(2) ? "u" : "v")
                title: \(title)
            \(mistake)    versions:
                  v1: { routes: [ \(routes.joined(separator: ", ")) ] }

            """
    }

    /// What a build makes of files, and what it says.
    private static func outcome(_ files: [String: String], _ cache: SyntaxCache?) throws -> [String] {
        let root = SourceFile(path: "api.yaml", bytes: Array((files["api.yaml"] ?? "").utf8))
        var link = Link([root], buildEnvironment: [:])
        while !link.wanted.isEmpty {
            link.supply(
                link.wanted.map { request in
                    guard let text = files[request.path] else { return .unreadable("there is none") }
                    guard let cache else { return request.decode(Array(text.utf8), identity: request.path) }
                    return MemberReading.answer(to: request, Array(text.utf8), identity: request.path, cache)
                }
            )
        }
        cache?.save()
        let sources = link.files
        let compilation = link.compile()
        let table = compilation.gateway.map { TableEmitter.emit($0) } ?? []
        return [DiagnosticRenderer.text(compilation.diagnostics, files: sources), "\(table)"]
    }

    private static func platform(_ members: [String], nested: Bool) -> String {
        let listed = members.map { "  - { spec: \($0) }\n" }.joined()
        return "apic: 1\ngateway: \(nested ? "inner" : "whole")\nmembers:\n\(listed)"
    }

    @Test("builds with it and without say and make the same, over edits, orders and groupings", arguments: 1...6)
    func equal(_ seed: UInt64) throws {
        let folder = try #require(folder)
        var random = SeededRandom(seed: seed)
        var members = (0..<12).map { Self.member($0, using: &random) }
        var known = 0
        for _ in 0..<8 {
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                let index = Int.random(in: 0..<12, using: &random)
                members[index] = Self.member(index, using: &random)
            }
            var files = Dictionary(uniqueKeysWithValues: members.enumerated().map { ("m\($0).yaml", $1) })
            let order = files.keys.sorted().shuffled(using: &random)
            let innerCount = random.oneIn(2) ? Int.random(in: 2...9, using: &random) : 0
            let inner = innerCount == 0 ? [] : ["inner.yaml"]
            if innerCount > 0 { files["inner.yaml"] = Self.platform(Array(order.prefix(innerCount)), nested: true) }
            files["api.yaml"] = Self.platform(order.dropFirst(innerCount) + inner, nested: false)
            let cache = SyntaxCache(of: "api.yaml", in: folder.path)
            known += cache.knownCount
            let expected = try Self.outcome(files, nil)
            #expect(try Self.outcome(files, cache) == expected)
        }
        #expect(known > 0, "nothing was ever found")
    }

    @Test("what was altered, cut short, written by others or made up is as good as nothing")
    func altered() throws {
        let folder = try #require(folder)
        var random = SeededRandom(seed: 7)
        var files = Dictionary(
            uniqueKeysWithValues: (0..<10).map { ("m\($0).yaml", Self.member($0, using: &random)) }
        )
        files["api.yaml"] = Self.platform(files.keys.sorted(), nested: false)
        let expected = try Self.outcome(files, SyntaxCache(of: "api.yaml", in: folder.path))
        let path = folder.path + "/" + (try #require(try folder.files().first))
        let intact = try Data(contentsOf: URL(fileURLWithPath: path))
        let count = SyntaxCache(of: "api.yaml", in: folder.path).knownCount
        #expect(count > 0)
        func knownCount(_ bytes: Data) throws -> Int {
            try bytes.write(to: URL(fileURLWithPath: path))
            let cache = SyntaxCache(of: "api.yaml", in: folder.path)
            #expect(try Self.outcome(files, cache) == expected)
            return cache.knownCount
        }
        #expect(try knownCount(intact) == count)
        for _ in 0..<60 {
            var bytes = intact
            bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0...7, using: &random)
            #expect(try knownCount(bytes) == 0)
            #expect(try knownCount(intact.prefix(Int.random(in: 0..<intact.count, using: &random))) == 0)
        }
        #expect(try knownCount(Data()) == 0)
        // Whoever else may write it may have made it up.
        try intact.write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: path)
        #expect(SyntaxCache(of: "api.yaml", in: folder.path).knownCount == 0)
    }

    @Test("a tree with nodes that lead nowhere is read anew", arguments: 1...4)
    func unsound(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let files = ["api.yaml": Self.platform(["m.yaml"], nested: false), "m.yaml": Self.member(3, using: &random)]
        let root = SourceFile(path: "api.yaml", bytes: Array((files["api.yaml"] ?? "").utf8))
        let request = try #require(Link([root], buildEnvironment: [:]).wanted.first)
        let bytes = Array((files["m.yaml"] ?? "").utf8)
        var kept: KeptSyntax?
        _ = request.decode(bytes, identity: "m", kept: nil, syntax: &kept)
        let intact = Array(try #require(kept).bytes)
        for length in 0..<intact.count {
            var again: KeptSyntax?
            _ = request.decode(bytes, identity: "m", kept: KeptSyntax(intact[..<length]), syntax: &again)
            #expect(again?.bytes.elementsEqual(intact) == true)
        }
        var again: KeptSyntax?
        _ = request.decode(bytes, identity: "m", kept: KeptSyntax(intact[...]), syntax: &again)
        #expect(again == nil)
    }
}
