internal import GatewayIR
internal import GatewayTable

/// Servers that are asked about requests, each distinct question once.
struct ConsultingTables {
    private(set) var authorizers = RecordPool<ForwardAuthSettings, AuthorizerRecord>()
    private(set) var fieldNames: [TextReference] = []
    private(set) var introspections = RecordPool<IntrospectionSettings, IntrospectionRecord>()

    /// The number of an authorizer.
    mutating func add(_ settings: ForwardAuthSettings, _ text: inout TextPool) -> UInt32 {
        if let known = authorizers.number(of: settings) { return known }
        var record = AuthorizerRecord()
        record.path = text.add(settings.path)
        record.requestHeaders = add(settings.requestHeaders, &text)
        record.upstreamHeaders = add(settings.upstreamHeaders, &text)
        record.clientHeaders = add(settings.clientHeaders, &text)
        record.upstream = UInt32(settings.upstream)
        record.timeout = settings.timeout
        if settings.passesOnFailure { record.flags |= AuthorizerRecord.passesFlag }
        if settings.removesAuthorization { record.flags |= AuthorizerRecord.removesFlag }
        return authorizers.add(record, of: settings)
    }

    /// The number of an introspection.
    ///
    /// - Parameter policy: the number of its policy of tokens.
    mutating func add(_ settings: IntrospectionSettings, policy: UInt32, _ text: inout TextPool) -> UInt32 {
        if let known = introspections.number(of: settings) { return known }
        var record = IntrospectionRecord()
        record.path = text.add(settings.path)
        record.clientID = text.add(settings.clientID)
        switch settings.clientSecret {
        case .environment(let name):
            (record.secretKind, record.secret) = (UInt32(CredentialKind.environment.rawValue), text.add(name))
        case .file(let path):
            (record.secretKind, record.secret) = (UInt32(CredentialKind.file.rawValue), text.add(path))
        }
        record.policy = policy
        record.upstream = UInt32(settings.upstream)
        record.timeout = settings.timeout
        record.keepsSeconds = settings.keepsSeconds
        record.keepsRefusedSeconds = settings.keepsRefusedSeconds
        return introspections.add(record, of: settings)
    }

    private mutating func add(_ names: [String], _ text: inout TextPool) -> RangeRecord {
        let range = RangeRecord(first: UInt32(fieldNames.count), count: UInt32(names.count))
        for name in names { fieldNames.append(text.add(name.lowercased())) }
        return range
    }
}
