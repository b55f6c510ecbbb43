internal import Digests
internal import GatewayIR
internal import GatewayTable

/// What programs refer to that steers traffic, each distinct thing once.
struct TrafficTables {
    private(set) var faults = RecordPool<FaultSettings, FaultRecord>()
    private(set) var canaries = RecordPool<CanarySettings, CanaryRecord>()
    private(set) var canarySteps: [CanaryStepRecord] = []
    private(set) var canaryPieces: [CanaryPieceRecord] = []

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
        record.steps = RangeRecord(first: UInt32(canarySteps.count), count: UInt32(settings.steps.count))
        for (step, pieces) in zip(settings.steps, settings.pieces) {
            var stepRecord = CanaryStepRecord()
            if let from = step.from { stepRecord.from = from }
            stepRecord.pieces = RangeRecord(first: UInt32(canaryPieces.count), count: UInt32(pieces.count))
            canarySteps.append(stepRecord)
            for piece in pieces {
                var pieceRecord = CanaryPieceRecord()
                pieceRecord.end = piece.end
                if let branch = piece.upstream {
                    pieceRecord.upstream = UInt32(settings.upstreams[branch])
                    pieceRecord.branch = UInt32(branch)
                }
                canaryPieces.append(pieceRecord)
            }
        }
        return canaries.add(record, of: settings)
    }
}
