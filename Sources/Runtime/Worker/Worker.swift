internal import CPlatform
internal import GatewayTable
internal import Glibc

/// One event loop: its listeners, connections, exchanges, pools and counters. Nothing here is shared with other workers
/// but what the link and the stores of limits share; nothing on the request path allocates, locks or retains.
///
/// Every method is `mutating`, whether it changes a field or not: an `inout` worker is passed by its address, a
/// borrowed one is copied to the stack for the call, which would cost more than most of what the methods do.
///
/// The loop acts, values decide: parsing, body framing, routing, policy and balancing are functions over bytes and
/// records that know no socket.
struct Worker: ~Copyable {
    // What it was given.
    let link: WorkerLink
    let metrics: WorkerMetrics
    let log: AccessLogRing
    let rates: RateStore
    let inFlight: ConcurrencyStore
    let ejections: EjectionReports
    let settings: WorkerSettings
    let listeners: [WorkerListener]

    // Its memory.
    let epoll: Int32
    let sockets: Slab<Socket>
    /// Sessions of HTTP/2, and their streams, whose sockets have the indices behind all descriptors.
    let http2: SessionStore
    /// Sockets behind those of streams.
    var mirrors: MirrorSockets
    var exchanges: Slab<Exchange>
    /// By exchange: what asks other servers.
    let consultations: Slab<Consultation>
    var freeExchange: Int32 = -1
    var exchangeCount = 0
    let blocks = BlockPool()
    var deflations = DeflatePool()
    var answers = AnswerStore()
    var timers: TimerWheel
    var targets = TargetDirectory()
    /// Grows when a target goes out or comes back, so that every upstream is settled again when it is used next.
    var standingEpoch: UInt32 = 1
    var chance: BalanceRandom
    /// The client whose requests are being served in a loop, or -1.
    var servedClient: Int32 = -1
    /// Bytes that the last call of `transmit` handed to the kernel.
    var sentCount = 0
    /// Connections with work left that no event will announce.
    var ready: [Int32] = []
    var due: [Int32] = []

    // The tables.
    var current: LoadedTableReference
    /// Former tables with requests in flight.
    var former: [LoadedTableReference] = []

    // What one request is worked on with.
    var head = RequestHead()
    var answerHead = AnswerHead()
    var match = RouteMatch()
    let pathScratch: Block
    let hostScratch: Block
    let bodyScratch: Block
    /// Small parts of one record of TLS.
    let recordScratch: Block
    var edits = RequestEdits()
    var random: RequestIDSource
    var desk = TokenDesk()

    // Clocks, read once per turn of the loop.
    /// Microseconds, monotonic.
    var now: UInt64
    /// Milliseconds since 1970.
    var wall: Int64
    /// Seconds since 1970 as the lifecycle sees them.
    var instant: Int64
    var dateLine = DateLine()

    // Its life.
    var phase = WorkerPhase.serving
    var clientCount = 0
    var clientCountMax: Int
    /// Clients beyond that bound that were answered and not closed yet.
    var turnedAwayCount = 0
    /// Requests in flight, without tunnels, and how many may be: none at all, -1, while the bundle is too old.
    var requestCount = 0
    var requestCountMax = 0
    /// How long events wait for their turn.
    var lag: LoopLag
    /// New requests wait behind those that are being served, since the worker is overloaded.
    var isOrdering = false
    /// Microseconds: until when it goes on, as some were turned away.
    var orderingEnd: UInt64 = 0
    var arrivals = Arrivals()
    /// The client that is called of those that waited, or -1; since when it waited, in microseconds; and whether that
    /// was too long.
    var calledClient: Int32 = -1
    var calledSince: UInt64 = 0
    var isShedding = false
    /// How long a rest goes on after the first event.
    var pause = WakePause()
    var isAcceptPaused = false

    init(
        link: WorkerLink,
        listeners: [WorkerListener],
        first: Generation,
        settings: WorkerSettings,
        rates: RateStore,
        epoll: Int32,
        descriptorCount: Int
    ) {
        self.link = link
        metrics = link.metrics
        log = link.log
        self.rates = rates
        inFlight = rates.inFlight
        ejections = settings.ejections
        self.settings = settings
        self.listeners = listeners
        self.epoll = epoll
        let streamsEnd = descriptorCount + Limits.workerStreamCountMax
        sockets = Slab(zeroed: streamsEnd + Limits.mirrorCountMax)
        exchanges = Slab(zeroed: streamsEnd + Limits.mirrorCountMax)
        consultations = Slab(zeroed: streamsEnd + Limits.mirrorCountMax)
        mirrors = MirrorSockets(first: Int32(streamsEnd))
        http2 = SessionStore(
            sockets: sockets,
            descriptorCount: descriptorCount,
            streamCount: Limits.workerStreamCountMax,
            blocks: blocks,
            metrics: link.metrics
        )
        now = apic_microseconds()
        wall = apic_wall_milliseconds()
        instant = wall / 1000 + settings.clockOffset
        timers = TimerWheel(now: now / 1000)
        current = LoadedTableReference.make(first, node: settings.node)
        pathScratch = blocks.take()
        hostScratch = blocks.take()
        bodyScratch = blocks.take()
        recordScratch = blocks.take()
        random = RequestIDSource(seed: SystemRandom.bytes(count: 32))
        chance = BalanceRandom(seed: SystemRandom.bytes(count: 8).reduce(0) { $0 << 8 | UInt64($1) })
        clientCountMax = Worker.share(of: first.view.gateway.connectionCountMax, settings.workerCount)
        lag = LoopLag(mark: first.view.gateway.lagMax)
        http2.setBounds(current.bounds, openCountMax: clientCountMax)
        ready.reserveCapacity(1024)
        due.reserveCapacity(1024)
        setRequestBound()
    }

    /// A worker's part of a bound; 0 is none.
    private static func share(of count: UInt32, _ workerCount: Int) -> Int {
        if count == 0 { return .max }
        return max((Int(count) + workerCount - 1) / max(workerCount, 1), 1)
    }

    /// Serves until told to stop and nothing is in flight.
    mutating func run() {
        let events = UnsafeMutablePointer<apic_event>.allocate(capacity: Int(apic_event_count_max))
        defer { unsafe events.deallocate() }
        while !isDone {
            let count = max(Int(unsafe apic_epoll_wait(epoll, events, waitMilliseconds(), pause.length)), 0)
            readClocks()
            let began = now
            let isLagKnown = lag.isKnown
            if isLagKnown { lag.endRest(now: now) }
            noteOrder()
            // The kernel filled `count` events.
            for index in 0..<count { unsafe dispatch(events[index]) }
            if pause.noteTurn(events: count, now: now) { metrics.set(.wakePauseMicroseconds, UInt64(pause.length)) }
            let workCount = count + ready.count
            serveReady()
            if isOrdering { serveArrivals() }
            fireTimers()
            if workCount > 1 || isLagKnown || isOrdering {
                noteTurn(began: began, isAll: count < Int(apic_event_count_max))
            }
        }
        closeEverything()
        link.reportDrained()
    }

    /// Where a turn handled several events, how long it took is how long they waited. One event keeps nobody waiting
    /// for longer than it takes itself, and is spared the look at the clock.
    private mutating func noteTurn(began: UInt64, isAll: Bool) {
        let ended = apic_microseconds()
        let wait = arrivals.oldest.map { ended - $0.came } ?? 0
        lag.endTurn(began: began, ended: ended, isAll: isAll, longestWait: wait)
        metrics.set(.lagMicroseconds, UInt64(lag.smoothed))
        metrics.set(.overloaded, lag.isOverloaded || !arrivals.isEmpty ? 1 : 0)
    }

    private mutating func waitMilliseconds() -> Int32 {
        if !ready.isEmpty || !arrivals.isEmpty { return 0 }
        return timers.wait(now: now / 1000, bound: 1000)
    }

    private mutating func readClocks() {
        now = apic_microseconds()
        wall = apic_wall_milliseconds()
        instant = wall / 1000 + settings.clockOffset
    }

    private mutating func dispatch(_ event: apic_event) {
        let descriptor = event.descriptor
        guard descriptor >= 0, Int(descriptor) < sockets.capacity,
            sockets[descriptor].generation == event.generation
        else { return }
        switch sockets[descriptor].role {
        case .free: return
        case .wakeup: takeMail(descriptor)
        case .listener: acceptClients(descriptor)
        case .client, .upstream:
            noteEdges(descriptor, event.events)
            advance(descriptor)
        }
    }

    private mutating func noteEdges(_ descriptor: Int32, _ events: UInt32) {
        if events & UInt32(apic_event_readable) != 0 { sockets[descriptor].isReadable = true }
        if events & UInt32(apic_event_writable) != 0 { sockets[descriptor].isWritable = true }
        if events & UInt32(apic_event_ending) != 0 { sockets[descriptor].isEnding = true }
        if events & UInt32(apic_event_broken) != 0 { sockets[descriptor].hasFailed = true }
        if sockets[descriptor].transport == .tls {
            noteSecureEdges(
                descriptor,
                isReadable: events & UInt32(apic_event_readable) != 0,
                isWritable: events & UInt32(apic_event_writable) != 0,
                isEnding: events & UInt32(apic_event_ending) != 0
            )
        }
    }

    /// Goes on with whatever a connection is doing.
    mutating func advance(_ descriptor: Int32) {
        switch sockets[descriptor].role {
        case .client: advanceClient(descriptor)
        case .upstream: advanceUpstream(descriptor)
        case .free, .listener, .wakeup: break
        }
    }

    /// Lets a connection go on after others had their turn.
    mutating func enqueue(_ descriptor: Int32) {
        guard !sockets[descriptor].isQueued else { return }
        sockets[descriptor].isQueued = true
        ready.append(descriptor)
    }

    private mutating func serveReady() {
        guard !ready.isEmpty else { return }
        swap(&ready, &due)
        // By index, since an iterator holds the array by a reference.
        for index in 0..<due.count {
            let descriptor = due[index]
            guard sockets[descriptor].isQueued else { continue }
            sockets[descriptor].isQueued = false
            advance(descriptor)
        }
        due.removeAll(keepingCapacity: true)
    }

    private mutating func fireTimers() {
        while true {
            let descriptor = timers.popExpired(now: now / 1000, sockets)
            guard descriptor >= 0 else { return }
            let what = sockets[descriptor].deadline
            sockets[descriptor].deadline = .none
            expire(descriptor, what)
        }
    }

    // MARK: Mail from the control thread

    private mutating func takeMail(_ descriptor: Int32) {
        Wakeup.clear(descriptor)
        if let generation = link.takeGeneration() { swapTable(generation) }
        if let changes = link.takeTargets() { take(changes) }
        setRequestBound()
        let wanted = link.phase
        if wanted != phase { enter(wanted) }
    }

    private mutating func setRequestBound() {
        requestCountMax =
            link.isSuspended ? -1 : Worker.share(of: current.view.gateway.requestCountMax, settings.workerCount)
    }

    /// New requests run on the new table from here on; those in flight end on the one they began on.
    private mutating func swapTable(_ generation: Generation) {
        let old = current
        current = LoadedTableReference.make(generation, node: settings.node)
        clientCountMax = Worker.share(of: generation.view.gateway.connectionCountMax, settings.workerCount)
        lag.setMark(generation.view.gateway.lagMax)
        http2.setBounds(current.bounds, openCountMax: clientCountMax)
        // Whose policy was another one.
        emptyCache()
        old.isCurrent = false
        if old.inFlightCount == 0 {
            release(old)
        } else {
            former.append(old)
        }
    }

    /// A former table's last exchange has ended.
    mutating func release(_ old: LoadedTableReference) {
        let generation = old.generation
        former.removeAll { $0 == old }
        old.destroy()
        link.releaseGeneration(generation)
    }

    // MARK: The end

    private var isDone: Bool {
        phase == .stopping || (phase != .serving && clientCount == 0)
    }

    private mutating func enter(_ wanted: WorkerPhase) {
        let wasServing = phase == .serving
        phase = wanted
        if wasServing {
            for listener in listeners {
                // A process that took over has the same sockets, so that closing them here would not end their events.
                _ = apic_epoll_remove(epoll, listener.descriptor)
                closeSocket(listener.descriptor)
            }
        }
        guard wanted != .stopping else { return }
        for descriptor in 0..<http2.firstSocket where sockets[descriptor].role == .client {
            switch sockets[descriptor].state {
            case .multiplexed: warn(descriptor)
            case .idle, .greeting:
                // What a client that waits for its turn has sent is still with the kernel.
                let isAtRest = !sockets[descriptor].hasOutput && !sockets[descriptor].hasInput
                if wanted == .draining, isAtRest, !sockets[descriptor].hasArrived {
                    closeClient(descriptor)
                }
            default: continue
            }
        }
    }

    private mutating func closeEverything() {
        // Clients first: their exchanges hold upstreams.
        for descriptor in 0..<http2.firstSocket where sockets[descriptor].role == .client {
            closeClient(descriptor)
        }
        for socket in mirrors.used where sockets[socket].role == .client { abandonClient(socket) }
        for descriptor in 0..<http2.firstSocket {
            switch sockets[descriptor].role {
            case .upstream: closeUpstream(descriptor)
            case .listener: closeSocket(descriptor)
            case .free, .wakeup, .client: break
            }
        }
    }
}
