internal import CNGHTTP2

/// What the HTTP/2 sessions of a worker have in common: their memory, their streams, and the sockets that stand for
/// these. A handle, free to copy; nghttp2's callbacks know it, and nothing else of the worker.
struct SessionStore: BitwiseCopyable {
    private struct State: BitwiseCopyable {
        var freeStream: Int32 = -1
        var madeCount: Int32 = 0
        var openCount = 0
        var openCountMax = 0
        var headBounds = RequestHeadBounds(headBytesMax: 0, fieldCountMax: 0)
    }

    let sockets: Slab<Socket>
    /// The socket of the first stream: sockets before it are descriptors.
    let firstSocket: Int32
    let blocks: BlockPool
    let metrics: WorkerMetrics
    let streams: Slab<StreamRecord>
    let sessions: Slab<SessionRecord>
    let library: SessionLibrary
    private let state: Slab<State>

    /// - Parameter sockets: `descriptorCount` descriptors, then `streamCount` streams, then others perhaps.
    init(
        sockets: Slab<Socket>,
        descriptorCount: Int,
        streamCount: Int,
        blocks: BlockPool,
        metrics: WorkerMetrics
    ) {
        self.sockets = sockets
        firstSocket = Int32(descriptorCount)
        self.blocks = blocks
        self.metrics = metrics
        streams = Slab(zeroed: streamCount)
        sessions = Slab(zeroed: descriptorCount)
        library = SessionLibrary()
        state = Slab(capacity: 1, repeating: State())
    }

    /// - Precondition: no session is left.
    func deallocate() {
        library.deallocate()
        streams.deallocate()
        sessions.deallocate()
        state.deallocate()
    }

    /// What the table says of requests.
    func setBounds(_ bounds: RequestHeadBounds, openCountMax: Int) {
        state[0].headBounds = bounds
        state[0].openCountMax = openCountMax
    }

    var headBounds: RequestHeadBounds { state[0].headBounds }

    @inline(__always)
    func stream(of socket: Int32) -> Int32 { socket - firstSocket }

    @inline(__always)
    subscript(socket: Int32) -> StreamRecord {
        unsafeAddress { unsafe UnsafePointer(streams.address(socket - firstSocket)) }
        nonmutating unsafeMutableAddress { unsafe streams.address(socket - firstSocket) }
    }

    /// A socket for a new stream, with its peer's address if that is a client; -1 if there are as many as there may be.
    func openStream(on carrier: Int32, id: Int32, role: SocketRole) -> Int32 {
        guard role == .upstream || state[0].openCount < state[0].openCountMax else { return -1 }
        var socket = state[0].freeStream
        if socket >= 0 {
            state[0].freeStream = self[socket].next
        } else {
            guard Int(state[0].madeCount) < streams.capacity else { return -1 }
            socket = firstSocket + state[0].madeCount
            state[0].madeCount += 1
        }
        if role == .client { state[0].openCount += 1 }
        var record = StreamRecord()
        record.id = id
        record.carrier = carrier
        record.next = sessions[carrier].firstStream
        if record.next >= 0 { self[record.next].previous = socket }
        self[socket] = record
        sessions[carrier].firstStream = socket
        sessions[carrier].streamCount += 1
        let generation = sockets[socket].generation
        sockets[socket] = Socket()
        sockets[socket].generation = generation &+ 1
        sockets[socket].role = role
        sockets[socket].transport = .stream
        sockets[socket].isWritable = true
        if role == .client { copyPeer(from: carrier, to: socket) }
        return socket
    }

    private func copyPeer(from carrier: Int32, to socket: Int32) {
        sockets[socket].peer0 = sockets[carrier].peer0
        sockets[socket].peer1 = sockets[carrier].peer1
        sockets[socket].peerPort = sockets[carrier].peerPort
        sockets[socket].isSecure = sockets[carrier].isSecure
        sockets[socket].isTrustedPeer = sockets[carrier].isTrustedPeer
        sockets[socket].peerTextCount = sockets[carrier].peerTextCount
        sockets[socket].peerText = sockets[carrier].peerText
    }

    /// Gives back a stream's socket and what it held.
    ///
    /// - Precondition: the socket waits for no deadline.
    func closeStream(_ socket: Int32) {
        let record = self[socket]
        if let block = sockets[socket].input { blocks.give(block) }
        if let block = sockets[socket].output { blocks.give(block) }
        if let block = record.stored { blocks.give(block) }
        if let block = record.trailers.block { blocks.give(block) }
        if let block = record.heads { blocks.give(block) }
        if record.previous >= 0 {
            self[record.previous].next = record.next
        } else {
            sessions[record.carrier].firstStream = record.next
        }
        if record.next >= 0 { self[record.next].previous = record.previous }
        sessions[record.carrier].streamCount -= 1
        if sockets[socket].role == .client { state[0].openCount -= 1 }
        let generation = sockets[socket].generation
        sockets[socket] = Socket()
        sockets[socket].generation = generation &+ 1
        self[socket].carrier = -1
        self[socket].stored = nil
        self[socket].trailers = Trailers()
        self[socket].heads = nil
        // In the queue of events it is found to be free, and then can be used again.
        if !record.isListed { recycle(socket) }
    }

    private func recycle(_ socket: Int32) {
        self[socket].next = state[0].freeStream
        state[0].freeStream = socket
    }

    /// Hands on the trailers that came on a stream.
    func moveTrailers(of socket: Int32, to trailers: inout Trailers) {
        trailers = self[socket].trailers
        self[socket].trailers = Trailers()
    }

    // MARK: Events

    /// Something happened to a stream that its exchange has to know.
    func note(_ socket: Int32) {
        guard !self[socket].isListed else { return }
        let carrier = self[socket].carrier
        self[socket].isListed = true
        self[socket].nextEvent = -1
        let last = sessions[carrier].lastEvent
        if last >= 0 { self[last].nextEvent = socket } else { sessions[carrier].firstEvent = socket }
        sessions[carrier].lastEvent = socket
    }

    /// The next stream to which something happened; -1 if there is none.
    func takeEvent(_ carrier: Int32) -> Int32 {
        while true {
            let socket = sessions[carrier].firstEvent
            guard socket >= 0 else { return -1 }
            let next = self[socket].nextEvent
            sessions[carrier].firstEvent = next
            if next < 0 { sessions[carrier].lastEvent = -1 }
            self[socket].isListed = false
            if self[socket].carrier == carrier { return socket }
            recycle(socket)
        }
    }

    /// The socket of a stream by its number; -1 if there is none.
    func findStream(_ id: Int32, on carrier: Int32) -> Int32 {
        var socket = sessions[carrier].firstStream
        while socket >= 0, self[socket].id != id { socket = self[socket].next }
        return socket
    }

    /// Whether a record is that of a stream of a connection.
    func isStream(_ socket: Int32, _ id: Int32, of carrier: Int32) -> Bool {
        self[socket].carrier == carrier && self[socket].id == id
    }
}
