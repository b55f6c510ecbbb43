/// How long events wait for their turn in one event loop, and whether that is so long that new requests are turned
/// away.
///
/// An event waits while those before it are handled: about as long as the loop takes for all that the kernel has to
/// hand over, be it one turn or several. That time, smoothed, is what a mark is compared with. It measures what clients
/// feel of an overload, whatever it comes from: requests, handshakes, or too little of a processor.
///
/// Above the mark new requests wait behind others (`Arrivals`). Of those that cannot, a part is turned away: none at
/// the mark, all of them at twice the mark. All or nothing would waver: turning away costs time, too, and a loop that
/// does nothing else is as late as before.
struct LoopLag: BitwiseCopyable {
    /// In microseconds: a lag that lasts for so long counts in full.
    private static let span: Double = 50_000
    /// One turn counts for no more than this part of what is known, however long it took: a process that was halted for
    /// a while is late once, and not overloaded.
    private static let turnWeightMax: Double = 0.25
    /// Less is nothing: the loop does not wait for itself.
    private static let least: Double = 50

    /// Microseconds; infinite is no mark.
    private var mark: Double
    var hasMark: Bool { mark < .infinity }
    /// Microseconds.
    private(set) var smoothed: Double = 0
    /// The part of new requests to turn away, of `wholeShare`.
    private var share: UInt32 = 0
    /// What of the shares of past requests has not been turned away yet.
    private var owed: UInt32 = 0
    private static let wholeShare: UInt32 = 1 << 16
    /// When the turn began that first took of what the kernel has, and whether that had more than one turn takes.
    private var sweepStart: UInt64 = 0
    private var isSweeping = false
    private var turnEnd: UInt64 = 0

    /// - Parameter mark: in milliseconds; 0 is none.
    init(mark: UInt32) {
        self.mark = .infinity
        setMark(mark)
    }

    /// Another table may have another mark.
    mutating func setMark(_ mark: UInt32) {
        self.mark = mark == 0 ? .infinity : Double(mark) * 1000
        judge()
    }

    /// Whether every turn must be noted, since each brings the lag down that is known.
    @inline(__always)
    var isKnown: Bool { smoothed > 0 }

    /// What passed since the last turn was rest: the loop waited for events, not events for the loop.
    ///
    /// - Parameter now: microseconds, as all instants here.
    mutating func endRest(now: UInt64) {
        guard isKnown, now > turnEnd else { return }
        approach(0, weight: min(Double(now - turnEnd) / LoopLag.span, 1))
        judge()
    }

    /// Notes a turn.
    ///
    /// - Parameters:
    ///   - began: when its events were handed over.
    ///   - ended: when the last of them was handled.
    ///   - isAll: the kernel had no more events than it handed over.
    ///   - longestWait: for how long somebody has waited whom no turn has called yet.
    mutating func endTurn(began: UInt64, ended: UInt64, isAll: Bool, longestWait: UInt64 = 0) {
        if !isSweeping { sweepStart = began }
        isSweeping = !isAll
        let lag = min(max(Double(ended - sweepStart), Double(longestWait)), 2 * mark)
        approach(lag, weight: min(Double(ended - began) / LoopLag.span, LoopLag.turnWeightMax))
        turnEnd = ended
        judge()
    }

    private mutating func approach(_ lag: Double, weight: Double) {
        smoothed += (lag - smoothed) * weight
        if lag < LoopLag.least, smoothed < LoopLag.least { (smoothed, isSweeping) = (0, false) }
    }

    private mutating func judge() {
        guard smoothed > mark else {
            (share, owed) = (0, 0)
            return
        }
        share = UInt32(min((smoothed - mark) / mark, 1) * Double(LoopLag.wholeShare))
    }

    /// Whether somebody who has waited for so many microseconds has waited for longer than the mark.
    func isPast(_ wait: UInt64) -> Bool { Double(wait) > mark }

    /// Whether some requests are turned away.
    @inline(__always)
    var isOverloaded: Bool { share > 0 }

    /// Whether the next request is one of those. They come as evenly as they can.
    @inline(__always)
    mutating func takeShed() -> Bool {
        guard share > 0 else { return false }
        owed += share
        guard owed >= LoopLag.wholeShare else { return false }
        owed -= LoopLag.wholeShare
        return true
    }
}
