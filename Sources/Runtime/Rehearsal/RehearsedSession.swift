/// An HTTP/2 session of the gateway without a connection: what its peer would send is handed to it, and what it would
/// send is thrown away.
struct RehearsedSession {
    static let bounds = RequestHeadBounds(headBytesMax: 4_096, fieldCountMax: 32)

    let sockets: Slab<Socket>
    let store: SessionStore
    let session: Session

    /// - Parameter role: of the peer.
    init?(with role: SocketRole) {
        guard let metrics = WorkerMetrics.make() else { return nil }
        sockets = Slab(zeroed: 1 + 64)
        sockets[0] = Socket()
        store = SessionStore(
            sockets: sockets,
            descriptorCount: 1,
            streamCount: sockets.capacity - 1,
            blocks: BlockPool(),
            metrics: metrics
        )
        store.setBounds(RehearsedSession.bounds, openCountMax: 64)
        guard let session = Session.begin(store, 0, role: role, now: 0) else { return nil }
        self.session = session
    }

    /// Gives back what the session held.
    func end() {
        while session.record.firstStream >= 0 { store.closeStream(session.record.firstStream) }
        session.end()
        if let block = sockets[0].output { store.blocks.give(block) }
        store.blocks.deallocate()
        store.metrics.deallocate()
        store.deallocate()
        sockets.deallocate()
    }
}

/// Who serves the streams of such a session in the worker's place.
protocol StreamServant {
    var rehearsed: RehearsedSession { get }

    /// Something happened to a stream.
    mutating func serve(_ socket: Int32)
}

extension StreamServant {
    /// Lets the session have what its peer sends, as long as it goes on.
    ///
    /// - Parameters:
    ///   - greeting: comes first, in one piece.
    ///   - input: frames, right or wrong ones.
    ///   - pieceBytes: how many of them come at once.
    mutating func play(_ greeting: String, _ input: [UInt8], pieceBytes: Int) {
        var goesOn = take(Array(greeting.utf8))
        var start = 0
        while start < input.count, goesOn {
            let end = min(start + max(pieceBytes, 1), input.count)
            goesOn = take(Array(input[start..<end]))
            start = end
        }
    }

    /// - Returns: whether the session goes on.
    private mutating func take(_ bytes: [UInt8]) -> Bool {
        let (session, store) = (rehearsed.session, rehearsed.store)
        let isTaken = unsafe bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return true }
            // The array is valid for the call.
            return unsafe session.feed(Bytes(base, count: buffer.count), now: 0)
        }
        guard isTaken else { return false }
        while case let socket = store.takeEvent(0), socket >= 0 { serve(socket) }
        let goesOn = session.pump()
        // The peer reads everything.
        (rehearsed.sockets[0].outputStart, rehearsed.sockets[0].outputEnd) = (0, 0)
        return goesOn
    }
}
