import TestSupport
import Testing

/// A request to the storefront, for `apic explain` and for a real gateway.
struct ExplainedRequest: Sendable, CustomTestStringConvertible {
    static let usualInstant = "2026-11-24T12:00:00Z"
    static let brownoutInstant = "2026-12-01T10:30:00Z"

    var name: String
    var method: String
    var target: String
    var consumer: String?
    var fields: [String]
    var instant: String

    var testDescription: String { name }

    init(
        _ name: String,
        _ method: String,
        _ target: String,
        consumer: String? = nil,
        _ fields: [String] = [],
        at instant: String = usualInstant
    ) {
        self.name = name
        self.method = method
        self.target = target
        self.consumer = consumer
        self.fields = fields
        self.instant = instant
    }

    static let all = [
        ExplainedRequest("active-canary", "GET", "/orders/v2/../v2/%37?x=1", consumer: "acme", ["X-Env: canary"]),
        ExplainedRequest("deprecated", "GET", "/orders/v1/7", consumer: "acme"),
        ExplainedRequest("brownout", "GET", "/orders/v1/7", consumer: "acme", at: brownoutInstant),
        ExplainedRequest("brownout-unrouted", "PUT", "/orders/v1/7", at: brownoutInstant),
        ExplainedRequest("sunset", "POST", "/payments/v1/charges"),
        ExplainedRequest("sunset-unrouted", "GET", "/payments/v1/nothing/here"),
        ExplainedRequest("retired", "GET", "/catalog/products", ["X-API-Version: v1"]),
        ExplainedRequest("planned-stranger", "GET", "/orders/v3/7"),
        ExplainedRequest("planned-wrong-group", "GET", "/orders/v3/7", consumer: "globex"),
        ExplainedRequest("planned-preview", "DELETE", "/orders/v3/7", consumer: "acme"),
        ExplainedRequest("no-key", "GET", "/orders/v2/7"),
        ExplainedRequest("wrong-group", "POST", "/payments/v3/charges", consumer: "globex"),
        ExplainedRequest("respond", "GET", "/catalog/about", ["Host: Shop.Example.com:8000"]),
        ExplainedRequest("tail", "HEAD", "/catalog/products/1/images/front/large.png", ["X-API-Version: v2"]),
        ExplainedRequest("method", "DELETE", "/orders/v2/7"),
        ExplainedRequest("contradictory", "GET", "/catalog/products", ["X-API-Version: v1", "X-API-Version: v2"]),
        ExplainedRequest("unknown-version", "GET", "/catalog/products", ["X-API-Version: v9"]),
        ExplainedRequest("unknown-path", "GET", "/nothing"),
        ExplainedRequest("malformed", "GET", "/orders/v2/../../../x"),
    ]

    /// What `apic explain` says of it.
    func explain() throws -> Program.Outcome {
        var arguments = ["explain", "examples/storefront/api.yaml", "\(method) \(target)", "--at", instant]
        if let consumer { arguments += ["--consumer", consumer] }
        for field in fields { arguments += ["-H", field] }
        return try Program.apic.run(arguments, in: Repository.root)
    }
}
