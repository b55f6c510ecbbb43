internal import CPlatform

/// Clients, and streams of HTTP/2, that wait for a turn with new requests while their worker is overloaded: the newest is
/// served first, since it is the one that will still be there for its answer, and whoever has waited for too long is
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
    mutating func noteOrder() { isOrdering = lag.isOverloaded || !arrivals.isEmpty || now < orderingEnd }

    private mutating func prolongOrder(_ refusedCount: Int) {
        let end = max(orderingEnd, now) + UInt64(refusedCount) * Limits.orderingMicrosecondsPerRefusal
        orderingEnd = min(end, now + Limits.orderingMicrosecondsMax)
    }

    /// Goes on with a connection, or lets it wait for its turn.
    @inline(__always)
    mutating func advanceInOrder(_ descriptor: Int32) {
        if isArrival(descriptor) { arrive(descriptor) } else { advance(descriptor) }
    }

    /// Whether a client waits behind those that are being served: with a new request, and not for its last answer to go
    /// out, or to be closed.
    @inline(__always)
    private mutating func isArrival(_ descriptor: Int32) -> Bool {
        isOrdering && sockets[descriptor].role == .client && sockets[descriptor].state == .idle
            && !sockets[descriptor].hasOutput && !sockets[descriptor].isEnding && !sockets[descriptor].hasFailed
    }

    /// Begins with the request of a stream, or lets it wait for its turn.
    @inline(__always)
    mutating func startInOrder(_ stream: Int32) {
        if isOrdering { arrive(stream) } else { startStream(stream) }
    }

    /// A client with a new request, or part of one, or a stream with a whole head waits for its turn.
    private mutating func arrive(_ descriptor: Int32) {
        guard !sockets[descriptor].hasArrived else { return }
        let entry = Arrivals.Entry(client: descriptor, generation: sockets[descriptor].generation, came: now)
        guard arrivals.append(entry) else { return serveArrival(descriptor) }
        sockets[descriptor].hasArrived = true
        // It is not at rest any more, whatever it has sent.
        if sockets[descriptor].deadline == .idle { disarm(descriptor) }
    }

    /// When all that is being served has had its turn: lets in a few of the newest, and turns away who has waited for
    /// longer than the mark.
    mutating func serveArrivals() {
        now = apic_microseconds()
        isCalling = true
        var count = 0
        while count < Limits.admittedArrivalsPerTurn, let newest = arrivals.takeNewest() {
            if call(newest) { count += 1 }
        }
        isShedding = true
        count = 0
        while count < Limits.refusedArrivalsPerTurn, let oldest = arrivals.oldest, lag.isPast(now - oldest.came) {
            _ = arrivals.takeOldest()
            if call(oldest) { count += 1 }
        }
        prolongOrder(count)
        (isCalling, isShedding) = (false, false)
    }

    /// - Returns: whether the client was still there.
    private mutating func call(_ entry: Arrivals.Entry) -> Bool {
        guard sockets[entry.client].hasArrived, sockets[entry.client].generation == entry.generation else {
            return false
        }
        sockets[entry.client].hasArrived = false
        serveArrival(entry.client)
        return true
    }

    private mutating func serveArrival(_ client: Int32) {
        if sockets[client].transport == .stream { startStream(client) } else { advance(client) }
    }

    /// Whether a new request is turned away: its client has waited for too long; or it did not wait, since there was no
    /// room for more, and as many are turned away as are too much.
    mutating func takeShed() -> Bool { isCalling ? isShedding : lag.takeShed() }
}
