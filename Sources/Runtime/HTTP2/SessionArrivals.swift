internal import CNGHTTP2

// What comes in: callbacks that take down header blocks as text, bodies, and ends.

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
        case NGHTTP2_DATA.rawValue: break
        default: return SessionCallbacks.success
        }
        if header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0 { endPeer(header.stream_id) }
        return SessionCallbacks.success
    }

    private func fail(_ fault: SessionFault) -> Int32 {
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

    // MARK: Heads

    /// A header block begins: a request, or the trailers of one.
    func beginHead(_ id: Int32, _ category: nghttp2_headers_category) -> Int32 {
        forgetHead()
        guard category == NGHTTP2_HCAT_REQUEST else {
            record.head.kind = .trailers
            record.head.socket = socket(of: id)
            return SessionCallbacks.success
        }
        let socket = record.isRetired ? -1 : store.openStream(on: record.carrier, id: id, role: .client)
        guard socket >= 0 else {
            store.metrics.add(.streamsRefused)
            reset(id, NGHTTP2_REFUSED_STREAM)
            return SessionCallbacks.streamFailure
        }
        store.metrics.add(.streamsOpened)
        _ = unsafe nghttp2_session_set_stream_user_data(
            handle,
            id,
            UnsafeMutableRawPointer(bitPattern: Int(socket) + 1)
        )
        record.head.kind = .request
        record.head.socket = socket
        record.head.block = store.blocks.take()
        return SessionCallbacks.success
    }

    /// One field of the block that is arriving. nghttp2 holds to RFC 9113 section 8: pseudo-header fields come first,
    /// once, and are those of requests; names are in lower case; no field is of the connection.
    func takeField(_ name: OpaquePointer?, _ value: OpaquePointer?) -> Int32 {
        // Both are valid for the call, and longer if they are retained.
        let (nameBytes, valueBytes) = unsafe (Session.bytes(name), Session.bytes(value))
        record.head.listBytes += Int32(nameBytes.count + valueBytes.count + 32)
        guard record.head.listBytes <= Limits.headerListBytesMax else { return fail(.headerList) }
        guard !record.head.isMalformed, !record.head.isTooLarge else { return SessionCallbacks.success }
        guard record.head.kind == .request else {
            takeTrailer(nameBytes, valueBytes)
            return SessionCallbacks.success
        }
        if nameBytes.count > 0, nameBytes[0] == ASCII.colon {
            unsafe retainPseudo(nameBytes, value)
            return SessionCallbacks.success
        }
        record.head.fieldCount += 1
        guard Int(record.head.fieldCount) <= store.headBounds.fieldCountMax else {
            record.head.isTooLarge = true
            return SessionCallbacks.success
        }
        takeRegular(nameBytes, valueBytes)
        return SessionCallbacks.success
    }

    /// One field behind a body.
    private func takeTrailer(_ name: Bytes, _ value: Bytes) {
        let socket = record.head.socket
        // Nobody waits for it any more.
        guard socket >= 0 else { return }
        guard Session.isFieldName(name), value.endOfValue(from: 0) == value.count,
            store[socket].trailers.keep(name: name, value: value, store.blocks)
        else {
            record.head.isMalformed = true
            return
        }
    }

    /// A field that nghttp2 does not take.
    func refuseField() -> Int32 {
        record.head.isMalformed = true
        return SessionCallbacks.success
    }

    private static func bytes(_ buffer: OpaquePointer?) -> Bytes {
        let vector = unsafe nghttp2_rcbuf_get_buf(buffer)
        guard let base = unsafe vector.base else { return .empty }
        return unsafe Bytes(base, count: vector.len)
    }

    /// Keeps a pseudo-header field for the request line.
    private func retainPseudo(_ name: Bytes, _ value: OpaquePointer?) {
        if name.equals(Bytes(":method")) {
            unsafe nghttp2_rcbuf_incref(value)
            unsafe record.head.method = value
        } else if name.equals(Bytes(":path")) {
            unsafe nghttp2_rcbuf_incref(value)
            unsafe record.head.path = value
        } else if name.equals(Bytes(":authority")) {
            unsafe nghttp2_rcbuf_incref(value)
            unsafe record.head.authority = value
        } else if name.equals(Bytes(":scheme")) {
            record.head.hasScheme = true
        } else {
            record.head.isMalformed = true
        }
    }

    private func takeRegular(_ name: Bytes, _ value: Bytes) {
        writeLine()
        guard Session.isFieldName(name), value.endOfValue(from: 0) == value.count else {
            record.head.isMalformed = true
            return
        }
        if name.isName("cookie") { return addCookie(value) }
        if name.isName("host"), let authority = unsafe record.head.authority {
            // Said twice, it must be the same (RFC 9113 section 8.3.1).
            if !value.equals(unsafe Session.bytes(authority)) { record.head.isMalformed = true }
            return
        }
        var writer = headWriter()
        writer.append(name)
        writer.append(": ")
        writer.append(value)
        writer.append("\r\n")
        keep(writer)
    }

    /// A token in lower case: nothing that could end a name, or be another's in HTTP/1.1.
    private static func isFieldName(_ name: Bytes) -> Bool {
        guard !name.isEmpty, name.endOfToken(from: 0) == name.count else { return false }
        for index in 0..<name.count where ASCII.lowercased(name[index]) != name[index] { return false }
        return true
    }

    /// The request line and `Host`, before the first field.
    private func writeLine() {
        guard !record.head.isLineWritten else { return }
        record.head.isLineWritten = true
        // CONNECT has neither path nor scheme, and is not for this gateway.
        guard let method = unsafe record.head.method, let path = unsafe record.head.path, record.head.hasScheme else {
            record.head.isMalformed = true
            return
        }
        let (methodBytes, pathBytes) = unsafe (Session.bytes(method), Session.bytes(path))
        guard !methodBytes.isEmpty, methodBytes.endOfToken(from: 0) == methodBytes.count,
            Session.isTarget(pathBytes, method: methodBytes)
        else {
            record.head.isMalformed = true
            return
        }
        let authority = unsafe record.head.authority.map { unsafe Session.bytes($0) }
        if let authority, authority.isEmpty || authority.endOfValue(from: 0) != authority.count {
            record.head.isMalformed = true
            return
        }
        var writer = headWriter()
        writer.append(methodBytes)
        writer.append(byte: ASCII.space)
        writer.append(pathBytes)
        writer.append(" HTTP/1.1\r\n")
        if let authority {
            writer.append("host: ")
            writer.append(authority)
            writer.append("\r\n")
        }
        keep(writer)
    }

    /// Origin form, or `*` for OPTIONS, without blanks or control bytes.
    private static func isTarget(_ path: Bytes, method: Bytes) -> Bool {
        guard !path.isEmpty else { return false }
        guard path[0] == ASCII.slash else { return path.equals(Bytes("*")) && method.equals(Bytes("OPTIONS")) }
        for index in 0..<path.count where path[index] <= ASCII.space || path[index] == 0x7F { return false }
        return true
    }

    private func addCookie(_ value: Bytes) {
        let block: Block
        if let known = record.head.cookies {
            block = known
        } else {
            block = store.blocks.take()
            record.head.cookies = block
        }
        var writer = ByteWriter(block, count: Int(record.head.cookieCount))
        if writer.count > 0 { writer.append("; ") }
        writer.append(value)
        record.head.cookieCount = Int32(writer.count)
        if writer.isOverfull { record.head.isTooLarge = true }
    }

    /// Writes behind what there is of the head.
    private func headWriter() -> ByteWriter {
        // A head block has its place as long as its stream is of use.
        guard let block = record.head.block else { preconditionFailure("no head is arriving") }
        return ByteWriter(block, count: Int(record.head.count), capacity: Limits.headBytesMax)
    }

    private func keep(_ writer: ByteWriter) {
        record.head.count = Int32(writer.count)
        if writer.isOverfull { record.head.isTooLarge = true }
    }

    /// The block is complete: the head stands in the input of the stream's socket.
    ///
    /// - Returns: `false` if it is the last thing to be heard of the stream, because it is malformed.
    private func endHead() -> Bool {
        defer { forgetHead() }
        let socket = record.head.socket
        guard socket >= 0 else { return true }
        guard record.head.kind == .request else {
            if record.head.isMalformed { reset(store[socket].id, NGHTTP2_PROTOCOL_ERROR) }
            return !record.head.isMalformed
        }
        if !record.head.isMalformed, !record.head.isTooLarge {
            writeLine()
            var writer = headWriter()
            if let cookies = record.head.cookies {
                writer.append("cookie: ")
                writer.append(cookies.bytes(0, Int(record.head.cookieCount)))
                writer.append("\r\n")
            }
            writer.append("\r\n")
            keep(writer)
        }
        store.sockets[socket].input = record.head.block
        store.sockets[socket].inputEnd = record.head.count
        record.head.block = nil
        store[socket].isHeadMalformed = record.head.isMalformed
        store[socket].isHeadTooLarge = record.head.isTooLarge
        store[socket].hasHead = true
        store.note(socket)
        return true
    }

    /// Gives back what the block that was arriving held.
    func forgetHead() {
        if let block = record.head.block { store.blocks.give(block) }
        if let block = record.head.cookies { store.blocks.give(block) }
        if let method = unsafe record.head.method { unsafe nghttp2_rcbuf_decref(method) }
        if let path = unsafe record.head.path { unsafe nghttp2_rcbuf_decref(path) }
        if let authority = unsafe record.head.authority { unsafe nghttp2_rcbuf_decref(authority) }
        record.head = ArrivingHead()
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
        guard !store[socket].isEndSent else { return SessionCallbacks.success }
        store.metrics.add(.streamsReset)
        return record.resets.take() ? SessionCallbacks.success : fail(.resets)
    }
}

extension SessionStore {
    /// Keeps a piece of a stream's body until it is read on.
    ///
    /// - Precondition: there is room for it.
    func keep(_ bytes: Bytes, of socket: Int32) {
        let block: Block
        if let known = self[socket].stored {
            block = known
        } else {
            block = blocks.take()
            self[socket].stored = block
        }
        let start = (Int(self[socket].storedStart) + Int(self[socket].storedCount)) % Limits.blockBytes
        let ofEnd = min(bytes.count, Limits.blockBytes - start)
        block.copy(bytes[0..<ofEnd], to: start)
        block.copy(bytes.from(ofEnd), to: 0)
        self[socket].storedCount += Int32(bytes.count)
    }

    /// Moves what was kept of a stream's body behind `end` of a block.
    ///
    /// - Returns: bytes moved.
    func takeKept(of socket: Int32, into block: Block, from end: Int) -> Int {
        guard let stored = self[socket].stored else { return 0 }
        let count = min(Int(self[socket].storedCount), Limits.blockBytes - end)
        let start = Int(self[socket].storedStart)
        let ofEnd = min(count, Limits.blockBytes - start)
        block.copy(stored.bytes(start, start + ofEnd), to: end)
        block.copy(stored.bytes(0, count - ofEnd), to: end + ofEnd)
        self[socket].storedStart = Int32((start + count) % Limits.blockBytes)
        self[socket].storedCount -= Int32(count)
        if self[socket].storedCount == 0 {
            blocks.give(stored)
            self[socket].stored = nil
            self[socket].storedStart = 0
        }
        return count
    }
}
