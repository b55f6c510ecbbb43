internal import GatewayIR

/// A route's text: which methods, and the pattern that continues the path of its API and version.
struct ParsedRoute {
    var methods: MethodSet
    var path: ParsedPath
}

/// Parses `GET /{id}`, `GET,POST /x`, `ANY /x/**`.
enum RouteTextParser {
    private static let methodByteCountMax = 32
    private static let get = Array("GET".utf8)

    static func parse(
        _ text: String,
        constraints: inout ConstraintLibrary
    ) throws(PatternFault) -> ParsedRoute {
        let bytes = Array(text.utf8)
        guard let slash = bytes.firstIndex(of: UInt8(ascii: "/")) else { throw .routeWithoutPath(at: 0..<bytes.count) }
        let methods = try methods(bytes, end: slash)
        return ParsedRoute(
            methods: methods,
            path: try PathPatternParser.parse(bytes, from: slash, constraints: &constraints)
        )
    }

    private static func methods(_ bytes: [UInt8], end: Int) throws(PatternFault) -> MethodSet {
        guard end > 0 else { throw .routeWithoutMethod(at: 0..<bytes.count) }
        guard bytes[end - 1] == UInt8(ascii: " ") else { throw .methodByte(bytes, at: 0..<end) }
        // By far the most frequent, and 100 000 of them are parsed.
        if bytes[..<(end - 1)].elementsEqual(get) { return .listed(["GET"]) }
        var names: [String] = []
        var start = 0
        while start < end {
            var stop = start
            while stop < end, bytes[stop] != UInt8(ascii: ",") { stop += 1 }
            let range = trimmed(bytes, start..<stop)
            let name = try method(bytes, range)
            guard !names.contains(name) else { throw .methodTwice(name, at: range) }
            names.append(name)
            start = stop + 1
        }
        guard let any = names.firstIndex(of: "ANY") else { return .listed(names.sorted()) }
        guard names.count == 1 else { throw .anyAmongMethods(names[any == 0 ? 1 : 0], at: 0..<end - 1) }
        return .any
    }

    private static func method(_ bytes: [UInt8], _ range: Range<Int>) throws(PatternFault) -> String {
        guard !range.isEmpty else { throw .methodMissing(at: range.lowerBound..<range.lowerBound + 1) }
        guard bytes[range].allSatisfy({ ByteSet.token.contains($0) }), range.count <= methodByteCountMax else {
            throw .methodByte(bytes, at: range)
        }
        let name = String(decoding: bytes[range], as: UTF8.self)
        if name == "*" { throw .starMethod(at: range) }
        if bytes[range].contains(where: { (0x61...0x7A).contains($0) }) { throw .methodCase(name, at: range) }
        if name == "CONNECT" { throw .connectMethod(at: range) }
        return name
    }

    private static func trimmed(_ bytes: [UInt8], _ range: Range<Int>) -> Range<Int> {
        var (start, stop) = (range.lowerBound, range.upperBound)
        while start < stop, bytes[start] == UInt8(ascii: " ") { start += 1 }
        while stop > start, bytes[stop - 1] == UInt8(ascii: " ") { stop -= 1 }
        return start..<stop
    }
}

extension PatternFault {
    static func routeWithoutPath(at range: Range<Int>) -> PatternFault {
        PatternFault(
            .routeText,
            "a route is one or more methods and a path",
            at: range,
            help: "write it as `GET /orders/{id}`"
        )
    }

    static func routeWithoutMethod(at range: Range<Int>) -> PatternFault {
        PatternFault(
            .routeText,
            "a route begins with its methods",
            at: range,
            help: "write `GET`, `GET,POST` or `ANY` and a space before the path"
        )
    }

    static func methodMissing(at range: Range<Int>) -> PatternFault {
        PatternFault(.method, "there is no method before the comma", at: range, help: "write methods as `GET,POST`")
    }

    static func methodByte(_ bytes: [UInt8], at range: Range<Int>) -> PatternFault {
        PatternFault(
            .method,
            "`\(String(decoding: bytes[range], as: UTF8.self))` is not a method",
            at: range,
            help: "write methods as `GET,POST` and a space before the path"
        )
    }

    static func methodTwice(_ name: String, at range: Range<Int>) -> PatternFault {
        PatternFault(.method, "`\(name)` is listed twice", at: range, help: "delete one of them")
    }

    static func anyAmongMethods(_ other: String, at range: Range<Int>) -> PatternFault {
        PatternFault(
            .method,
            "`ANY` takes `\(other)` already",
            at: range,
            help: "write `ANY` alone, or list the methods"
        )
    }

    static func starMethod(at range: Range<Int>) -> PatternFault {
        PatternFault(.method, "`*` is not a method", at: range, help: "write `ANY` for all methods")
    }

    static func methodCase(_ name: String, at range: Range<Int>) -> PatternFault {
        PatternFault(
            .method,
            "methods are case-sensitive, and `\(name)` is not the usual one",
            at: range,
            help: "write `\(name.uppercased())`"
        )
    }

    static func connectMethod(at range: Range<Int>) -> PatternFault {
        PatternFault(
            .method,
            "`CONNECT` asks for a tunnel, which no API gateway opens",
            at: range,
            help: "delete the route"
        )
    }
}
