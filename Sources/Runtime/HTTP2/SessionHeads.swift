internal import CNGHTTP2

// Header blocks that come in: their fields become the text of a head of HTTP/1.1 as they arrive.

extension Session {
    /// A header block begins: a request or an answer, or the trailers of one.
    func beginHead(_ id: Int32, _ category: nghttp2_headers_category) -> Int32 {
        forgetHead()
        guard record.role == .client else {
            beginAnswer(socket(of: id))
            return SessionCallbacks.success
        }
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

    private func beginAnswer(_ socket: Int32) {
        record.head.socket = socket
        // Of a stream that nobody waits for, the block is read over.
        record.head.kind = socket < 0 || store[socket].hasFinalHead ? .trailers : .answer
        if record.head.kind == .answer { record.head.block = store.blocks.take() }
    }

    /// One field of the block that is arriving. nghttp2 holds to RFC 9113 section 8: pseudo-header fields come first,
    /// once, and are those of requests; names are in lower case; no field is of the connection.
    func takeField(_ name: OpaquePointer?, _ value: OpaquePointer?) -> Int32 {
        // Both are valid for the call, and longer if they are retained.
        let (nameBytes, valueBytes) = unsafe (Session.bytes(name), Session.bytes(value))
        record.head.listBytes += Int32(nameBytes.count + valueBytes.count + 32)
        guard record.head.listBytes <= Limits.headerListBytesMax else { return fail(.headerList) }
        guard !record.head.isMalformed, !record.head.isTooLarge else { return SessionCallbacks.success }
        guard record.head.kind != .trailers else {
            takeTrailer(nameBytes, valueBytes)
            return SessionCallbacks.success
        }
        if nameBytes.count > 0, nameBytes[0] == ASCII.colon {
            if record.head.kind == .answer {
                writeStatusLine(valueBytes)
            } else {
                unsafe retainPseudo(nameBytes, value)
            }
            return SessionCallbacks.success
        }
        record.head.fieldCount += 1
        let countMax = record.head.kind == .answer ? Limits.fieldCountMax : store.headBounds.fieldCountMax
        guard Int(record.head.fieldCount) <= countMax else {
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
        if record.head.kind == .request { writeLine() }
        guard Session.isFieldName(name), value.endOfValue(from: 0) == value.count else {
            record.head.isMalformed = true
            return
        }
        if name.isName("cookie"), record.head.kind == .request { return addCookie(value) }
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

    /// `:status` is the only pseudo-header field of answers, and comes first; nghttp2 sees to it.
    private func writeStatusLine(_ status: Bytes) {
        guard let number = status.decimal, status.count == 3 else {
            record.head.isMalformed = true
            return
        }
        record.head.isFinal = number >= 200
        var writer = headWriter()
        writer.append("HTTP/1.1 ")
        writer.append(status)
        writer.append(byte: ASCII.space)
        writer.append(StatusLine.reason(UInt16(number)))
        writer.append("\r\n")
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

    /// The block is complete: the head of a request stands in the input of the stream's socket, that of an answer
    /// waits to be read on.
    ///
    /// - Returns: `false` if it is the last thing to be heard of the stream, because it is malformed.
    func endHead() -> Bool {
        defer { forgetHead() }
        let socket = record.head.socket
        guard socket >= 0 else { return true }
        guard record.head.kind == .request else {
            if record.head.kind == .answer { endAnswer(socket) }
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

    private func endAnswer(_ socket: Int32) {
        var writer = headWriter()
        writer.append("\r\n")
        keep(writer)
        guard !record.head.isTooLarge, let block = record.head.block else {
            record.head.isMalformed = true
            return
        }
        guard !record.head.isMalformed, store.keepHead(block.bytes(0, Int(record.head.count)), of: socket) else {
            record.head.isMalformed = true
            return
        }
        store[socket].hasFinalHead = record.head.isFinal
        store.sockets[socket].isReadable = true
        store.note(socket)
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
}
