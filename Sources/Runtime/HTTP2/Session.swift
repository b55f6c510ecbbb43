internal import CNGHTTP2

/// The HTTP/2 session of a connection: nghttp2's state and the gateway's record of it. A handle, free to copy.
///
/// Unsafe operations hold because the record stays where it is until the session ends, and because the handle in it is
/// nghttp2's until then.
@safe
struct Session {
    private let address: UnsafeMutablePointer<SessionRecord>

    /// - Parameter context: the record, as nghttp2 hands it back.
    init(_ context: UnsafeMutableRawPointer?) {
        unsafe address = context.unsafelyUnwrapped.assumingMemoryBound(to: SessionRecord.self)
    }

    init(_ store: SessionStore, _ carrier: Int32) { unsafe address = store.sessions.address(carrier) }

    @inline(__always)
    var record: SessionRecord {
        unsafeAddress { unsafe UnsafePointer(address) }
        nonmutating unsafeMutableAddress { unsafe address }
    }

    @inline(__always)
    var store: SessionStore { record.store }
    @inline(__always)
    var handle: OpaquePointer { unsafe record.handle }

    // MARK: Life

    /// Begins our side of a session on a connection.
    ///
    /// - Parameter role: of the peer.
    /// - Returns: `nil` if memory is out.
    static func begin(
        _ store: SessionStore,
        _ carrier: Int32,
        role: SocketRole,
        now milliseconds: UInt64
    ) -> Session? {
        let address = unsafe store.sessions.address(carrier)
        let made = unsafe role == .client ? store.library.makeServer(address) : store.library.makeClient(address)
        guard let handle = unsafe made else { return nil }
        unsafe address.initialize(
            to: SessionRecord(
                handle: handle,
                store: store,
                carrier: carrier,
                role: role,
                resets: TokenBudget(
                    capacity: Limits.resetBurstMax,
                    perSecond: Limits.resetsPerSecond,
                    now: milliseconds
                ),
                idleFrames: TokenBudget(
                    capacity: Limits.idleFrameBurstMax,
                    perSecond: Limits.idleFramesPerSecond,
                    now: milliseconds
                )
            )
        )
        let session = Session(store, carrier)
        session.greet()
        return session
    }

    /// Our settings, and a wider window for the bodies of all streams together.
    private func greet() {
        let isServer = record.role == .client
        let headBytes = UInt32(isServer ? store.headBounds.headBytesMax : Limits.answerHeadBytesMax)
        let settings: [4 of nghttp2_settings_entry] = [
            isServer
                ? Session.setting(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, Limits.streamCountMax)
                : Session.setting(NGHTTP2_SETTINGS_ENABLE_PUSH, 0),
            Session.setting(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, UInt32(Limits.streamWindowBytes)),
            Session.setting(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, headBytes),
            Session.setting(NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1),
        ]
        // nghttp2 copies the entries.
        unsafe settings.span.withUnsafeBufferPointer { entries in
            _ = unsafe nghttp2_submit_settings(
                handle,
                UInt8(NGHTTP2_FLAG_NONE.rawValue),
                entries.baseAddress,
                entries.count
            )
        }
        _ = unsafe nghttp2_session_set_local_window_size(handle, 0, 0, Limits.sessionWindowBytes)
    }

    private static func setting(_ id: nghttp2_settings_id, _ value: UInt32) -> nghttp2_settings_entry {
        nghttp2_settings_entry(settings_id: Int32(id.rawValue), value: value)
    }

    /// Frees what the session holds. Its streams are the caller's.
    func end() {
        forgetHead()
        unsafe nghttp2_session_del(handle)
        // Streams that ended while they were queued can be used again now.
        while store.takeEvent(record.carrier) >= 0 {}
    }

    // MARK: Reading

    /// Takes what was received.
    ///
    /// - Returns: whether the session goes on; else `record.fault` says why not.
    func feed(_ bytes: Bytes, now milliseconds: UInt64) -> Bool {
        record.resets.refill(now: milliseconds)
        record.idleFrames.refill(now: milliseconds)
        // nghttp2 reads `count` bytes, and all of them: no callback pauses it.
        let result = unsafe nghttp2_session_mem_recv(handle, bytes.base, bytes.count)
        guard result < 0 else { return true }
        if record.fault == .none {
            record.fault = result == Int(NGHTTP2_ERR_FLOODED.rawValue) ? .unread : .malformed
        }
        return false
    }

    /// Bytes of a stream's body were read on: its window opens.
    func consume(_ id: Int32, _ count: Int) { _ = unsafe nghttp2_session_consume_stream(handle, id, count) }

    // MARK: Writing

    /// Moves frames that wait to the connection's output, as far as there is room.
    ///
    /// - Returns: whether the session goes on.
    func pump() -> Bool {
        while unsafe nghttp2_session_want_write(handle) != 0 {
            guard makeRoom() else { return true }
            let end = store.sockets[record.carrier].outputEnd
            var bytes: UnsafePointer<UInt8>?
            let count = unsafe nghttp2_session_mem_send(handle, &bytes)
            guard count >= 0 else {
                if record.fault == .none { record.fault = .malformed }
                return false
            }
            if count > 0, let bytes = unsafe bytes {
                // Valid until nghttp2 is called next.
                unsafe append(Bytes(bytes, count: count))
            } else if store.sockets[record.carrier].outputEnd == end {
                return true
            }
        }
        return true
    }

    private var hasOutputRoom: Bool {
        Limits.blockBytes - Int(store.sockets[record.carrier].outputEnd) >= Limits.frameBytesMax
    }

    /// Room for a whole frame behind what waits for the kernel.
    private func makeRoom() -> Bool {
        let sockets = store.sockets
        let carrier = record.carrier
        guard let block = sockets[carrier].output else {
            sockets[carrier].output = store.blocks.take()
            return true
        }
        if hasOutputRoom { return true }
        let start = sockets[carrier].outputStart
        guard start > 0 else { return false }
        let count = sockets[carrier].outputEnd - start
        block.move(from: Int(start), to: 0, count: Int(count))
        (sockets[carrier].outputStart, sockets[carrier].outputEnd) = (0, count)
        return hasOutputRoom
    }

    private func append(_ bytes: Bytes) {
        let carrier = record.carrier
        guard let block = store.sockets[carrier].output else { return }
        var writer = ByteWriter(block, count: Int(store.sockets[carrier].outputEnd))
        writer.append(bytes)
        assert(!writer.isOverfull)
        store.sockets[carrier].outputEnd = Int32(writer.count)
    }

    /// nghttp2 asks what there is to send of a stream's body.
    func offerBody(_ socket: Int32, _ id: Int32, bound: Int, flags: UnsafeMutablePointer<UInt32>) -> Int {
        guard store.isStream(socket, id, of: record.carrier) else { return Int(NGHTTP2_ERR_DEFERRED.rawValue) }
        let count = store.sockets[socket].outputCount
        let isLast = store[socket].isLastStaged
        guard count > 0 || isLast else {
            store[socket].isDeferred = true
            return Int(NGHTTP2_ERR_DEFERRED.rawValue)
        }
        let taken = min(count, bound)
        // `flags` is nghttp2's, valid for the call.
        unsafe flags.pointee = UInt32(NGHTTP2_DATA_FLAG_NO_COPY.rawValue)
        guard isLast, taken == count else { return taken }
        unsafe flags.pointee |= UInt32(NGHTTP2_DATA_FLAG_EOF.rawValue)
        if store[socket].departingTrailers.block != nil {
            guard sendTrailers(socket) else { return Int(SessionCallbacks.streamFailure) }
            unsafe flags.pointee |= UInt32(NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue)
        }
        return taken
    }

    /// nghttp2 sends so many bytes of what was offered.
    func writeBody(_ socket: Int32, _ id: Int32, header: Bytes, count: Int) -> Int32 {
        guard store.isStream(socket, id, of: record.carrier) else { return SessionCallbacks.streamFailure }
        guard hasOutputRoom else { return Int32(NGHTTP2_ERR_WOULDBLOCK.rawValue) }
        append(header)
        var rest = count
        let own = store.sockets[socket].ownOutput
        let ofOwn = min(rest, own.count)
        append(own[0..<ofOwn])
        rest -= ofOwn
        if rest > 0 { append(store.sockets[socket].borrowedOutput[0..<rest]) }
        store.sockets[socket].consumeOutput(count)
        store[socket].sentCount += Int32(count)
        if header[4] & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0 { store[socket].isEndSent = true }
        record.idleFrames.add(Limits.idleFramesPerFrame)
        store.note(socket)
        // One frame at a time: `pump` makes room for the next.
        return Int32(NGHTTP2_ERR_PAUSE.rawValue)
    }

    /// A stream has more to send.
    func resume(_ socket: Int32) {
        guard store[socket].isDeferred else { return }
        store[socket].isDeferred = false
        _ = unsafe nghttp2_session_resume_data(handle, store[socket].id)
    }

    // MARK: Ends

    /// Ends a stream, because its exchange is over on this side.
    func reset(_ id: Int32, _ code: nghttp2_error_code) {
        _ = unsafe nghttp2_submit_rst_stream(handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), id, code.rawValue)
    }

    /// nghttp2 is to speak of a stream no more.
    func forget(_ id: Int32) { _ = unsafe nghttp2_session_set_stream_user_data(handle, id, nil) }

    /// Says that new streams will not be taken soon; those on their way still are (RFC 9113 section 6.8).
    func warn() {
        guard !record.isWarned else { return }
        record.isWarned = true
        _ = unsafe nghttp2_submit_shutdown_notice(handle)
        _ = unsafe nghttp2_submit_ping(handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), nil)
    }

    /// Says that streams behind those known are not taken.
    func retire() {
        guard !record.isRetired else { return }
        (record.isWarned, record.isRetired) = (true, true)
        let last = unsafe nghttp2_session_get_last_proc_stream_id(handle)
        let code = NGHTTP2_NO_ERROR.rawValue
        _ = unsafe nghttp2_submit_goaway(handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), last, code, nil, 0)
    }

    /// Says that all is over.
    func terminate(_ code: nghttp2_error_code) { _ = unsafe nghttp2_session_terminate_session(handle, code.rawValue) }

    /// Asks for a sign of life.
    func ping() {
        record.isAwaitingPong = true
        _ = unsafe nghttp2_submit_ping(handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), nil)
    }

    /// Whether an upstream's connection takes one more stream.
    var hasRoom: Bool {
        guard !record.isRetired, !record.isAwaitingPong else { return false }
        let admitted = unsafe nghttp2_session_get_remote_settings(handle, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS)
        return UInt32(record.streamCount) < min(admitted, Limits.upstreamStreamCountMax)
    }

    /// Whether nghttp2 has nothing left to do: the peer, or an error, has ended the session.
    var isOver: Bool {
        unsafe nghttp2_session_want_read(handle) == 0 && (unsafe nghttp2_session_want_write(handle)) == 0
    }

    /// So many frames wait that nothing more should be read from a peer that does not read.
    var isCongested: Bool {
        unsafe nghttp2_session_get_outbound_queue_size(handle) > Limits.outboundFrameCountMax
    }
}
