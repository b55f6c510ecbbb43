internal import GatewayTable

// What the client gets: an upstream's answer, or one of the gateway's own.

extension Worker {
    // MARK: The upstream's answer

    /// Parses what has come of the answer's head and, when it is whole, writes the client's.
    ///
    /// - Returns: whether the exchange goes on.
    mutating func takeAnswerHead(_ x: Int32) -> Bool {
        let upstream = exchanges[x].upstream
        guard let block = sockets[upstream].input else { return true }
        while exchanges[x].state == .awaitingAnswer, sockets[upstream].hasInput,
            isWorthParsing(upstream, bytesMax: Limits.answerHeadBytesMax)
        {
            let input = block.bytes(Int(sockets[upstream].inputStart), Int(sockets[upstream].inputEnd))
            switch answerHead.parse(input, isToHead: exchanges[x].isHead) {
            case .incomplete:
                keepHead(upstream)
                return true
            case .refused:
                failUpstream(x, .malformed)
                return false
            case .complete: break
            }
            if exchanges[x].hedgeOf >= 0, answerHead.status >= 200 {
                win(x)
                return false
            }
            sockets[upstream].inputStart += Int32(answerHead.message.count)
            sockets[upstream].scannedEnd = 0
            if answerHead.status == 101 {
                guard beginTunnel(x) else {
                    failUpstream(x, .malformed)
                    return false
                }
                if exchanges[x].duties.contains(.judged) { noteAnswer(x, 101) }
                return true
            }
            if answerHead.status < 200 {
                guard takeInterim(x) else { return false }
                continue
            }
            if exchanges[x].duties.contains(.judged) { noteAnswer(x, answerHead.status) }
            dropHedge(x)
            if usesStored(x) { return false }
            exchanges[x].state = .relaying
            beginAnswerBody(x)
            guard writeAnswerHead(x) else {
                endCompression(x)
                exchanges[x].state = .awaitingAnswer
                failUpstream(x, .malformed)
                return false
            }
        }
        // Interim answers took the block's front, all of it perhaps.
        if !sockets[upstream].hasInput { (sockets[upstream].inputStart, sockets[upstream].inputEnd) = (0, 0) }
        return true
    }

    /// How the body of the answer in `answerHead` will end.
    @inline(__always)
    mutating func beginAnswerBody(_ x: Int32) {
        let upstream = exchanges[x].upstream
        exchanges[x].answer = BodyReader(answerHead.framing, length: answerHead.contentLength)
        if sockets[upstream].transport == .stream {
            // Its end is that of the stream, whatever the head says of it; nghttp2 compares.
            exchanges[x].answer = BodyReader(http2[upstream].hasEndedEmpty ? .none : .untilClose)
        } else if !answerHead.keepsAlive {
            sockets[upstream].isEnding = true
        }
    }

    /// An interim answer: 100 was said already where it was due, others go to clients that know them (RFC 9110
    /// section 15.2).
    private mutating func takeInterim(_ x: Int32) -> Bool {
        exchanges[x].interimCount += 1
        guard exchanges[x].interimCount <= Limits.interimAnswerCountMax else {
            failUpstream(x, .malformed)
            return false
        }
        guard answerHead.status != 100, !exchanges[x].isOldClient else { return true }
        let client = exchanges[x].client
        var output = ByteWriter(outputBlock(client), count: Int(sockets[client].outputEnd))
        appendStatusLine(answerHead.status, reason: answerHead.reason, to: &output)
        answerHead.table.appendKept(of: answerHead.message, to: &output)
        output.append("\r\n")
        guard !output.isOverfull else {
            failUpstream(x, .malformed)
            return false
        }
        sockets[client].outputEnd = Int32(output.count)
        return true
    }

    /// - Returns: whether the head fits.
    mutating func writeAnswerHead(_ x: Int32) -> Bool {
        let client = exchanges[x].client
        var output = ByteWriter(outputBlock(client), count: Int(sockets[client].outputEnd))
        exchanges[x].status = answerHead.status
        if answerHead.statusLine.isEmpty {
            appendStatusLine(answerHead.status, reason: answerHead.reason, to: &output)
        } else {
            output.append(answerHead.statusLine)
        }
        dropReplaced(x, to: &output)
        answerHead.table.appendKept(of: answerHead.message, to: &output)
        if !answerHead.hasDate { output.append(dateLine.line(at: wall / 1000)) }
        appendResponseProgram(x, isRefusal: false, to: &output)
        if exchanges[x].consultation == .done { appendVerdictForClient(x, to: &output) }
        if answerHead.status == 101 || answerHead.status == 426 { appendUpgrade(to: &output) }
        if answerHead.status != 101 { appendFraming(x, to: &output) }
        output.append("\r\n")
        guard !output.isOverfull else { return false }
        sockets[client].outputEnd = Int32(output.count)
        return true
    }

    /// How the client will know the end of the body (RFC 9112 section 6).
    private mutating func appendFraming(_ x: Int32, to output: inout ByteWriter) {
        switch answerHead.framing {
        // What an answer without a body says of its length holds for HEAD and 304 only (RFC 9110 section 8.6).
        case .none, .length:
            if answerHead.statesLength, !answerHead.carriesLength {
                output.append("Content-Length: ")
                output.append(decimal: answerHead.contentLength)
                output.append("\r\n")
            }
        case .untilClose where exchanges[x].answer.isComplete:
            // A stream that ended with its head.
            if !exchanges[x].isStream { output.append("Content-Length: 0\r\n") }
        case .chunked, .untilClose:
            if exchanges[x].isOldClient || exchanges[x].isStream {
                exchanges[x].closesClient = true
            } else {
                exchanges[x].isAnswerChunked = true
                output.append("Transfer-Encoding: chunked\r\n")
            }
        }
        // An answer that comes before the request was read ends the connection: what the client still sends has no
        // taker.
        if !exchanges[x].isBodyRead { exchanges[x].closesClient = true }
        appendConnection(x, to: &output)
    }

    private mutating func appendConnection(_ x: Int32, to output: inout ByteWriter) {
        if phase != .serving { exchanges[x].closesClient = true }
        if exchanges[x].closesClient {
            output.append("Connection: close\r\n")
        } else if exchanges[x].isOldClient {
            output.append("Connection: keep-alive\r\n")
        }
    }

    private mutating func appendStatusLine(_ status: UInt16, reason: Bytes, to output: inout ByteWriter) {
        output.append("HTTP/1.1 ")
        output.append(decimal: UInt64(status))
        output.append(byte: ASCII.space)
        output.append(reason)
        output.append("\r\n")
    }

    // MARK: The gateway's own answers

    /// Answers with what the spec says (`respond`).
    mutating func answer(_ x: Int32, with index: UInt32) {
        let view = exchanges[x].table.view
        let response = view.responses[index]
        sendOwn(
            x,
            status: UInt16(response.status),
            reason: Bytes(StatusLine.reason(UInt16(response.status))),
            fields: Bytes(view.bytes(response.headerLines)),
            body: Bytes(view.bytes(response.body)),
            isRefusal: false
        )
    }

    /// Answers a request whose head could not be taken, and closes.
    mutating func refuseMalformed(_ descriptor: Int32, _ kind: RefusalKind) {
        disarm(descriptor)
        head.forget()
        let x = takeExchange(descriptor)
        sockets[descriptor].state = .busy
        sockets[descriptor].exchange = x
        exchanges[x].bodyCursor = sockets[descriptor].inputEnd
        countMalformed(kind)
        refuse(x, kind)
    }

    private mutating func countMalformed(_ kind: RefusalKind) {
        switch kind.status {
        case 413: metrics.add(.malformed413)
        case 414: metrics.add(.malformed414)
        case 431: metrics.add(.malformed431)
        case 501: metrics.add(.malformed501)
        case 505: metrics.add(.malformed505)
        case 408: break
        default: metrics.add(.malformed400)
        }
    }

    /// Refuses the exchange's request, in the middle of its body too; the upstream, if one was asked, is dropped.
    mutating func refuse(_ x: Int32, _ kind: RefusalKind) {
        // Who could not be asked has not refused.
        if exchanges[x].state == .delayed {
            takeUp(x)
        } else if exchanges[x].consultation == .asking {
            return failConsultation(x)
        }
        // The answer has begun: nothing else can be said on this connection.
        if exchanges[x].state == .relaying { return abandonClient(exchanges[x].client) }
        if kind.isOfUpstream, rescue(x, status: 0) { return }
        exchanges[x].refusal = kind
        if exchanges[x].upstream >= 0 {
            exchanges[x].upstreamEnded = now
            dropUpstream(x)
        }
        if kind.closesConnection { exchanges[x].closesClient = true }
        var fields = ByteWriter(hostScratch)
        var status = kind.status
        appendRefusalFields(x, kind, &status, to: &fields)
        var body = ByteWriter(bodyScratch)
        appendProblem(x, kind, status, to: &body)
        sendOwn(
            x,
            status: status,
            reason: Bytes(StatusLine.reason(status)),
            fields: fields.written,
            body: body.written,
            isRefusal: true
        )
    }

    private mutating func appendRefusalFields(
        _ x: Int32,
        _ kind: RefusalKind,
        _ status: inout UInt16,
        to fields: inout ByteWriter
    ) {
        let view = exchanges[x].table.view
        fields.append("Content-Type: application/problem+json\r\nCache-Control: no-store\r\n")
        switch kind {
        case .methodNotAllowed: appendAllow(match.allowedMethods, view, to: &fields)
        case .unauthenticated, .unauthenticatedBasic, .unauthenticatedCertificate, .unauthenticatedAny,
            .unauthenticatedToken, .unauthenticatedIntrospection, .unauthenticatedSignature:
            appendChallenges(x, view, to: &fields)
        case .claimsInsufficient: appendTokenChallenge(x, view, to: &fields)
        case .brownout:
            let (_, window) = view.state(ofVersion: exchanges[x].version, at: instant)
            guard window != TableLayout.none else { return }
            status = UInt16(view.brownouts[window].status)
            appendRetryAfter(UInt64(max(view.brownouts[window].until - instant, 1)), to: &fields)
        case .faultInjected: status = exchanges[x].status
        case .rateLimited:
            var wait: UInt32 = 1
            for index in 0..<Limits.ratesPerLimitMax where exchanges[x].rates[index].isFull {
                wait = max(wait, exchanges[x].rates[index].resetSeconds)
            }
            appendRetryAfter(UInt64(wait), to: &fields)
        case .concurrencyLimited, .crowded, .overloaded, .upstreamBusy, .upstreamUnavailable, .keysUnavailable,
            .authorizerUnavailable,
            .introspectionUnavailable, .bundleStale:
            appendRetryAfter(1, to: &fields)
        default: break
        }
    }

    private mutating func appendRetryAfter(_ seconds: UInt64, to fields: inout ByteWriter) {
        fields.append("Retry-After: ")
        fields.append(decimal: seconds)
        fields.append("\r\n")
    }

    private mutating func appendAllow(_ methods: UInt32, _ view: TableView, to fields: inout ByteWriter) {
        fields.append("Allow: ")
        var isFirst = true
        for bit in 0..<UInt32(MethodTable.known.count + view.methods.count) where methods >> bit & 1 != 0 {
            if !isFirst { fields.append(", ") }
            isFirst = false
            if bit < UInt32(MethodTable.known.count) {
                fields.append(MethodTable.known[Int(bit)])
            } else {
                fields.append(Bytes(view.bytes(view.methods[Int(bit) - MethodTable.known.count])))
            }
        }
        fields.append("\r\n")
    }

    /// Problem details (RFC 9457).
    private mutating func appendProblem(_ x: Int32, _ kind: RefusalKind, _ status: UInt16, to body: inout ByteWriter) {
        let view = exchanges[x].table.view
        if kind == .sunset, exchanges[x].version != TableLayout.none {
            body.append(Bytes(view.bytes(view.versions[exchanges[x].version].goneBody)))
            return
        }
        kind.appendProblem(status: status, to: &body)
        // A planned version must look like an unknown one, which has no route that could name the request.
        if exchanges[x].requestIDCount > 0, kind != .versionUnknown {
            body.append(",\"request_id\":\"")
            body.append(requestID(x))
            body.append("\"")
        }
        let api = api(x)
        if kind == .versionUnknown, api != TableLayout.none {
            appendVersions(api, view, to: &body)
        }
        body.append("}\n")
    }

    /// The versions that a client may know of: active and deprecated ones.
    private mutating func appendVersions(_ api: UInt32, _ view: TableView, to body: inout ByteWriter) {
        body.append(",\"api\":\"")
        body.append(json: Bytes(view.bytes(view.apis[api].name)))
        body.append("\",\"versions\":[")
        var isFirst = true
        let range = view.apis[api].versions
        for version in range.first..<range.first + range.count {
            switch view.state(ofVersion: version, at: instant).state {
            case .active, .deprecated, .brownout: break
            case .planned, .sunset, .retired: continue
            }
            if !isFirst { body.append(byte: ASCII.comma) }
            isFirst = false
            body.append(byte: ASCII.quote)
            body.append(json: Bytes(view.bytes(view.versions[version].value)))
            body.append(byte: ASCII.quote)
        }
        body.append("]")
    }

    /// Writes an answer of the gateway's own to the client's output and ends the exchange, or reads over the rest of
    /// the request's body first.
    mutating func sendOwn(
        _ x: Int32,
        status: UInt16,
        reason: Bytes,
        fields: Bytes,
        body: Bytes,
        isRefusal: Bool
    ) {
        let client = exchanges[x].client
        exchanges[x].status = status
        let drains = decideDraining(x)
        var output = ByteWriter(outputBlock(client), count: Int(sockets[client].outputEnd))
        appendStatusLine(status, reason: reason, to: &output)
        output.append(fields)
        output.append(dateLine.line(at: wall / 1000))
        if exchanges[x].refusal == .versionUnknown {
            // Nothing that a planned version says, and an unknown one does not.
            appendVary(x, exchanges[x].table.view, to: &output)
        } else {
            appendResponseProgram(x, isRefusal: isRefusal, to: &output)
            if exchanges[x].consultation == .done { appendVerdictForClient(x, to: &output) }
        }
        if status != 204 && status != 304 {
            output.append("Content-Length: ")
            output.append(decimal: UInt64(body.count))
            output.append("\r\n")
        }
        appendConnection(x, to: &output)
        output.append("\r\n")
        if !exchanges[x].isHead, status != 204, status != 304 {
            output.append(body)
            exchanges[x].bytesOut += UInt64(body.count)
        }
        if output.isOverfull {
            exchanges[x].closesClient = true
        } else {
            sockets[client].outputEnd = Int32(output.count)
        }
        if drains {
            exchanges[x].state = .discarding
            progress(x)
        } else {
            finish(x)
        }
    }

    /// Whether the rest of the request's body is worth reading so that the connection can go on.
    private mutating func decideDraining(_ x: Int32) -> Bool {
        guard !exchanges[x].isBodyRead else { return false }
        if exchanges[x].closesClient || exchanges[x].owesContinue || phase != .serving {
            exchanges[x].closesClient = true
            return false
        }
        if exchanges[x].body.framing == .length, exchanges[x].body.remaining > Limits.drainedBodyBytesMax {
            exchanges[x].closesClient = true
            return false
        }
        return true
    }
}
