internal import CNGHTTP2

/// The HTTP/2 of one probe: one request on a connection of its own, of whose answer only the status matters.
///
/// Unsafe operations hold because nghttp2 hands back the notes as they were given, which live as long as the session,
/// and because what it lends is copied before it is called again.
@safe
final class ProbeSession {
    /// What the callbacks take down.
    @safe
    private struct Notes {
        var status: UInt16 = 0
        var isClosed = false
    }

    private let handle: OpaquePointer
    private let notes: UnsafeMutablePointer<Notes>

    /// - Returns: `nil` if memory is out.
    init?(_ settings: HealthSettings, scheme: String) {
        var callbacks: OpaquePointer?
        var session: OpaquePointer?
        guard unsafe nghttp2_session_callbacks_new(&callbacks) == 0, let callbacks = unsafe callbacks else {
            return nil
        }
        defer { unsafe nghttp2_session_callbacks_del(callbacks) }
        unsafe ProbeSession.register(callbacks)
        let notes = UnsafeMutablePointer<Notes>.allocate(capacity: 1)
        unsafe notes.initialize(to: Notes())
        guard unsafe nghttp2_session_client_new(&session, callbacks, notes) == 0, let session = unsafe session else {
            unsafe notes.deallocate()
            return nil
        }
        unsafe (handle, self.notes) = (session, notes)
        _ = unsafe nghttp2_submit_settings(handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), nil, 0)
        submit([
            (":method", "GET"), (":scheme", scheme), (":authority", settings.host), (":path", settings.path),
            ("user-agent", "apic-gateway-probe"), ("accept", "*/*"),
        ])
    }

    deinit {
        unsafe nghttp2_session_del(handle)
        unsafe notes.deallocate()
    }

    /// 0 before a final answer has begun.
    var status: UInt16 { unsafe notes.pointee.status }
    /// The stream is over.
    var isClosed: Bool { unsafe notes.pointee.isClosed }

    private static func register(_ callbacks: OpaquePointer) {
        unsafe nghttp2_session_callbacks_set_on_header_callback(callbacks) {
            _,
            frame,
            name,
            nameCount,
            value,
            valueCount,
            _,
            context in
            guard let frame = unsafe frame, let name = unsafe name, let value = unsafe value,
                let context = unsafe context,
                unsafe frame.pointee.hd.stream_id == 1, unsafe Bytes(name, count: nameCount).equals(Bytes(":status"))
            else { return 0 }
            let digits = unsafe Bytes(value, count: valueCount)
            var status: UInt16 = 0
            // nghttp2 admits three digits only.
            for index in 0..<min(digits.count, 3) { status = 10 * status + UInt16(digits[index] &- 0x30) }
            // Interim answers come before the final one.
            if status >= 200 { unsafe context.assumingMemoryBound(to: Notes.self).pointee.status = status }
            return 0
        }
        unsafe nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) { _, _, _, context in
            if let context = unsafe context {
                unsafe context.assumingMemoryBound(to: Notes.self).pointee.isClosed = true
            }
            return 0
        }
    }

    private func submit(_ fields: [(name: String, value: String)]) {
        // One stretch of memory for all texts, which nghttp2 copies before the call returns.
        var text = fields.flatMap { Array($0.name.utf8) + Array($0.value.utf8) }
        unsafe text.withUnsafeMutableBufferPointer { buffer in
            guard var next = buffer.baseAddress else { return }
            var list: [nghttp2_nv] = unsafe []
            for field in fields {
                let (nameCount, valueCount) = (field.name.utf8.count, field.value.utf8.count)
                unsafe list.append(
                    nghttp2_nv(
                        name: next,
                        value: next + nameCount,
                        namelen: nameCount,
                        valuelen: valueCount,
                        flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue)
                    )
                )
                unsafe next += nameCount + valueCount
            }
            _ = unsafe nghttp2_submit_request(handle, nil, list, list.count, nil, nil)
        }
    }

    /// What is to be sent now.
    func takeOutput() -> [UInt8] {
        var output: [UInt8] = []
        var bytes: UnsafePointer<UInt8>?
        while true {
            let count = unsafe nghttp2_session_mem_send(handle, &bytes)
            guard count > 0, let bytes = unsafe bytes else { return output }
            // Valid until nghttp2 is called next.
            unsafe output.append(contentsOf: UnsafeBufferPointer(start: bytes, count: count))
        }
    }

    /// Takes what came.
    ///
    /// - Returns: whether it was HTTP/2.
    func take(_ bytes: Bytes) -> Bool {
        unsafe nghttp2_session_mem_recv(handle, bytes.base, bytes.count) == bytes.count
    }
}
