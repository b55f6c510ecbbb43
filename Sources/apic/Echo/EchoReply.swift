internal import GatewayTable

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
            "  \"server\": \(JSONText.quoted(server))",
            "  \"method\": \(JSONText.quoted(request.method))",
            "  \"path\": \(JSONText.quoted(request.path))",
            "  \"query\": \(JSONText.quoted(request.query))",
            "  \"headers\": \(Self.headers(request.fields))",
            "  \"body-bytes\": \(bodyByteCount)",
        ]
        if let bodyDigest { lines.append("  \"body-sha256\": \(JSONText.quoted(bodyDigest))") }
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
            let all = (values[name] ?? []).map(JSONText.quoted)
            return "    \(JSONText.quoted(name)): "
                + (all.count == 1 ? all[0] : "[" + all.joined(separator: ", ") + "]")
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
}
