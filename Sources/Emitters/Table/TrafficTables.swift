internal import GatewayIR
internal import GatewayTable

/// What programs refer to that steers traffic, each distinct thing once.
struct TrafficTables {
    private(set) var faults: [FaultRecord] = []
    // Only ever asked for a value, never walked: its order does not reach the table.
    private var knownFaults: [FaultSettings: UInt32] = [:]

    /// The number of a fault.
    mutating func add(_ settings: FaultSettings, _ text: inout TextPool) -> UInt32 {
        if let known = knownFaults[settings] { return known }
        var record = FaultRecord()
        if let from = settings.from { record.from = from }
        if let until = settings.until { record.until = until }
        if let header = settings.header { record.header = text.add(header) }
        if let delay = settings.delay { (record.delay, record.delayShare) = (delay, settings.delayShare) }
        if let status = settings.status { (record.status, record.abortShare) = (UInt32(status), settings.abortShare) }
        let number = UInt32(faults.count)
        faults.append(record)
        knownFaults[settings] = number
        return number
    }
}
