internal import Digests
internal import GatewayIR
internal import GatewayTable

/// What programs refer to: rate limits, header edits, templates and answers, each distinct one once.
struct PolicyTables {
    private(set) var rateLimits = RecordPool<RateLimitSettings, RateLimitRecord>()
    private(set) var concurrencyLimits = RecordPool<ConcurrencyLimitSettings, ConcurrencyLimitRecord>()
    private(set) var rateSets = RecordPool<[Rate], RangeRecord>()
    private(set) var rates: [RateRecord] = []
    private(set) var rateTiers: [RateTierRecord] = []
    private(set) var headerEdits = RecordPool<HeaderEdits, EditsRecord>()
    private(set) var headerFields: [HeaderFieldRecord] = []
    private(set) var queryEdits = RecordPool<QueryEdits, EditsRecord>()
    private(set) var queryParameters: [QueryParameterRecord] = []
    private(set) var templates = RecordPool<TextTemplate, RangeRecord>()
    private(set) var templateParts: [TemplatePartRecord] = []
    private(set) var responses = RecordPool<RespondSettings, ResponseRecord>()
    var edge = EdgeTables()
    var tokens = TokenTables()
    var consulting = ConsultingTables()
    var traffic = TrafficTables()
    var signatures = SignatureTables()
    var groups: GroupTables
    private(set) var bodies = BodyTables()

    init(groups: GroupTables) { self.groups = groups }

    /// The number of a rate limit. What a request takes of it stands in the instruction.
    mutating func add(_ limit: RateLimitSettings, _ text: inout TextPool) -> UInt32 {
        var settings = limit
        settings.cost = 1
        if let known = rateLimits.number(of: settings) { return known }
        var record = RateLimitRecord()
        record.identity = SHA256.digest(settings.identity.utf8).words.0
        (record.keyKind, record.keyName) = PolicyTables.key(settings.key, &text)
        if settings.isShared { record.flags |= RateLimitRecord.sharedFlag }
        record.rateSet = add(settings.rates, &text)
        record.tiers = RangeRecord(first: UInt32(rateTiers.count), count: UInt32(settings.tiers.count))
        for tier in settings.tiers.sorted(by: PolicyTables.isMoreGenerous) {
            var tierRecord = RateTierRecord()
            tierRecord.group = UInt32(tier.group)
            tierRecord.rateSet = add(tier.rates, &text)
            rateTiers.append(tierRecord)
        }
        return rateLimits.add(record, of: settings)
    }

    /// The number of edits of a body.
    mutating func add(_ edits: BodyEdits, _ text: inout TextPool) -> UInt32 { bodies.add(edits, &tokens, &text) }

    /// The number of a bound on requests in flight.
    mutating func add(_ settings: ConcurrencyLimitSettings, _ text: inout TextPool) -> UInt32 {
        if let known = concurrencyLimits.number(of: settings) { return known }
        var record = ConcurrencyLimitRecord()
        record.identity = SHA256.digest(settings.identity.utf8).words.0
        (record.keyKind, record.keyName) = PolicyTables.key(settings.key, &text)
        record.limit = settings.limit
        return concurrencyLimits.add(record, of: settings)
    }

    /// The kind of what is counted by, and its name.
    static func key(_ key: RateLimitKey, _ text: inout TextPool) -> (UInt32, TextReference) {
        switch key {
        case .consumer: (RateKeyKind.consumer.rawValue, TextReference())
        case .address: (RateKeyKind.address.rawValue, TextReference())
        case .header(let name): (RateKeyKind.header.rawValue, text.add(name.lowercased()))
        case .path: (RateKeyKind.path.rawValue, TextReference())
        case .claim(let name): (RateKeyKind.claim.rawValue, text.add(name))
        case .all: (RateKeyKind.all.rawValue, TextReference())
        }
    }

    /// The number of a set of header edits.
    mutating func add(_ edits: HeaderEdits, _ text: inout TextPool) -> UInt32 {
        if let known = headerEdits.number(of: edits) { return known }
        var record = EditsRecord()
        record.removals = RangeRecord(first: UInt32(headerFields.count), count: UInt32(edits.remove.count))
        for name in edits.remove {
            var field = HeaderFieldRecord()
            field.name = text.add(name.lowercased())
            headerFields.append(field)
        }
        record.settings = add(edits.set, &text)
        record.additions = add(edits.add, &text)
        return headerEdits.add(record, of: edits)
    }

    /// The number of a set of edits of a query.
    mutating func add(_ edits: QueryEdits, _ text: inout TextPool) -> UInt32 {
        if let known = queryEdits.number(of: edits) { return known }
        var record = EditsRecord()
        record.removals = RangeRecord(first: UInt32(queryParameters.count), count: UInt32(edits.remove.count))
        for name in edits.remove {
            var parameter = QueryParameterRecord()
            parameter.name = text.add(name)
            queryParameters.append(parameter)
        }
        record.settings = add(parameters: edits.set, &text)
        record.additions = add(parameters: edits.add, &text)
        return queryEdits.add(record, of: edits)
    }

    private mutating func add(parameters: [HeaderField], _ text: inout TextPool) -> RangeRecord {
        let range = RangeRecord(first: UInt32(queryParameters.count), count: UInt32(parameters.count))
        for parameter in parameters {
            var record = QueryParameterRecord()
            record.name = text.add(parameter.name)
            record.template = add(TextTemplate("\(parameter.name)=", parameter.value, ""), &text)
            queryParameters.append(record)
        }
        return range
    }

    /// The number of a template.
    mutating func add(_ template: TextTemplate, _ text: inout TextPool) -> UInt32 {
        if let known = templates.number(of: template) { return known }
        let range = RangeRecord(first: UInt32(templateParts.count), count: UInt32(template.parts.count))
        for part in template.parts {
            var record = TemplatePartRecord()
            switch part {
            case .text(let piece): record.text = text.add(piece)
            case .capture(let index): record.capture = UInt32(index)
            }
            templateParts.append(record)
        }
        return templates.add(range, of: template)
    }

    /// The number of an answer. Its header lines are those whose values hold no captures.
    mutating func add(_ settings: RespondSettings, _ text: inout TextPool) -> UInt32 {
        if let known = responses.number(of: settings) { return known }
        var record = ResponseRecord()
        let lines = settings.headers.filter { !$0.value.hasCaptures }.map { "\($0.name): \($0.value.fixedText)\r\n" }
        record.headerLines = text.add(lines.joined())
        record.body = text.add(settings.body)
        record.status = UInt32(settings.status)
        return responses.add(record, of: settings)
    }

    private mutating func add(_ fields: [HeaderField], _ text: inout TextPool) -> RangeRecord {
        let range = RangeRecord(first: UInt32(headerFields.count), count: UInt32(fields.count))
        for field in fields {
            var record = HeaderFieldRecord()
            record.name = text.add(field.name.lowercased())
            record.line = add(TextTemplate(line: field), &text)
            headerFields.append(record)
        }
        return range
    }

    private mutating func add(_ set: [Rate], _ text: inout TextPool) -> UInt32 {
        if let known = rateSets.number(of: set) { return known }
        let range = RangeRecord(first: UInt32(rates.count), count: UInt32(set.count))
        for rate in set {
            var record = RateRecord()
            record.limit = rate.limit
            record.windowSeconds = rate.windowSeconds
            record.name = text.add(rate.windowName)
            rates.append(record)
        }
        return rateSets.add(range, of: set)
    }

    /// Whether a tier's smallest window allows more in the same time; of equals, the next windows decide.
    private static func isMoreGenerous(_ left: RateLimitTier, _ right: RateLimitTier) -> Bool {
        for (one, other) in zip(left.rates, right.rates) {
            let mine = UInt64(one.limit) * UInt64(other.windowSeconds)
            let yours = UInt64(other.limit) * UInt64(one.windowSeconds)
            if mine != yours { return mine > yours }
        }
        // Of two that agree as far as both go, the one with fewer bounds allows more.
        if left.rates.count != right.rates.count { return left.rates.count < right.rates.count }
        return left.group < right.group
    }
}

extension TextTemplate {
    var hasCaptures: Bool {
        parts.contains { if case .capture = $0 { true } else { false } }
    }

    /// The text around captures.
    fileprivate var fixedText: String {
        parts.map { if case .text(let text) = $0 { text } else { "" } }.joined()
    }

    /// A header field as a whole line with its CRLF.
    fileprivate init(line field: HeaderField) { self.init("\(field.name): ", field.value, "\r\n") }

    fileprivate init(_ start: String, _ value: TextTemplate, _ end: String) {
        var parts: [Part] = []
        for part in [.text(start)] + value.parts + (end.isEmpty ? [] : [.text(end)]) {
            if case .text(let text) = part, case .text(let before)? = parts.last {
                parts[parts.count - 1] = .text(before + text)
            } else {
                parts.append(part)
            }
        }
        self.init(parts: parts)
    }
}
