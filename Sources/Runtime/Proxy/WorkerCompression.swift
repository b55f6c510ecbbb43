internal import GatewayTable

// compress: the body of an upstream's answer as gzip. It is compressed where it is handed on, from the block into which
// it was read into the client's own output, so that back-pressure, framing and deadlines stay those of every answer.

/// What a request says of how its answer may be encoded.
enum EncodingChoice: UInt8, BitwiseCopyable {
    /// Its route compresses nothing.
    case none = 0
    /// As it is.
    case identity
    /// As gzip, if it is worth it.
    case gzip
}

extension Worker {
    mutating func noteEncoding(_ x: Int32, _ fields: FieldsView) {
        // HTTP/1.0 has no framing for a body whose length nobody knows, but for the connection's end.
        let takesGzip =
            !exchanges[x].isOldClient && AcceptEncoding.prefersGzip(fields)
            && !fields.has("no-transform", in: "cache-control")
        exchanges[x].encoding = takesGzip ? .gzip : .identity
    }

    // MARK: The head

    /// Decides about the answer in `answerHead`: takes away what will not hold of it any more, and says what will.
    mutating func decideCompression(
        _ x: Int32,
        level: UInt16,
        sizeMin: UInt32,
        types: Bytes,
        to output: inout ByteWriter
    ) {
        endCompression(x)
        guard exchanges[x].encoding != .none else { return }
        let fields = FieldsView(answerHead.table, answerHead.message)
        let isValidated = answerHead.status == 304
        guard !fields.has("content-encoding"), !fields.has("no-transform", in: "cache-control"),
            isValidated || isWorthCompressing(x, fields, sizeMin, types)
        else { return }
        // What others would get is not what this client gets.
        if !fields.has("accept-encoding", in: "vary"), !fields.has("*", in: "vary") {
            output.append("Vary: Accept-Encoding\r\n")
        }
        guard exchanges[x].encoding == .gzip else { return }
        if isValidated { return weakenTag(fields, to: &output) }
        // Of HEAD only the head is as for GET.
        if !exchanges[x].isHead {
            exchanges[x].deflation = deflations.take(level: Int32(level))
            guard exchanges[x].deflation >= 0 else { return metrics.add(.compressionsMissed) }
            metrics.add(.answersCompressed)
        }
        weakenTag(fields, to: &output)
        answerHead.table.drop(name: Bytes("accept-ranges"), in: answerHead.message)
        answerHead.forgetLength()
        output.append("Content-Encoding: gzip\r\n")
    }

    /// Whether others than those who do not take it should get the answer compressed.
    private mutating func isWorthCompressing(_ x: Int32, _ fields: FieldsView, _ sizeMin: UInt32, _ types: Bytes)
        -> Bool
    {
        switch answerHead.status {
        // No body, or a part of one.
        case 100..<200, 204, 205, 206: return false
        default: break
        }
        guard exchanges[x].isHead || !exchanges[x].answer.isComplete else { return false }
        if answerHead.statesLength, answerHead.contentLength < UInt64(sizeMin) { return false }
        guard let type = fields.firstIndex(ofName: Bytes("content-type")), fields.value(type).isMediaType(in: types)
        else {
            return false
        }
        // What says something of the very bytes stays true.
        return !fields.has("content-range") && !fields.has("content-digest") && !fields.has("repr-digest")
            && !fields.has("digest") && !fields.has("content-md5")
    }

    /// The compressed answer means the same as the one that the tag names, and has other bytes (RFC 9110
    /// section 8.8.1).
    private mutating func weakenTag(_ fields: FieldsView, to output: inout ByteWriter) {
        let name = Bytes("etag")
        guard let index = fields.firstIndex(ofName: name), !answerHead.table.fields[index].isDropped else { return }
        let tag = fields.value(index)
        guard !tag.hasPrefix(Bytes("W/")) else { return }
        answerHead.table.drop(name: name, in: answerHead.message)
        output.append("ETag: W/")
        output.append(tag)
        output.append("\r\n")
    }

    // MARK: The body

    /// Gives back the stream, if the exchange has one.
    @inline(__always)
    mutating func endCompression(_ x: Int32) {
        guard exchanges[x].deflation >= 0 else { return }
        deflations.give(exchanges[x].deflation)
        exchanges[x].deflation = -1
    }

    /// Something of the answer waits to be compressed, or its end does.
    mutating func isCompressing(_ x: Int32) -> Bool {
        deflations[exchanges[x].deflation].hasInput || exchanges[x].answer.isComplete
    }

    /// `stageAnswerBody` for an answer that is compressed: as much of what was read as there is room for in the
    /// client's output.
    ///
    /// - Returns: whether the exchange goes on.
    mutating func stageCompressed(_ x: Int32) -> Bool {
        let place = exchanges[x].deflation
        let upstream = exchanges[x].upstream
        if !deflations[place].hasInput, !exchanges[x].answer.isComplete, exchanges[x].cache.isServed {
            let count = answers.body(exchanges[x].answerPlace).count
            (deflations[place].start, deflations[place].end) = (0, Int32(count))
            exchanges[x].answer.pass(count)
        } else if !deflations[place].hasInput, !exchanges[x].answer.isComplete, sockets[upstream].hasInput {
            let start = sockets[upstream].inputStart
            guard let count = takeAnswerData(x) else { return false }
            (deflations[place].start, deflations[place].end) = (start, start + Int32(count))
        }
        let isLast = exchanges[x].answer.isComplete
        guard deflations[place].hasInput || isLast else { return true }
        compress(x, isLast ? .end : .anything)
        // zlib has its own copy of what it may need.
        if isLast, upstream >= 0, exchanges[x].deflation < 0 || !deflations[place].hasInput {
            exchanges[x].upstreamEnded = now
            releaseUpstream(x)
        }
        return true
    }

    /// The upstream has nothing more for now: what it sent must not wait for what it will send.
    ///
    /// - Returns: whether there may be something to send.
    mutating func flushCompressed(_ x: Int32) -> Bool {
        guard exchanges[x].deflation >= 0, deflations[exchanges[x].deflation].owesFlush else { return false }
        compress(x, .piece)
        return true
    }

    /// Compresses what waits into the client's output, as a chunk where the body is chunked.
    private mutating func compress(_ x: Int32, _ goal: DeflatePool.Goal) {
        let place = exchanges[x].deflation
        let client = exchanges[x].client
        let block = outputBlock(client)
        let end = Int(sockets[client].outputEnd)
        let room = Limits.blockBytes - end - Limits.chunkFramingBytes
        // A large head goes first.
        guard room >= Limits.compressionRoomMin else { return }
        var input = Bytes.empty
        let (first, last) = (Int(deflations[place].start), Int(deflations[place].end))
        if exchanges[x].cache.isServed {
            input = answers.body(exchanges[x].answerPlace)[first..<last]
        } else if first < last, let source = sockets[exchanges[x].upstream].input {
            input = source.bytes(first, last)
        }
        let isChunked = exchanges[x].isAnswerChunked
        let start = isChunked ? end + 6 : end
        let progress = deflations.run(place, input, into: block, from: start, room: room, goal)
        deflations[place].start += Int32(progress.takenCount)
        deflations[place].owesFlush = goal == .piece ? !progress.isDone : true
        metrics.add(.compressedBytesIn, UInt64(progress.takenCount))
        metrics.add(.compressedBytesOut, UInt64(progress.madeCount))
        exchanges[x].bytesOut += UInt64(progress.madeCount)
        if progress.madeCount > 0 {
            if isChunked { frame(block, at: end, count: progress.madeCount) }
            sockets[client].outputEnd = Int32(start + progress.madeCount + (isChunked ? 2 : 0))
        }
        guard goal == .end, progress.isDone else { return }
        endCompression(x)
        guard isChunked, !exchanges[x].answerTrailers.isWaiting else { return }
        var writer = ByteWriter(block, count: Int(sockets[client].outputEnd))
        writer.append(OutputTail.lastChunk.bytes)
        sockets[client].outputEnd = Int32(writer.count)
    }

    /// The size in front of a chunk, in four digits since it is known only behind it, and the line's end.
    private mutating func frame(_ block: Block, at start: Int, count: Int) {
        for index in 0..<4 {
            let digit = UInt8(truncatingIfNeeded: count >> (12 - 4 * index)) & 15
            block[start + index] = digit < 10 ? 0x30 + digit : 0x57 + digit
        }
        (block[start + 4], block[start + 5]) = (ASCII.cr, ASCII.lf)
        (block[start + 6 + count], block[start + 7 + count]) = (ASCII.cr, ASCII.lf)
    }
}
