internal import CNGHTTP2

// What goes out: heads, which the worker writes as text of HTTP/1.1, become header blocks.

extension Session {
    /// What came of handing on a head.
    enum HeadOutcome {
        /// An interim answer: another head follows.
        case interim
        case final
        /// nghttp2 takes no head for this stream, or it is too long.
        case refused
    }

    /// Hands the head at the beginning of a stream's output to nghttp2, and takes it away from there.
    ///
    /// - Parameter isLast: nothing will be added to the output.
    func sendAnswerHead(_ socket: Int32, isLast: Bool) -> HeadOutcome {
        guard let block = store.sockets[socket].output else { return .refused }
        let start = Int(store.sockets[socket].outputStart)
        let text = block.bytes(start, Int(store.sockets[socket].outputEnd))
        // `HTTP/1.1 200 OK`, written by the worker.
        guard text.count > 12, let status = text[9..<12].decimal else { return .refused }
        var fields = FieldList(store.library)
        fields.add(Bytes(":status"), text[9..<12])
        guard let lineEnd = text.firstIndex(of: ASCII.lf) else { return .refused }
        let end = addFields(of: block, from: start + lineEnd + 1, to: start + text.count, &fields)
        guard end > 0, !fields.isOverfull else { return .refused }
        store.sockets[socket].outputStart = Int32(end)
        if store.sockets[socket].outputStart == store.sockets[socket].outputEnd {
            (store.sockets[socket].outputStart, store.sockets[socket].outputEnd) = (0, 0)
        }
        let id = store[socket].id
        if status < 200 {
            let none = UInt8(NGHTTP2_FLAG_NONE.rawValue)
            // nghttp2 copies names and values.
            let result = unsafe nghttp2_submit_headers(handle, none, id, nil, fields.base, fields.count, nil)
            return result == 0 ? .interim : .refused
        }
        store[socket].isHeadSent = true
        store[socket].isLastStaged = isLast
        if isLast, store.sockets[socket].outputCount == 0 {
            // The end goes out with the head, which may have to wait: `noteSent` tells.
            return unsafe nghttp2_submit_response(handle, id, fields.base, fields.count, nil) == 0 ? .final : .refused
        }
        var source = unsafe SessionCallbacks.source(socket)
        let result = unsafe nghttp2_submit_response(handle, id, fields.base, fields.count, &source)
        return result == 0 ? .final : .refused
    }

    /// A frame went to the connection's output. Until a message without a body, or its trailers, have gone there the
    /// stream must not be reset: nghttp2 drops what waits of a stream that is.
    func noteSent(_ frame: UnsafePointer<nghttp2_frame>) -> Int32 {
        // The frame is valid for the call.
        let header = unsafe frame.pointee.hd
        guard UInt32(header.type) == NGHTTP2_HEADERS.rawValue else { return SessionCallbacks.success }
        let socket = socket(of: header.stream_id)
        guard socket >= 0 else { return SessionCallbacks.success }
        store[socket].isHeadOut = true
        guard header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0 else { return SessionCallbacks.success }
        store[socket].isEndSent = true
        store.note(socket)
        return SessionCallbacks.success
    }

    /// Hands the head of a request at the beginning of a stream's output to nghttp2, and takes it away from there. Its
    /// text stays as it is, for another attempt.
    ///
    /// - Parameters:
    ///   - scheme: of the target.
    ///   - isLast: nothing will be added to the output.
    /// - Returns: `false` if nghttp2 takes no request any more.
    func sendRequestHead(_ socket: Int32, scheme: StaticString, isLast: Bool) -> Bool {
        guard let block = store.sockets[socket].output else { return false }
        let start = Int(store.sockets[socket].outputStart)
        let text = block.bytes(start, Int(store.sockets[socket].outputEnd))
        // `GET /path HTTP/1.1`, then `Host`, written by the worker.
        guard let lineEnd = text.firstIndex(of: ASCII.lf), let methodEnd = text.firstIndex(of: ASCII.space),
            let hostEnd = text.firstIndex(of: ASCII.lf, from: lineEnd + 1)
        else { return false }
        var fields = FieldList(store.library)
        fields.add(Bytes(":method"), text[0..<methodEnd])
        fields.add(Bytes(":scheme"), Bytes(scheme))
        let host = text[lineEnd + 1..<hostEnd - 1]
        if host.count > 6 { fields.add(Bytes(":authority"), host.from(6)) }
        fields.add(Bytes(":path"), text[methodEnd + 1..<lineEnd - 10])
        let end = addFields(of: block, from: start + hostEnd + 1, to: start + text.count, &fields)
        guard end > 0, !fields.isOverfull else { return false }
        store.sockets[socket].consumeOutput(end - start)
        store[socket].isHeadSent = true
        store[socket].isLastStaged = isLast
        let number = unsafe UnsafeMutableRawPointer(bitPattern: Int(socket) + 1)
        // nghttp2 copies names and values, and hands back the number, which is no pointer.
        var source = unsafe SessionCallbacks.source(socket)
        let id =
            unsafe isLast && store.sockets[socket].outputCount == 0
            ? nghttp2_submit_request(handle, nil, fields.base, fields.count, nil, number)
            : nghttp2_submit_request(handle, nil, fields.base, fields.count, &source, number)
        guard id > 0 else { return false }
        store[socket].id = id
        return true
    }

    /// Hands the trailers of a stream to nghttp2; they end it.
    func sendTrailers(_ socket: Int32) -> Bool {
        let trailers = store[socket].departingTrailers
        store[socket].departingTrailers = Trailers()
        guard let block = trailers.block else { return false }
        var fields = FieldList(store.library)
        let lines = trailers.lines
        let start = lines.offset(in: block)
        // The empty line stands behind them.
        let end = addFields(of: block, from: start, to: Int(trailers.end), &fields)
        guard end > 0, !fields.isOverfull else { return false }
        return unsafe nghttp2_submit_trailer(handle, store[socket].id, fields.base, fields.count) == 0
    }

    /// Adds the fields of a head up to its empty line, with names in lower case and without those of the connection.
    ///
    /// - Returns: the offset behind the empty line; 0 if there is none.
    private func addFields(of block: Block, from start: Int, to end: Int, _ fields: inout FieldList) -> Int {
        var offset = start
        while offset + 1 < end {
            if block[offset] == ASCII.cr { return offset + 2 }
            let line = block.bytes(offset, end)
            let nameEnd = line.endOfToken(from: 0)
            guard nameEnd + 2 < line.count, line[nameEnd] == ASCII.colon else { return 0 }
            var valueStart = nameEnd + 1
            while valueStart < line.count, ASCII.isBlank(line[valueStart]) { valueStart += 1 }
            let lineEnd = line.endOfValue(from: valueStart)
            guard lineEnd + 1 < line.count else { return 0 }
            let name = line[0..<nameEnd]
            switch FieldKind.of(name) {
            case .connection, .keepAlive, .proxyConnection, .transferEncoding, .upgrade: break
            // Written by the worker; the only coding that may be said (RFC 9113 section 8.2.2).
            case .te where record.role == .client: break
            default:
                for index in 0..<nameEnd { block[offset + index] = ASCII.lowercased(line[index]) }
                fields.add(name, line[valueStart..<lineEnd].trimmed)
            }
            offset += lineEnd + 2
        }
        return 0
    }
}

/// Fields on their way into nghttp2: views of a head, copied when they are submitted.
///
/// Unsafe operations hold because `count` is bounded by the room that the library has for fields.
@safe
struct FieldList {
    let base: UnsafeMutablePointer<nghttp2_nv>
    private(set) var count = 0
    private(set) var isOverfull = false

    init(_ library: SessionLibrary) { unsafe base = library.fields }

    mutating func add(_ name: Bytes, _ value: Bytes) {
        guard count < SessionLibrary.fieldCountMax else {
            isOverfull = true
            return
        }
        // nghttp2 reads names and values only.
        unsafe base[count] = nghttp2_nv(
            name: UnsafeMutablePointer(mutating: name.base),
            value: UnsafeMutablePointer(mutating: value.base),
            namelen: name.count,
            valuelen: value.count,
            flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue)
        )
        count += 1
    }
}
