internal import GatewayIR
internal import GatewayTable

/// What the instructions about tokens refer to: policies, keys, and what claims must say, each distinct one once.
struct TokenTables {
    private(set) var policies = RecordPool<TokenSettings, TokenPolicyRecord>()
    private(set) var keys: [TokenKeyRecord] = []
    private(set) var sources = RecordPool<RemoteKeys, KeySourceRecord>()
    private(set) var requirements: [ClaimRequirementRecord] = []
    private(set) var headers: [ClaimHeaderRecord] = []
    private(set) var texts: [TextReference] = []

    // Only ever asked for a value, never walked: their order does not reach the table.
    private var knownRequirements: [[ClaimRequirement]: RangeRecord] = [:]
    private var knownTexts: [[String]: RangeRecord] = [:]

    /// The number of a policy.
    mutating func add(_ settings: TokenSettings, _ text: inout TextPool) -> UInt32 {
        if let known = policies.number(of: settings) { return known }
        var record = TokenPolicyRecord()
        switch settings.source {
        case .header(let name): (record.place, record.placeName) = (0, text.add(name.lowercased()))
        case .query(let name): (record.place, record.placeName) = (1, text.add(name))
        case .cookie(let name): (record.place, record.placeName) = (2, text.add(name))
        }
        record.issuer = text.add(settings.issuer ?? "")
        record.consumerClaim = text.add(settings.consumerClaim ?? "")
        record.audiences = add(settings.audiences, &text)
        record.keys = RangeRecord(first: UInt32(keys.count), count: UInt32(settings.keys.count))
        keys += settings.keys.map { TokenKeyRecord($0, &text) }
        record.requirements = add(settings.requirements, &text)
        record.headers = RangeRecord(first: UInt32(headers.count), count: UInt32(settings.headers.count))
        headers += settings.headers.map { ClaimHeaderRecord($0, &text) }
        if let remote = settings.remoteKeys { record.keySource = add(remote, &text) }
        record.algorithms = settings.algorithms.reduce(0) { $0 | 1 << UInt32($1.rawValue) }
        record.skewSeconds = settings.skewSeconds
        record.lifetimeSecondsMax = settings.lifetimeSecondsMax ?? 0
        if settings.forwardsCredential { record.flags |= TokenPolicyRecord.forwardsFlag }
        return policies.add(record, of: settings)
    }

    /// Where a list of requirements stands.
    mutating func add(_ list: [ClaimRequirement], _ text: inout TextPool) -> RangeRecord {
        if let known = knownRequirements[list] { return known }
        let range = RangeRecord(first: UInt32(requirements.count), count: UInt32(list.count))
        for requirement in list {
            var record = ClaimRequirementRecord()
            record.claim = text.add(requirement.claim)
            record.values = add(requirement.values, &text)
            if requirement.needsAll { record.flags |= ClaimRequirementRecord.allFlag }
            requirements.append(record)
        }
        knownRequirements[list] = range
        return range
    }

    /// Where a list of texts stands.
    mutating func add(_ list: [String], _ text: inout TextPool) -> RangeRecord {
        if let known = knownTexts[list] { return known }
        let range = RangeRecord(first: UInt32(texts.count), count: UInt32(list.count))
        for entry in list { texts.append(text.add(entry)) }
        knownTexts[list] = range
        return range
    }

    private mutating func add(_ remote: RemoteKeys, _ text: inout TextPool) -> UInt32 {
        if let known = sources.number(of: remote) { return known }
        var record = KeySourceRecord()
        record.url = text.add(remote.url)
        record.authorities = text.add(remote.authorities ?? "")
        if remote.isIssuer { record.flags |= KeySourceRecord.issuerFlag }
        return sources.add(record, of: remote)
    }
}

extension TokenKeyRecord {
    fileprivate init(_ key: TokenKey, _ text: inout TextPool) {
        self.init()
        id = text.add(key.id)
        if let named = key.algorithm { algorithm = UInt32(named.rawValue) }
        switch key.source {
        case .text(let own): (kind, value) = (TokenKeyKind.text.rawValue, text.add(own))
        case .secret(.environment(let name)): (kind, value) = (TokenKeyKind.environment.rawValue, text.add(name))
        case .secret(.file(let path)): (kind, value) = (TokenKeyKind.file.rawValue, text.add(path))
        }
    }
}

extension ClaimHeaderRecord {
    fileprivate init(_ header: ClaimHeader, _ text: inout TextPool) {
        self.init()
        self.header = text.add(header.header)
        headerLowercase = text.add(header.header.lowercased())
        claim = text.add(header.claim)
    }
}
