/// What the echo server answers: the request, as JSON, with the status and after the time that the request asks for.
struct EchoReply {
    static let delayMillisecondsMax: UInt32 = 600_000

    var status: Int
    var delayMilliseconds: UInt32
    var body: String

    /// - Parameters:
    ///   - server: the address that was reached, so that one sees how requests are spread.
    ///   - bodyDigest: SHA-256 of the request's body in hexadecimal, if it has one.
    init(to request: EchoRequest, server: String, bodyByteCount: UInt64, bodyDigest: String?) {
        let wished = request.parameter("status").flatMap { Int($0) }
        status = wished.map { (200...599).contains($0) ? $0 : 400 } ?? 200
        delayMilliseconds = min(Self.milliseconds(request.parameter("delay")), Self.delayMillisecondsMax)

        var lines = [
            "  \"server\": \(Self.quoted(server))",
            "  \"method\": \(Self.quoted(request.method))",
            "  \"path\": \(Self.quoted(request.path))",
            "  \"query\": \(Self.quoted(request.query))",
            "  \"headers\": \(Self.headers(request.fields))",
            "  \"body-bytes\": \(bodyByteCount)",
        ]
        if let bodyDigest { lines.append("  \"body-sha256\": \(Self.quoted(bodyDigest))") }
        body = "{\n" + lines.joined(separator: ",\n") + "\n}\n"
    }

    /// An object by names as sent; a field that came several times has a list.
    private static func headers(_ fields: [EchoRequest.Field]) -> String {
        var names: [String] = []
        var values: [String: [String]] = [:]
        for field in fields {
            if values[field.name] == nil { names.append(field.name) }
            values[field.name, default: []].append(field.value)
        }
        let members = names.map { name in
            let all = (values[name] ?? []).map(quoted)
            return "    \(quoted(name)): " + (all.count == 1 ? all[0] : "[" + all.joined(separator: ", ") + "]")
        }
        return members.isEmpty ? "{}" : "{\n" + members.joined(separator: ",\n") + "\n  }"
    }

    /// `250ms`, `2s`, or a plain number of milliseconds; anything else is no delay.
    private static func milliseconds(_ text: String?) -> UInt32 {
        guard let text else { return 0 }
        if text.hasSuffix("ms") { return UInt32(text.dropLast(2)) ?? 0 }
        guard text.hasSuffix("s") else { return UInt32(text) ?? 0 }
        return (UInt32(text.dropLast()) ?? 0).multipliedReportingOverflow(by: 1000).partialValue
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case _ where scalar.value < 0x20:
                quoted += "\\u00" + (scalar.value < 0x10 ? "0" : "") + String(scalar.value, radix: 16)
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
