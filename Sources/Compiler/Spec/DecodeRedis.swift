package import GatewayIR

/// `redis` as written.
package struct RedisSpec: Sendable {
    package var address: Spanned<RedisAddress>?
    package var username: Spanned<String>?
    package var password: SecretReference?
    package var interval: Spanned<Milliseconds>?
    /// That of its key.
    package var span: SourceSpan

    package init(span: SourceSpan) { self.span = span }
}

/// `redis://HOST:PORT/DATABASE`, taken apart.
package struct RedisAddress: Equatable, Sendable {
    package var host: String
    package var port: UInt16
    package var database: UInt32
}

extension SpecDecoder {
    mutating func redis(_ field: Field) -> RedisSpec {
        var spec = RedisSpec(span: field.keySpan)
        guard let fields = fields(field, SpecSchema.redis) else { return spec }
        spec.address = scalar(fields["url"], .redisURL)
        spec.username = scalar(fields["username"], .line())
        spec.interval = scalar(fields["every"], .redisInterval)
        if let password = fields["password"] {
            spec.password = secretReference(password.node)
            if spec.password == nil {
                report(
                    Diagnostic(
                        .literalRedisPassword,
                        "who can read the spec can do what the gateway can in Redis",
                        at: password.keySpan,
                        help: "write `${env:NAME}` or `${file:PATH}`, give it to the gateway, and choose another one"
                    )
                )
            }
        }
        if spec.username != nil { requireKey("password", in: fields) }
        return spec
    }
}

extension ScalarType where Value == RedisAddress {
    fileprivate static let redisURL = ScalarType("a URL such as `redis://redis:6379`") { text throws(ScalarProblem) in
        guard !text.contains("@") else {
            throw ScalarProblem(
                .badURL,
                "the URL of the Redis server has a user or a password in it, which everybody could read",
                help: "write `username:` and `password: ${env:NAME}` beside it"
            )
        }
        guard let scheme = text.firstRange(of: "://") else { throw problem(text, "it has no scheme") }
        switch text[..<scheme.lowerBound].lowercased() {
        case "redis": break
        case "rediss": throw problem(text, "TLS is not spoken to Redis")
        default: throw problem(text, "its scheme is not `redis`")
        }
        let rest = text[scheme.upperBound...]
        let parts = rest.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let path = parts.count > 1 ? parts[1] : ""
        guard path.isEmpty || path.utf8.allSatisfy(Digits.isDigit), let database = UInt32(path.isEmpty ? "0" : path),
            database <= 9_999
        else { throw problem(text, "behind the host stands no number of a database") }
        let target: TargetAddress
        do throws(ScalarProblem) {
            target = try ScalarType<TargetAddress>.parse(authority: parts[0], of: text, defaultPort: 6379)
        } catch {
            throw problem(text, "there is no host in it")
        }
        return RedisAddress(host: target.host, port: target.port, database: database)
    }

    private static func problem(_ text: String, _ reason: String) -> ScalarProblem {
        ScalarProblem(
            .badURL,
            "`\(text.excerpt)` is no URL of a Redis server: \(reason)",
            help: "write `redis://HOST:6379`"
        )
    }
}

extension ScalarType where Value == Milliseconds {
    fileprivate static let redisInterval = ScalarType("a duration such as `50ms`") { text throws(ScalarProblem) in
        let value = try duration(atLeast: 10).parse(text)
        guard value <= 10_000 else {
            throw ScalarProblem(
                .outOfRange,
                "nodes that hear of each other every `\(text.excerpt)` do not count together",
                help: "write at most `10s`"
            )
        }
        return value
    }
}
