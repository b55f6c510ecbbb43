internal import GatewayIR
internal import GatewayTable

/// What the plugins at the edge refer to: sets of addresses and cross-origin policies, each distinct one once.
struct EdgeTables {
    private(set) var addressSets = RecordPool<AddressRanges, RangeRecord>()
    private(set) var addressRanges: [AddressRangeRecord] = []
    private(set) var crossOrigins = RecordPool<CORSSettings, CrossOriginRecord>()
    private(set) var origins: [TextReference] = []

    /// The number of a set of addresses.
    mutating func add(_ addresses: AddressRanges) -> UInt32 {
        if let known = addressSets.number(of: addresses) { return known }
        let count = UInt32(addresses.ranges.count)
        let range = RangeRecord(first: UInt32(addressRanges.count), count: count)
        for range in addresses.ranges {
            var record = AddressRangeRecord()
            record.firstHigh = UInt64(range.lowerBound >> 64)
            record.firstLow = UInt64(truncatingIfNeeded: range.lowerBound)
            record.lastHigh = UInt64(range.upperBound >> 64)
            record.lastLow = UInt64(truncatingIfNeeded: range.upperBound)
            addressRanges.append(record)
        }
        return addressSets.add(range, of: addresses)
    }

    /// The number of a cross-origin policy.
    mutating func add(_ settings: CORSSettings, _ text: inout TextPool) -> UInt32 {
        if let known = crossOrigins.number(of: settings) { return known }
        var record = CrossOriginRecord()
        record.origins = RangeRecord(first: UInt32(origins.count), count: UInt32(settings.origins.count))
        origins += settings.origins.map { text.add($0) }
        var preflight = ""
        if settings.methods.isEmpty {
            record.flags |= CrossOriginRecord.reflectsMethod
        } else {
            preflight += "Access-Control-Allow-Methods: \(settings.methods.joined(separator: ", "))\r\n"
        }
        if settings.headers.isEmpty {
            record.flags |= CrossOriginRecord.reflectsHeaders
        } else {
            preflight += "Access-Control-Allow-Headers: \(settings.headers.joined(separator: ", "))\r\n"
        }
        preflight += "Access-Control-Max-Age: \(settings.maxAgeSeconds)\r\n"
        let credentials = settings.takesCredentials ? "Access-Control-Allow-Credentials: true\r\n" : ""
        let exposes = settings.exposes.joined(separator: ", ")
        record.preflightLines = text.add(preflight + credentials)
        record.answerLines = text.add(
            (exposes.isEmpty ? "" : "Access-Control-Expose-Headers: \(exposes)\r\n") + credentials
        )
        if settings.opensPrivateNetwork { record.flags |= CrossOriginRecord.opensPrivateNetwork }
        return crossOrigins.add(record, of: settings)
    }
}
