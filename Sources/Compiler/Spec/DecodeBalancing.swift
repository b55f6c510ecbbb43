internal import GatewayIR

extension SpecDecoder {
    /// A number, or a map.
    mutating func retries(_ field: Field?, into spec: inout UpstreamSpec) {
        guard let field else { return }
        guard tree[field.node].kind == .map else {
            spec.retries = scalar(field, .number(0...10))
            return
        }
        guard let fields = fields(field, SpecSchema.retries) else { return }
        spec.retries = scalar(fields["attempts"], .number(0...10))
        spec.hedgeAfter = scalar(fields["hedge"], .duration())
        spec.retryBudget = scalar(fields["budget"], .percent(1...100))
        // Beside a budget that is refused, nothing is known of what the burst is for.
        if fields["budget"] != nil, spec.retryBudget == nil { return }
        spec.retryBurst = scalar(fields["burst"], .number(0...1000))
    }

    mutating func hash(_ field: Field?) -> HashSpec? {
        guard let field, let fields = fields(field, SpecSchema.hash) else { return nil }
        var spec = HashSpec(span: field.keySpan)
        spec.kind = scalar(fields["by"], .word("what to hash"))
        switch spec.kind?.value {
        case .header: spec.name = scalar(fields["name"], .headerName)
        case .cookie, .capture: spec.name = scalar(fields["name"], .name)
        case .address, .consumer, nil: spec.name = scalar(fields["name"], .anyText)
        }
        spec.boundPercent = scalar(fields["bound"], .percent(100...1000))
        return spec
    }

    mutating func health(_ field: Field?) -> HealthSpec? {
        guard let field, let fields = fields(field, SpecSchema.health) else { return nil }
        var spec = HealthSpec(span: field.keySpan)
        spec.active = fields["active"].flatMap { activeHealth($0) }
        spec.passive = fields["passive"].flatMap { passiveHealth($0) }
        spec.panicPercent = scalar(fields["panic"], .percent(1...100))
        spec.slowStart = scalar(fields["slow-start"], .duration(atLeast: 0))
        return spec
    }

    private mutating func activeHealth(_ field: Field) -> HealthSpec.Active? {
        guard let fields = fields(field, SpecSchema.activeHealth) else { return nil }
        var spec = HealthSpec.Active(span: field.keySpan)
        spec.path = scalar(fields["path"], .probePath)
        spec.host = scalar(fields["host"], .serverName)
        spec.interval = scalar(fields["interval"], .duration(atLeast: 10))
        spec.timeout = scalar(fields["timeout"], .duration(atLeast: 10))
        spec.healthyCount = scalar(fields["healthy"], .number(1...100))
        spec.unhealthyCount = scalar(fields["unhealthy"], .number(1...100))
        spec.statuses = list(fields["statuses"], of: "statuses", .statuses(from: 100), isNeeded: true)
        return spec
    }

    private mutating func passiveHealth(_ field: Field) -> HealthSpec.Passive? {
        guard let fields = fields(field, SpecSchema.passiveHealth) else { return nil }
        var spec = HealthSpec.Passive(span: field.keySpan)
        spec.failureCount = scalar(fields["failures"], .number(1...1000))
        spec.ejection = scalar(fields["ejection"], .duration())
        spec.ejectionMax = scalar(fields["ejection-max"], .duration())
        spec.statuses = list(fields["statuses"], of: "statuses", .statuses(from: 400), isNeeded: true)
        return spec
    }
}

extension ScalarType where Value == UInt32 {
    /// `20%`.
    static func percent(_ range: ClosedRange<Int64>) -> ScalarType {
        ScalarType("a percentage such as `\(range.lowerBound)%`") { text throws(ScalarProblem) in
            let digits = text.hasSuffix("%") ? String(text.dropLast()) : text
            guard !digits.isEmpty, digits.utf8.allSatisfy(Digits.isDigit), let number = try Digits.parse(digits) else {
                throw ScalarProblem(
                    .badPercentage,
                    "`\(text.excerpt)` is no whole percentage",
                    help: "write `\(range.lowerBound)%` to `\(range.upperBound)%`"
                )
            }
            guard text.hasSuffix("%") else {
                throw ScalarProblem(
                    .unitMissing,
                    "the percentage `\(text.excerpt)` has no `%`",
                    help: "write `\(digits.excerpt(maxCount: 20))%`"
                )
            }
            guard range.contains(number) else {
                throw ScalarProblem(
                    .outOfRange,
                    "`\(text.excerpt)` is not between \(range.lowerBound)% and \(range.upperBound)%",
                    help: "write `\(range.lowerBound)%` to `\(range.upperBound)%`"
                )
            }
            return UInt32(number)
        }
    }
}

extension ScalarType where Value == String {
    /// What a probe or an authorizer is asked for: from the root on, as it is sent.
    static let probePath = ScalarType("a path such as `/healthz`") { text throws(ScalarProblem) in
        let isVisible = text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") }
        guard text.utf8.first == UInt8(ascii: "/"), isVisible, text.utf8.count <= 1024 else {
            throw ScalarProblem(
                .badText,
                "`\(text.excerpt)` is no path that a server can be asked for",
                help: "begin with `/`, and escape spaces and other characters: `/healthz`"
            )
        }
        return text
    }
}

extension ScalarType where Value == ClosedRange<UInt16> {
    /// `503`, `5xx` or `502-504`.
    fileprivate static func statuses(from least: UInt16) -> ScalarType {
        ScalarType("a status, `5xx` or `502-504`") { text throws(ScalarProblem) in
            let bounds = text.split(separator: "-", omittingEmptySubsequences: false)
            var range: ClosedRange<UInt16>?
            if text.utf8.count == 3, text.hasSuffix("xx"), let hundred = UInt16(text.prefix(1)),
                (1...5).contains(hundred)
            {
                range = hundred * 100...hundred * 100 + 99
            } else if bounds.count <= 2, let first = UInt16(bounds[0]), let last = UInt16(bounds[bounds.count - 1]),
                first <= last
            {
                range = first...last
            }
            guard let range, (least...599).contains(range.lowerBound), range.upperBound <= 599 else {
                throw ScalarProblem(
                    .outOfRange,
                    "`\(text.excerpt)` is no status from \(least) to 599",
                    help: "write `503`, `5xx` or `502-504`"
                )
            }
            return range
        }
    }
}
