internal import GatewayTable

// What is stored and too old (RFC 9111 section 4.3, RFC 5861). The upstream is asked whether it has changed; if it has
// not, the stored answer gets a new head and is sent. An answer that may be used meanwhile is sent at once, and a copy
// of the request asks behind it, as `mirror` does. If the upstream fails, what is stored may be better than nothing.

extension Worker {
    // MARK: Asking

    /// Whether the upstream is asked for a change alone: marks the client's own conditions, which the stored answer
    /// will have to meet, as not to be carried along.
    mutating func takeConditions(_ x: Int32) {
        let place = placeToRenew(x)
        guard place >= 0 else { return }
        let stored = answers.head(place)
        exchanges[x].asksForChange =
            StoredLines.value("etag", in: stored) != nil || StoredLines.value("last-modified", in: stored) != nil
        guard exchanges[x].asksForChange else { return }
        head.table.drop(name: Bytes("if-none-match"), in: head.message)
        head.table.drop(name: Bytes("if-modified-since"), in: head.message)
    }

    /// The conditions under which a stored answer is still good (RFC 9111 section 4.3.1).
    mutating func appendConditions(_ x: Int32, to output: inout ByteWriter) {
        guard exchanges[x].asksForChange else { return }
        let stored = answers.head(placeToRenew(x))
        if let tag = StoredLines.value("etag", in: stored) { appendField("If-None-Match: ", tag, to: &output) }
        if let date = StoredLines.value("last-modified", in: stored) {
            appendField("If-Modified-Since: ", date, to: &output)
        }
    }

    /// What is stored of the answer that the upstream is asked for; -1 if nothing is.
    private mutating func placeToRenew(_ x: Int32) -> Int32 {
        exchanges[x].cache == .meanwhile ? exchanges[x].answerPlace : exchanges[x].stalePlace
    }

    private func appendField(_ name: StaticString, _ value: Bytes, to output: inout ByteWriter) {
        output.append(name)
        output.append(value)
        output.append("\r\n")
    }

    /// Sends the stored answer, and asks for it anew behind it.
    ///
    /// - Parameter block: holds the head as it is to be sent.
    mutating func renewBehind(_ x: Int32, _ block: Block) {
        let place = exchanges[x].answerPlace
        let copy = copyRequest(x, to: exchanges[x].upstreamIndex, capture: exchanges[x].hashedCapture)
        if copy >= 0 {
            exchanges[copy].cache = .stale
            exchanges[copy].stalePlace = place
            answers.pin(place)
            answers.setRenewed(place, true)
            attempt(copy, block)
        } else {
            // The next one tries again.
            blocks.give(block)
        }
        // Of the attempt that was not made.
        (exchanges[x].upstreamIndex, exchanges[x].upstreamStarted) = (TableLayout.none, 0)
        (exchanges[x].asksOverHTTP2, exchanges[x].asksForChange) = (false, false)
        // The copy may have been answered already.
        guard restoreFields(x) else { return refuse(x, .malformed) }
        serveStored(x)
    }

    // MARK: Answers

    /// Makes use of what is stored in place of the upstream's answer, whose head is in `answerHead`, if that says so.
    ///
    /// - Returns: whether the exchange was answered so, or is over.
    mutating func usesStored(_ x: Int32) -> Bool {
        guard exchanges[x].stalePlace >= 0 else { return false }
        switch answerHead.status {
        case 304 where exchanges[x].asksForChange:
            takeUnchanged(x)
            return true
        case 500, 502, 503, 504: return rescue(x, status: answerHead.status)
        default: return false
        }
    }

    /// The upstream failed: answers with what is stored, if that may be (RFC 5861 section 4).
    ///
    /// - Parameter status: 0 if there was no answer.
    mutating func rescue(_ x: Int32, status: UInt16) -> Bool {
        let place = exchanges[x].stalePlace
        guard place >= 0, !exchanges[x].isCopy else { return false }
        let seconds = answers[place].rule.staleIfError
        // It may have been purged, or changed, meanwhile.
        guard seconds > 0, answers[place].isWithin(seconds, now: now), restoreFields(x),
            settings.purges.admits(answers[place].pathHash, requested: answers[place].requested)
        else { return false }
        exchanges[x].staleStatus = status
        if status > 0 { beginAnswerBody(x) }
        endAsking(x)
        metrics.add(.cacheStale)
        takeStale(x, as: .rescued)
        serveStored(x)
        return true
    }

    /// The upstream is needed no more. Its connection may be used again if all of its answer is there.
    private mutating func endAsking(_ x: Int32) {
        let upstream = exchanges[x].upstream
        guard upstream >= 0 else { return }
        exchanges[x].upstreamEnded = now
        let (start, end) = (Int(sockets[upstream].inputStart), Int(sockets[upstream].inputEnd))
        if !exchanges[x].answer.isComplete, start < end, let block = sockets[upstream].input,
            case .progress(_, _, let consumed) = exchanges[x].answer.step(block, from: start, to: end)
        {
            sockets[upstream].inputStart += Int32(consumed)
        }
        if exchanges[x].answer.isComplete { releaseUpstream(x) } else { dropUpstream(x) }
    }

    /// What was too old is what the client gets.
    private mutating func takeStale(_ x: Int32, as stage: CacheStage) {
        dropAnswer(x)
        exchanges[x].answerPlace = exchanges[x].stalePlace
        exchanges[x].stalePlace = -1
        exchanges[x].cache = stage
    }

    /// The stored answer has not changed: it takes on what the upstream says of it (RFC 9111 section 4.3.4), and goes
    /// to the client with that, whether all others may have it so or not.
    private mutating func takeUnchanged(_ x: Int32) {
        let place = exchanges[x].stalePlace
        let toldAge = StorageRule.toldAge(FieldsView(answerHead.table, answerHead.message))
        var text = ByteWriter(pathScratch)
        let merge = StoredHead.merge(
            answers.head(place),
            answerHead,
            bodyCount: answers.body(place).count,
            date: dateLine.line(at: wall / 1000),
            to: &text
        )
        guard merge != .other else {
            // Whatever it means, it was not asked about that.
            dropStale(x)
            return failUpstream(x, .malformed)
        }
        beginAnswerBody(x)
        metrics.add(.cacheRenewed)
        let isRestored = restoreFields(x)
        let isSent =
            merge == .merged && isRestored
            && answerHead.parse(text.written, isToHead: exchanges[x].isHead) == .complete
        if isSent { renew(x, text.written, toldAge: toldAge) } else { answers.remove(place) }
        endAsking(x)
        if exchanges[x].isCopy { return finishCopy(x) }
        guard isRestored else { return refuse(x, .malformed) }
        takeStale(x, as: .renewed)
        if isSent { sendStored(x) } else { serveStored(x) }
    }

    /// Stores the head in `answerHead` in place of the one that is stored, if it is for those for whom that was.
    private mutating func renew(_ x: Int32, _ text: Bytes, toldAge: UInt32) {
        let place = exchanges[x].stalePlace
        let settings = cacheSettings(of: x)
        guard exchanges[x].table.isCurrent, let rule = storageRule(x, settings, toldAge: toldAge),
            rule.isShared || !answers[place].rule.isShared,
            answers.setHead(place, text, byteCountMax: cacheBytesMax(settings))
        else { return }
        answers.setTimes(place, rule, requested: exchanges[x].upstreamStarted, received: now)
        noteCache()
    }
}
