// How requests are spread over the targets of an upstream, and which of them are used.

/// How a target is chosen.
package enum BalanceKind: UInt32, Sendable {
    case roundRobin = 0
    case leastConnections = 1
    case randomTwo = 2
    /// `hashSlots` of the upstream say which target a hash belongs to.
    case consistentHash = 3
}

/// What of a request is hashed.
package enum HashKeyKind: UInt32, Sendable {
    case address = 0
    case consumer = 1
    /// The first field of the name.
    case header = 2
    case cookie = 3
    /// `proxy` says which.
    case capture = 4
}

/// When the targets of an upstream are used. Times are in milliseconds.
@usableFromInline
package struct HealthRecord: BitwiseCopyable, Sendable {
    /// What targets are asked for; empty if they are not asked.
    package var path = TextReference()
    /// What `Host` says to them; empty is their own authority.
    package var host = TextReference()
    package var interval: UInt32 = 0
    package var timeout: UInt32 = 0
    /// Good answers in a row until a target is in, bad ones until it is out.
    package var healthyCount: UInt32 = 0
    package var unhealthyCount: UInt32 = 0
    /// Into `statusRanges`: good answers.
    package var goodStatuses = RangeRecord()
    /// Failures in a row until a target is left out; 0 if targets are not judged by their requests.
    package var failureCount: UInt32 = 0
    package var ejection: UInt32 = 0
    package var ejectionMax: UInt32 = 0
    /// Into `statusRanges`: answers that are failures.
    package var badStatuses = RangeRecord()
    /// Percent of the targets; with fewer in, all are used.
    package var panic: UInt32 = 0
    /// Until a target that is in again gets its whole share.
    package var slowStart: UInt32 = 0

    package init() {}

    package var isAsked: Bool { path.count > 0 }
    package var isJudged: Bool { failureCount > 0 }
}

/// Statuses from one to another, both included.
@usableFromInline
package struct StatusRangeRecord: BitwiseCopyable, Sendable {
    package var first: UInt32 = 0
    package var last: UInt32 = 0

    package init() {}
}

extension TableLayout {
    /// Targets of one upstream.
    package static let targetCountMax = 1024
    /// Slots of one upstream's hash.
    package static let hashSlotCountMax = 262_139
    package static let priorityMax: UInt32 = 9
}

extension TableView {
    /// What the bytes of a hashed key come to: well mixed, never 0, the same in every gateway.
    package static func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
        var state = LiteralHash.fold(UInt64(bytes.count) ^ LiteralHash.secret, LiteralHash.multiplier)
        var index = 0
        while index < bytes.count {
            var word: UInt64 = 0
            let end = min(index + 8, bytes.count)
            while index < end {
                word = unsafe word << 8 | UInt64(bytes[index])
                index += 1
            }
            state = LiteralHash.fold(state ^ word, LiteralHash.secret)
        }
        // Once more, so that short keys reach all bits.
        return LiteralHash.fold(state, LiteralHash.multiplier) | 1
    }

    /// Whether a status lies in one of the ranges of a set.
    package func holds(_ statuses: RangeRecord, _ status: UInt16) -> Bool {
        for index in statuses.first..<statuses.first + statuses.count
        where (statusRanges[index].first...statusRanges[index].last).contains(UInt32(status)) {
            return true
        }
        return false
    }
}
