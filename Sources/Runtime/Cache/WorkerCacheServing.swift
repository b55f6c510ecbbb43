internal import GatewayTable

// A stored answer goes the way of an upstream's: its head as one that came, its body from memory in place of a
// connection.

extension Worker {
    /// Answers from the store.
    ///
    /// - Precondition: `answerPlace` is pinned, and the request is the one in `head`.
    mutating func serveStored(_ x: Int32) {
        let stored = answers.head(exchanges[x].answerPlace)
        guard case .complete = answerHead.parse(stored, isToHead: exchanges[x].isHead) else { return loseStored(x) }
        sendStored(x)
    }

    /// Answers with the head in `answerHead` and the body that is stored.
    mutating func sendStored(_ x: Int32) {
        let (request, stored) = (
            FieldsView(head.table, head.message), FieldsView(answerHead.table, answerHead.message)
        )
        if answerHead.status == 200, Precondition.isNotModified(request, stored) {
            guard takeNotModified(x) else { return loseStored(x) }
        }
        exchanges[x].isRequestSent = true
        exchanges[x].state = .relaying
        exchanges[x].answer = BodyReader(answerHead.framing, length: answerHead.contentLength)
        guard writeAnswerHead(x) else { return loseStored(x) }
        progress(x)
    }

    /// With what the gateway adds, it is larger than heads may be.
    private mutating func loseStored(_ x: Int32) {
        exchanges[x].state = .deciding
        exchanges[x].cache = .bypass
        refuse(x, .upstreamMalformed)
    }

    /// Makes the head in `answerHead` one that says that the client has the answer (RFC 9110 section 15.4.5).
    private mutating func takeNotModified(_ x: Int32) -> Bool {
        var text = ByteWriter(bodyScratch)
        text.append("HTTP/1.1 304 Not Modified\r\n")
        let names: InlineArray<7, StaticString> = [
            "cache-control", "content-location", "date", "etag", "expires", "last-modified", "vary",
        ]
        for index in 0..<7 {
            answerHead.table.appendLines(
                named: Bytes(names[index]),
                of: answerHead.message,
                onlyKept: true,
                to: &text
            )
        }
        text.append("\r\n")
        return !text.isOverfull && answerHead.parse(text.written, isToHead: exchanges[x].isHead) == .complete
    }

    /// `stageAnswerBody` for an answer from the store: as much as the client's output has room for.
    mutating func stageStored(_ x: Int32) {
        let client = exchanges[x].client
        let body = answers.body(exchanges[x].answerPlace)
        let block = outputBlock(client)
        let end = Int(sockets[client].outputEnd)
        let left = min(Int(exchanges[x].answer.remaining), body.count)
        let count = min(left, Limits.blockBytes - end)
        guard count > 0 else { return }
        block.copy(body[body.count - left..<body.count - left + count], to: end)
        sockets[client].outputEnd = Int32(end + count)
        exchanges[x].answer.pass(count)
        exchanges[x].bytesOut += UInt64(count)
    }

    // MARK: What the client is told

    /// `Age` and `Cache-Status` (RFC 9211).
    mutating func appendCacheStatus(_ x: Int32, to output: inout ByteWriter) {
        let reason: StaticString
        switch exchanges[x].cache {
        case .none: return
        case .hit, .meanwhile, .renewed, .rescued: return appendAge(x, to: &output)
        case .bypass: reason = "bypass"
        case .change: reason = "method"
        case .missing: reason = "uri-miss"
        case .unselected: reason = "vary-miss"
        case .stale: reason = "stale"
        case .unwanted, .distrusted: reason = "request"
        }
        output.append("Cache-Status: apic; fwd=")
        output.append(reason)
        if exchanges[x].answerPlace >= 0 { output.append("; stored") }
        output.append("\r\n")
    }
    private mutating func appendAge(_ x: Int32, to output: inout ByteWriter) {
        let answer = answers[exchanges[x].answerPlace]
        let age = answer.age(now: now)
        output.append("Age: ")
        output.append(decimal: UInt64(age))
        output.append("\r\nCache-Status: apic; ")
        switch exchanges[x].cache {
        case .renewed:
            output.append(exchanges[x].isStoredFresh ? "fwd=request; fwd-status=304" : "fwd=stale; fwd-status=304")
        case .rescued:
            output.append(exchanges[x].isStoredFresh ? "fwd=request" : "fwd=stale")
            if exchanges[x].staleStatus > 0 {
                output.append("; fwd-status=")
                output.append(decimal: UInt64(exchanges[x].staleStatus))
            }
            output.append("; detail=stale-if-error")
        default:
            output.append(age > answer.rule.lifetime ? "hit; ttl=-" : "hit; ttl=")
            let (less, more) = (min(age, answer.rule.lifetime), max(age, answer.rule.lifetime))
            output.append(decimal: UInt64(more - less))
        }
        output.append("\r\n")
    }
}
