internal import CPlatform
internal import GatewayTable

/// Clients, and streams of HTTP/2, that wait for a turn with new requests while their worker is overloaded: the newest
/// is served first, since it is the one that will still be there for its answer, and whoever has waited for too long is
/// turned away.
///
/// A worker that is not overloaded has none: everybody is served in the order in which the kernel names them. Served in
/// that order under overload, all would wait for as long as the longest, those that are admitted, too.
struct Arrivals {
    /// A client or a stream, which may be gone by now, and when it came, in microseconds.
    struct Entry: BitwiseCopyable {
        var client: Int32 = -1
        var generation: UInt32 = 0
        var came: UInt64 = 0
    }

    /// A ring: more clients than it has room for are served at once.
    private let entries = Slab<Entry>(zeroed: Limits.arrivalCountMax)
    private var start = 0
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// - Returns: whether there is room for it.
    mutating func append(_ entry: Entry) -> Bool {
        guard count < Limits.arrivalCountMax else { return false }
        entries[(start + count) & (Limits.arrivalCountMax - 1)] = entry
        count += 1
        return true
    }

    /// Who has waited longest.
    var oldest: Entry? { count > 0 ? entries[start] : nil }

    mutating func takeOldest() -> Entry? {
        guard let entry = oldest else { return nil }
        start = (start + 1) & (Limits.arrivalCountMax - 1)
        count -= 1
        return entry
    }

    mutating func takeNewest() -> Entry? {
        guard count > 0 else { return nil }
        count -= 1
        return entries[(start + count) & (Limits.arrivalCountMax - 1)]
    }
}

extension Worker {
    /// Decides for a turn whether new requests wait. A worker that goes back to serving all in their order at the first
    /// quiet moment is late again at once, and until that is known all are late, so it goes on for a while: the longer,
    /// the more were turned away. Where they are few it goes back, since this order costs more than the other one.
    @inline(__always)
    mutating func noteOrder() {
        isOrdering = lag.hasMark && (lag.isOverloaded || now < orderingEnd) || !arrivals.isEmpty
    }

    private mutating func prolongOrder(_ refusedCount: Int) {
        let end = max(orderingEnd, now) + UInt64(refusedCount) * Limits.orderingMicrosecondsPerRefusal
        orderingEnd = min(end, now + Limits.orderingMicrosecondsMax)
    }

    /// Whether a client with nothing left to send waits behind those that are being served: it has asked for more, or a
    /// part of that, it has not been called, and does not just wait to be closed.
    @inline(__always)
    mutating func hasToWait(_ client: Int32) -> Bool {
        isOrdering && calledClient != client && (sockets[client].hasInput || sockets[client].isReadable)
            && !sockets[client].isEnding && !sockets[client].hasFailed
    }

    /// Begins with the request of a stream, or lets it wait for its turn.
    @inline(__always)
    mutating func startInOrder(_ stream: Int32) {
        if isOrdering { arrive(stream) } else { startStream(stream) }
    }

    /// A client with a new request, or part of one, or a stream with a whole head waits for its turn.
    mutating func arrive(_ client: Int32) {
        guard !sockets[client].hasArrived else { return }
        let entry = Arrivals.Entry(client: client, generation: sockets[client].generation, came: now)
        // Where there is no room for more, as many are turned away as are too much.
        guard arrivals.append(entry) else { return serve(entry, isShedding: lag.takeShed()) }
        sockets[client].hasArrived = true
        // It is not at rest any more, whatever it has sent.
        if sockets[client].deadline == .idle { disarm(client) }
    }

    /// When all that is being served has had its turn: lets in a few of the newest, and turns away who has waited for
    /// longer than the mark. Where another table has no mark, those that wait are let in.
    mutating func serveArrivals() {
        now = apic_microseconds()
        let admittedMax = lag.hasMark ? Limits.admittedArrivalsPerTurn : arrivals.count
        var count = 0
        while count < admittedMax, let newest = arrivals.takeNewest() {
            if call(newest, isShedding: false) { count += 1 }
        }
        count = 0
        while count < Limits.refusedArrivalsPerTurn, let oldest = arrivals.oldest, isOverdue(oldest) {
            _ = arrivals.takeOldest()
            if call(oldest, isShedding: true) { count += 1 }
        }
        prolongOrder(count)
    }

    /// A mark may be a long time; nobody waits for longer than a head may take.
    private mutating func isOverdue(_ entry: Arrivals.Entry) -> Bool {
        let wait = now - entry.came
        return lag.isPast(wait) || wait > UInt64(current.view.gateway.headTimeout) * 1000
    }

    /// - Returns: whether the client was still there.
    private mutating func call(_ entry: Arrivals.Entry, isShedding: Bool) -> Bool {
        guard sockets[entry.client].hasArrived, sockets[entry.client].generation == entry.generation else {
            return false
        }
        sockets[entry.client].hasArrived = false
        serve(entry, isShedding: isShedding)
        return true
    }

    private mutating func serve(_ entry: Arrivals.Entry, isShedding: Bool) {
        (calledClient, calledSince, self.isShedding) = (entry.client, entry.came, isShedding)
        if sockets[entry.client].transport == .stream { startStream(entry.client) } else { advance(entry.client) }
        (calledClient, self.isShedding) = (-1, false)
    }

    /// Whether a new request is turned away: its client has waited for too long; or it did not wait, since it is about
    /// to end, and as many are turned away as are too much.
    mutating func takeShed() -> Bool { calledClient >= 0 ? isShedding : lag.takeShed() }
}
