internal import CNGHTTP2

/// What nghttp2 calls while it reads and writes. Callbacks only take down what happened, in the records of the session
/// and its streams; the worker acts on it when nghttp2 has returned.
///
/// Unsafe operations hold because nghttp2 hands back the session's record as it was given, and because frames and
/// buffers are valid for the call.
enum SessionCallbacks {
    /// Nothing went wrong.
    static let success: Int32 = 0
    /// Ends the stream.
    static let streamFailure = Int32(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue)
    /// Ends the session.
    static let sessionFailure = Int32(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue)

    static func register(_ callbacks: OpaquePointer) {
        unsafe nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks) { _, header, context in
            guard let header = unsafe header else { return SessionCallbacks.success }
            return unsafe Session(context).beginFrame(
                type: header.pointee.type,
                byteCount: header.pointee.length,
                flags: header.pointee.flags
            )
        }
        unsafe nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks) { _, frame, context in
            guard let frame = unsafe frame else { return SessionCallbacks.success }
            return unsafe Session(context).beginHead(frame.pointee.hd.stream_id, frame.pointee.headers.cat)
        }
        unsafe nghttp2_session_callbacks_set_on_header_callback2(callbacks) { _, _, name, value, _, context in
            unsafe Session(context).takeField(name, value)
        }
        unsafe nghttp2_session_callbacks_set_on_invalid_header_callback2(callbacks) { _, _, _, _, _, context in
            // Not left out, as nghttp2 would by itself: the whole request is malformed (RFC 9113 section 8.1.1).
            unsafe Session(context).refuseField()
        }
        unsafe nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) { _, frame, context in
            guard let frame = unsafe frame else { return SessionCallbacks.success }
            return unsafe Session(context).endFrame(frame)
        }
        unsafe nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) { _, _, id, bytes, count, context in
            guard let bytes = unsafe bytes else { return SessionCallbacks.success }
            return unsafe Session(context).takeBody(id, Bytes(bytes, count: count))
        }
        unsafe nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) { _, id, code, context in
            unsafe Session(context).closeStream(id, code)
        }
        unsafe nghttp2_session_callbacks_set_on_frame_send_callback(callbacks) { _, frame, context in
            guard let frame = unsafe frame else { return SessionCallbacks.success }
            return unsafe Session(context).noteSent(frame)
        }
        unsafe nghttp2_session_callbacks_set_send_data_callback(callbacks) { _, frame, header, count, source, context in
            guard let frame = unsafe frame, let header = unsafe header, let source = unsafe source else {
                return SessionCallbacks.sessionFailure
            }
            return unsafe Session(context).writeBody(
                source.pointee.fd,
                frame.pointee.hd.stream_id,
                header: Bytes(header, count: 9),
                count: count
            )
        }
    }

    /// What a session towards an upstream wants to know besides: which requests will never be sent.
    static func registerRequests(_ callbacks: OpaquePointer) {
        unsafe nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks) { _, frame, _, context in
            guard let frame = unsafe frame else { return SessionCallbacks.success }
            unsafe Session(context).noteUnsent(frame.pointee.hd.stream_id, type: frame.pointee.hd.type)
            return SessionCallbacks.success
        }
    }

    /// Where bodies come from that are sent: the output of the stream's socket.
    static func source(_ socket: Int32) -> nghttp2_data_provider {
        unsafe nghttp2_data_provider(
            source: nghttp2_data_source(fd: socket),
            read_callback: { _, id, _, bound, flags, source, context in
                guard let flags = unsafe flags, let source = unsafe source else {
                    return Int(SessionCallbacks.sessionFailure)
                }
                return unsafe Session(context).offerBody(source.pointee.fd, id, bound: bound, flags: flags)
            }
        )
    }
}
