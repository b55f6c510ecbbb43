internal import CNGHTTP2

// What comes in: frames, bodies, and ends. Header blocks are in `SessionHeads.swift`.

extension Session {
    // MARK: Frames

    /// A frame begins. Those that carry neither a request nor a body are paid for.
    func beginFrame(type: UInt8, byteCount: Int, flags: UInt8) -> Int32 {
        switch UInt32(type) {
        case NGHTTP2_HEADERS.rawValue:
            record.idleFrames.add(Limits.idleFramesPerFrame)
            return SessionCallbacks.success
        case NGHTTP2_DATA.rawValue where byteCount > 0:
            record.idleFrames.add(1)
            return SessionCallbacks.success
        case NGHTTP2_DATA.rawValue where flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0:
            return SessionCallbacks.success
        default:
            guard record.idleFrames.take() else { return fail(.idleFrames) }
            return SessionCallbacks.success
        }
    }

    /// A frame is complete.
    func endFrame(_ frame: UnsafePointer<nghttp2_frame>) -> Int32 {
        // The frame is valid for the call.
        let header = unsafe frame.pointee.hd
        switch UInt32(header.type) {
        case NGHTTP2_HEADERS.rawValue: guard endHead() else { return SessionCallbacks.success }
        case NGHTTP2_PING.rawValue where header.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) != 0:
            if record.isWarned { record.isWarningHeard = true }
            return SessionCallbacks.success
        case NGHTTP2_GOAWAY.rawValue:
            // A server takes no new streams; those that it did not take are closed as refused. A client has none left.
            if record.role == .upstream { record.isRetired = true }
            return SessionCallbacks.success
        case NGHTTP2_DATA.rawValue: break
        default: return SessionCallbacks.success
        }
        if header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0 { endPeer(header.stream_id) }
        return SessionCallbacks.success
    }

    func fail(_ fault: SessionFault) -> Int32 {
        record.fault = fault
        return SessionCallbacks.sessionFailure
    }

    /// The socket that stands for a stream; -1 if there is none any more.
    func socket(of id: Int32) -> Int32 {
        // Not a pointer but a number, one more than the socket's.
        Int32(Int(bitPattern: unsafe nghttp2_session_get_stream_user_data(handle, id))) - 1
    }

    private func endPeer(_ id: Int32) {
        let socket = socket(of: id)
        guard socket >= 0 else { return }
        store[socket].hasPeerEnded = true
        store.sockets[socket].isReadable = true
        store.note(socket)
    }

    // MARK: Bodies

    /// A piece of a body. The connection's window opens at once, the stream's when the piece is read on.
    func takeBody(_ id: Int32, _ bytes: Bytes) -> Int32 {
        _ = unsafe nghttp2_session_consume_connection(handle, bytes.count)
        let socket = socket(of: id)
        guard socket >= 0 else {
            // Nobody waits for it any more.
            consume(id, bytes.count)
            return SessionCallbacks.success
        }
        // nghttp2 holds the peer to the window, which is less than a block.
        guard Int(store[socket].storedCount) + bytes.count <= Limits.blockBytes else { return fail(.malformed) }
        store.keep(bytes, of: socket)
        store.sockets[socket].isReadable = true
        store.note(socket)
        return SessionCallbacks.success
    }

    /// nghttp2 is done with a stream.
    func closeStream(_ id: Int32, _ code: UInt32) -> Int32 {
        let socket = socket(of: id)
        guard socket >= 0 else { return SessionCallbacks.success }
        if record.head.socket == socket { forgetHead() }
        store[socket].isClosed = true
        store[socket].errorCode = code
        store.note(socket)
        guard record.role == .client, !store[socket].isEndSent else {
            store.sockets[socket].isReadable = true
            return SessionCallbacks.success
        }
        store.metrics.add(.streamsReset)
        // One that waited for its turn has cost no more than its head, and giving up is what a client should do.
        if store.sockets[socket].hasArrived { return SessionCallbacks.success }
        return record.resets.take() ? SessionCallbacks.success : fail(.resets)
    }

    // MARK: Requests on their way

    /// nghttp2 gives up on a frame: a request that the peer takes no more.
    func noteUnsent(_ id: Int32, type: UInt8) {
        guard UInt32(type) == NGHTTP2_HEADERS.rawValue else { return }
        let socket = store.findStream(id, on: record.carrier)
        guard socket >= 0, !store[socket].isHeadOut else { return }
        refuse(socket)
    }

    /// The peer did not begin with a stream's request, and will not.
    func refuse(_ socket: Int32) {
        store[socket].isClosed = true
        store[socket].errorCode = NGHTTP2_REFUSED_STREAM.rawValue
        store.sockets[socket].isReadable = true
        store.note(socket)
    }
}
