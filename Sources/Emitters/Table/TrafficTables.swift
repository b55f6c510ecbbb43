internal import Digests
internal import GatewayIR
internal import GatewayTable

/// What programs refer to that steers traffic, each distinct thing once.
struct TrafficTables {
    private(set) var faults = RecordPool<FaultSettings, FaultRecord>()
    private(set) var canaries = RecordPool<CanarySettings, CanaryRecord>()
    private(set) var canarySteps: [CanaryStepRecord] = []
    /// The number of a fault.
    mutating func add(_ settings: FaultSettings, _ text: inout TextPool) -> UInt32 {
        if let known = faults.number(of: settings) { return known }
        var record = FaultRecord()
        if let from = settings.from { record.from = from }
        if let until = settings.until { record.until = until }
        if let header = settings.header { record.header = text.add(header) }
        if let delay = settings.delay { (record.delay, record.delayShare) = (delay, settings.delayShare) }
        if let status = settings.status { (record.status, record.abortShare) = (UInt32(status), settings.abortShare) }
        return faults.add(record, of: settings)
    }

    /// The number of a canary.
    mutating func add(_ settings: CanarySettings, _ text: inout TextPool) -> UInt32 {
        if let known = canaries.number(of: settings) { return known }
        var record = CanaryRecord()
        record.identity = SHA256.digest(settings.identity.utf8).words.0
        (record.keyKind, record.keyName) = PolicyTables.key(settings.key ?? .all, &text)
        record.upstream = UInt32(settings.upstream)
        record.steps = RangeRecord(first: UInt32(canarySteps.count), count: UInt32(settings.steps.count))
        for step in settings.steps {
            var stepRecord = CanaryStepRecord()
            if let from = step.from { stepRecord.from = from }
            stepRecord.share = step.share
            canarySteps.append(stepRecord)
        }
        return canaries.add(record, of: settings)
    }
}
