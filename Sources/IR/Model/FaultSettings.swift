/// `fault`: rehearses what happens when requests are slow or fail.
package struct FaultSettings: Hashable, Sendable {
    /// How long requests are held up; `nil` if they are not.
    package var delay: Milliseconds?
    /// How many of them, in millionths.
    package var delayShare: UInt32
    /// What requests are answered with; `nil` if they go on.
    package var status: UInt16?
    /// How many of them, in millionths.
    package var abortShare: UInt32
    /// Only requests with this field, in lower case.
    package var header: String?
    /// From when on, and until when.
    package var from: Instant?
    package var until: Instant?

    /// All requests.
    package static let whole: UInt32 = 1_000_000
    package static let delayMax: Milliseconds = 60_000

    package init(
        delay: Milliseconds? = nil,
        delayShare: UInt32 = FaultSettings.whole,
        status: UInt16? = nil,
        abortShare: UInt32 = FaultSettings.whole,
        header: String? = nil,
        from: Instant? = nil,
        until: Instant? = nil
    ) {
        self.delay = delay
        self.delayShare = delayShare
        self.status = status
        self.abortShare = abortShare
        self.header = header
        self.from = from
        self.until = until
    }
}

extension FaultSettings {
    /// For dumps.
    package var text: String {
        var parts: [String] = []
        if let delay { parts.append("delay \(delay) ms of \(delayShare) in a million") }
        if let status { parts.append("abort with \(status) of \(abortShare) in a million") }
        if let header { parts.append("with \(header)") }
        if let from { parts.append("from \(from)") }
        if let until { parts.append("until \(until)") }
        return parts.joined(separator: ", ")
    }
}
