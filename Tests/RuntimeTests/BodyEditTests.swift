import Foundation
import GatewayEmitters
import GatewayIR
import GatewayTable
import TestSupport
import Testing

@testable import GatewayRuntime

/// What becomes of JSON that is edited, against Foundation's reading of it.
@Suite("Edits of JSON bodies")
struct BodyEditTests {
    /// A table with these edits, for the length of a closure.
    private static func withView<Result>(
        _ edits: [BodyEdits.Edit],
        _ body: (TableView) throws -> Result
    ) throws -> Result {
        var gateway = ControlFixture.gateway()
        for index in gateway.chains.indices {
            gateway.chains[index].steps.removeAll { $0.plugin.kind.phase > .fault }
            gateway.chains[index].steps.append(ChainStep(plugin: .requestBody(BodyEdits(edits: edits)), scope: .api))
        }
        let bytes = TableEmitter.emit(gateway)
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 64)
        defer { memory.deallocate() }
        memory.copyBytes(from: bytes)
        return try body(TableView(validating: UnsafeBufferPointer(memory.bindMemory(to: UInt8.self))))
    }

    private static func edited(_ text: String, _ edits: [BodyEdits.Edit]) throws -> String? {
        try withView(edits) { view in
            BodyRehearsal.edited(Array(text.utf8), by: 0, in: view).map { String(decoding: $0, as: UTF8.self) }
        }
    }

    private static let edits: [BodyEdits.Edit] = [
        .init(path: ["gone"], action: .remove), .init(path: ["u", "add"], action: .add("[1,2]")),
        .init(path: ["u", "gone"], action: .remove), .init(path: ["u", "set"], action: .set("false")),
        .init(path: ["v", "w", "add"], action: .add("null")), .init(path: ["ä\"\n😀"], action: .set("\"x\"")),
    ]

    @Test(
        "members are removed, set and added; everything else keeps its bytes",
        arguments: [
            (#"{}"#, #"{"u":{"add":[1,2],"set":false},"v":{"w":{"add":null}},"ä\"\u000a😀":"x"}"#),
            (
                #" { "a" : 1.50e+007 , "gone":[{"gone":1}], "b":[ {"gone" : 1} , 2 ] , "u":7,"#
                    + #""v":{"w":[]}, "ä\"\n\ud83d\ude00":0 }  "#,
                #"{"a":1.50e+007,"b":[ {"gone" : 1} , 2 ],"u":7,"v":{"w":[]},"ä\"\n\ud83d\ude00":"x"}"#
            ),
            // Twice, and escaped.
            (
                #"{"gone":1,"g\u006fne":2,"\u0067one":{},"u":{"set":1,"\u0073et":2,"add":3,"add":4,"gone":5},"u":{}}"#,
                #"{"u":{"set":false,"add":3,"add":4},"u":{"add":[1,2],"set":false},"v":{"w":{"add":null}},"#
                    + #""ä\"\u000a😀":"x"}"#
            ),
            (
                #"{"v":{"x":1,"w":{"add":0}},"u":{"add":null,"z":"\/"},"ä\"\n😀":1}"#,
                #"{"v":{"x":1,"w":{"add":0}},"u":{"add":null,"z":"\/","set":false},"ä\"\n😀":"x"}"#
            ),
        ]
    )
    func edits(_ text: String, _ wanted: String) throws { #expect(try Self.edited(text, Self.edits) == wanted) }

    @Test(
        "what is no JSON object is refused",
        arguments: [
            "", " ", "[]", "1", "null", "\"x\"", "{", "}", "{}x", "{} {}", "{,}", #"{"a":1,}"#, #"{"a"}"#, #"{"a":}"#,
            #"{a:1}"#, #"{'a':1}"#, #"{"a":01}"#, #"{"a":+1}"#, #"{"a":1.}"#, #"{"a":.5}"#, #"{"a":1e}"#, #"{"a":-}"#,
            #"{"a":tru}"#, #"{"a":nul}"#, #"{"a":True}"#, #"{"a":NaN}"#, #"{"a":[1,]}"#, #"{"a":[1 2]}"#,
            #"{"a":"\x"}"#,
            #"{"a":"\u12"}"#, #"{"a":"\ud800"}"#, #"{"a":"\udc00"}"#, #"{"a":"\ud800\u0041"}"#, "{\"a\":\"\u{1}\"}",
            "{\"a\":\"\n\"}", #"{"a":"x}"#, #"{"a":1"b":2}"#, #"{"a":{]}"#, "\u{FEFF}{}", "{\"a\":1}\u{0}", "{/**/}",
        ]
    )
    func refused(_ text: String) throws {
        #expect(try Self.edited(text, Self.edits) == nil)
    }

    @Test("bytes that are not UTF-8, and what is too deep or too large, are refused")
    func bounds() throws {
        try Self.withView(Self.edits) { view in
            for bytes: [UInt8] in [[0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xFF], [0xE4], [0xF4, 0x90, 0x80, 0x80]] {
                #expect(
                    BodyRehearsal.edited(Array(#"{"a":""#.utf8) + bytes + Array("\"}".utf8), by: 0, in: view) == nil
                )
            }
            func nested(_ count: Int) -> [UInt8] {
                Array(
                    ("{\"a\":" + String(repeating: "[", count: count) + String(repeating: "]", count: count) + "}").utf8
                )
            }
            #expect(BodyRehearsal.edited(nested(64), by: 0, in: view) != nil)
            #expect(BodyRehearsal.edited(nested(65), by: 0, in: view) == nil)
            #expect(BodyRehearsal.edited(nested(30_000), by: 0, in: view) == nil)
            let text = "{\"a\":\"" + String(repeating: "x", count: 65_525) + "\"}"
            #expect(BodyRehearsal.edited(Array(text.utf8), by: 0, in: view) == nil)
        }
    }

    /// Any JSON value, with names of which some are edited.
    private static func value(_ random: inout SeededRandom, depth: Int) -> Any {
        switch Int.random(in: 0..<(depth > 3 ? 4 : 7), using: &random) {
        case 0: return Int.random(in: -1_000...1_000_000, using: &random)
        case 1: return ["", "x", "ä\"\n😀", "\\u0041", "\t/"].randomElement(using: &random) ?? ""
        case 2: return Bool.random(using: &random)
        case 3: return NSNull()
        case 4: return (0..<Int.random(in: 0..<4, using: &random)).map { _ in value(&random, depth: depth + 1) }
        default: return object(&random, depth: depth + 1)
        }
    }

    private static func object(_ random: inout SeededRandom, depth: Int) -> [String: Any] {
        let names = ["gone", "u", "v", "w", "add", "set", "ä\"\n😀", "other", "a b"]
        let chosen = names.filter { _ in Int.random(in: 0..<3, using: &random) == 0 }
        return Dictionary(uniqueKeysWithValues: chosen.map { ($0, value(&random, depth: depth)) })
    }

    /// The same edits on what Foundation has read.
    private static func model(_ object: [String: Any], _ edits: [BodyEdits.Edit]) throws -> [String: Any] {
        func apply(_ edit: BodyEdits.Edit, _ path: ArraySlice<String>, to object: [String: Any]) throws -> [String: Any]
        {
            guard let name = path.first else { return object }
            var object = object
            if path.count == 1 {
                switch edit.action {
                case .remove: object[name] = nil
                case .set(let json): object[name] = try parse(json)
                case .add(let json): if object[name] == nil { object[name] = try parse(json) }
                }
            } else if let inner = object[name] {
                if let inner = inner as? [String: Any] { object[name] = try apply(edit, path.dropFirst(), to: inner) }
            } else if edit.action != .remove {
                object[name] = try apply(edit, path.dropFirst(), to: [:])
            }
            return object
        }
        return try edits.reduce(object) { try apply($1, $1.path[...], to: $0) }
    }

    private static func parse(_ json: String) throws -> Any {
        try JSONSerialization.jsonObject(with: Data(json.utf8), options: .fragmentsAllowed)
    }

    @Test("any object becomes what a model makes of it, and is edited only once", arguments: SeededRandom.seeds(200))
    func random(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let object = Self.object(&random, depth: 0)
        let options: JSONSerialization.WritingOptions = Bool.random(using: &random) ? [.prettyPrinted] : []
        let text = try JSONSerialization.data(withJSONObject: object, options: options)
        try Self.withView(Self.edits) { view in
            let edited = try #require(BodyRehearsal.edited(Array(text), by: 0, in: view))
            let result = try JSONSerialization.jsonObject(with: Data(edited)) as? NSDictionary
            #expect(result == (try Self.model(object, Self.edits)) as NSDictionary)
            #expect(BodyRehearsal.edited(edited, by: 0, in: view) == edited)
        }
    }
}
