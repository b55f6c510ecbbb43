internal import CPlatform
internal import GatewayTable

/// What `keep-answer` says.
struct CacheSettings {
    /// Another server is asked about each request.
    let asksAuthorizer: Bool
    let defaults: LifetimeDefaults
    /// Of one body, and of all that the process stores.
    let bodyCountMax: Int
    let byteCountMax: Int

    /// - Parameter counter: of the instruction.
    init(_ view: TableView, _ counter: UInt32) {
        let argument = UInt16(truncatingIfNeeded: view.code[counter] >> 16)
        asksAuthorizer = argument & InstructionFlag.asksAuthorizer != 0
        defaults = LifetimeDefaults(
            fresh: view.code[counter + 1],
            staleMeanwhile: view.code[counter + 2],
            staleIfError: view.code[counter + 3]
        )
        bodyCountMax = Int(view.code[counter + 4])
        byteCountMax = Int(view.code[counter + 5]) << 10
    }
}

extension Worker {
    /// The answer in `answerHead` goes to the client: begins to store it, or to forget what it changed.
    mutating func keepAnswer(_ x: Int32) {
        switch exchanges[x].cache {
        case .none, .bypass, .hit, .meanwhile, .renewed, .rescued: return
        case .change: return noteChange(x)
        case .missing, .unselected, .stale, .unwanted, .distrusted: break
        }
        dropAnswer(x)
        beginAnswer(x)
        if exchanges[x].stalePlace >= 0, exchanges[x].answerPlace < 0, endsStored(x) {
            answers.remove(exchanges[x].stalePlace)
        }
    }

    /// Whether an answer that is not stored says that the one that was is no more: to whoever is like those for whom it
    /// was, and of what was asked for.
    private mutating func endsStored(_ x: Int32) -> Bool {
        guard !exchanges[x].isHead, !isStranger(x, cacheSettings(of: x)) else { return false }
        switch answerHead.status {
        case 200..<304, 305..<400, 404, 410: return true
        default: return false
        }
    }

    private mutating func beginAnswer(_ x: Int32) {
        let settings = cacheSettings(of: x)
        let isDelimited =
            answerHead.framing != .untilClose || sockets[exchanges[x].upstream].transport == .stream
        guard !exchanges[x].isHead, isDelimited, answerHead.contentLength <= UInt64(settings.bodyCountMax),
            answerHead.table.count + 2 <= Limits.fieldCountMax,
            exchanges[x].table.isCurrent, restoreFields(x)
        else { return }
        let (fields, request) = (
            FieldsView(answerHead.table, answerHead.message), FieldsView(head.table, head.message)
        )
        guard let rule = storageRule(x, settings, toldAge: StorageRule.toldAge(fields)) else { return }
        var selection = ByteWriter(hostScratch)
        guard Selection.write(fields, request, to: &selection), isChosen(x, by: selection.written, settings) else {
            return
        }
        var text = ByteWriter(pathScratch)
        guard StoredHead.write(answerHead, date: dateLine.line(at: wall / 1000), to: &text) else { return }
        let key = writeKey(x, of: rule.isShared ? TableLayout.none : exchanges[x].consumer)
        let place = answers.begin(
            hash: RateStore.hash(key, rates.seed),
            key: key,
            selection: selection.written,
            head: text.written,
            bodyCount: Int(answerHead.contentLength),
            byteCountMax: cacheBytesMax(settings)
        )
        guard place >= 0 else { return }
        answers.setTimes(place, rule, requested: exchanges[x].upstreamStarted, received: now)
        answers.setPath(place, PurgeMarks.hash(path(of: x)))
        exchanges[x].answerPlace = place
    }

    /// Whether and how the answer in `answerHead` may be stored.
    mutating func storageRule(_ x: Int32, _ settings: CacheSettings, toldAge: UInt32) -> StorageRule? {
        StorageRule(
            status: answerHead.status,
            FieldsView(answerHead.table, answerHead.message),
            AskedBy(isConsumer: exchanges[x].consumer != TableLayout.none, isStranger: isStranger(x, settings)),
            wall: wall / 1000,
            delay: UInt32(min((now - min(exchanges[x].upstreamStarted, now)) / 1_000_000, 1 << 30)),
            toldAge: toldAge,
            defaults: settings.defaults
        )
    }

    /// Whether the upstream, or an authorizer, was told more of who asks than which consumer it is.
    private mutating func isStranger(_ x: Int32, _ settings: CacheSettings) -> Bool {
        guard !settings.asksAuthorizer, !exchanges[x].hasToken, let sent = sentHead(x) else { return true }
        return StoredLines.value("authorization", in: sent) != nil || StoredLines.value("cookie", in: sent) != nil
    }

    /// Whether others who have the same fields would have got the same answer.
    private mutating func isChosen(_ x: Int32, by selection: Bytes, _ settings: CacheSettings) -> Bool {
        if selection.isEmpty { return true }
        let isPlain = !settings.asksAuthorizer && !exchanges[x].hasToken
        guard Selection.isOfClients(selection, isPlain: isPlain), let sent = sentHead(x) else { return false }
        return Selection.isSent(selection, in: sent)
    }

    /// The head that the upstream got: without a body behind it, it still stands in the output of its connection.
    private mutating func sentHead(_ x: Int32) -> Bytes? {
        let upstream = exchanges[x].upstream
        guard upstream >= 0, exchanges[x].body.framing == .none, let block = sockets[upstream].output else {
            return nil
        }
        return block.bytes(0, Int(exchanges[x].upstreamHeadCount))
    }

    /// - Precondition: the route keeps answers, so that its response program begins with how.
    mutating func cacheSettings(of x: Int32) -> CacheSettings {
        CacheSettings(exchanges[x].table.view, exchanges[x].responseEntry)
    }

    /// The worker's part of what stored answers may take.
    mutating func cacheBytesMax(_ cache: CacheSettings) -> Int { cache.byteCountMax / max(settings.workerCount, 1) }

    /// Parses the request's head, which still stands in the client's block, again.
    mutating func restoreFields(_ x: Int32) -> Bool {
        let client = exchanges[x].client
        guard let block = sockets[client].input else { return false }
        let start = Int(sockets[client].inputStart)
        let text = block.bytes(start, start + Int(exchanges[x].headCount))
        guard case .complete = head.parse(text, exchanges[x].table.bounds) else { return false }
        return true
    }

    /// Something of the answer's body came.
    @inline(__always)
    mutating func keepData(_ x: Int32, _ bytes: Bytes) {
        if exchanges[x].answerPlace >= 0 { appendData(x, bytes) }
    }

    @inline(never)
    private mutating func appendData(_ x: Int32, _ bytes: Bytes) {
        let settings = cacheSettings(of: x)
        let isKept = answers.append(
            exchanges[x].answerPlace,
            bytes,
            bodyCountMax: settings.bodyCountMax,
            byteCountMax: cacheBytesMax(settings)
        )
        if !isKept { dropAnswer(x) }
    }

    /// The answer is with the client: it can be found from now on, if it is whole and nothing changed meanwhile.
    mutating func finishCaching(_ x: Int32) {
        let place = exchanges[x].answerPlace
        let isWhole =
            !exchanges[x].cache.isServed && exchanges[x].state == .relaying && exchanges[x].answer.isComplete
            && exchanges[x].refusal == .none && exchanges[x].table.isCurrent
            && settings.purges.admits(answers[place].pathHash, requested: answers[place].requested)
        guard isWhole else { return dropAnswer(x) }
        exchanges[x].answerPlace = -1
        answers.commit(place)
        metrics.add(.cacheStored)
        noteCache()
    }

    /// The exchange has no more to do with a stored answer, or with one on its way into the store.
    mutating func dropAnswer(_ x: Int32) {
        guard exchanges[x].answerPlace >= 0 else { return }
        answers.release(exchanges[x].answerPlace)
        exchanges[x].answerPlace = -1
        noteCache()
    }

    /// The exchange is over, or has no more to do with the answer that was stored before.
    mutating func dropStale(_ x: Int32) {
        guard exchanges[x].stalePlace >= 0 else { return }
        if exchanges[x].isCopy { answers.setRenewed(exchanges[x].stalePlace, false) }
        answers.release(exchanges[x].stalePlace)
        exchanges[x].stalePlace = -1
        noteCache()
    }

    /// Forgets all answers.
    mutating func emptyCache() {
        answers.removeAll()
        noteCache()
    }

    mutating func noteCache() {
        metrics.set(.cacheBytes, UInt64(answers.byteCount))
        metrics.set(.cacheAnswers, UInt64(answers.listedCount))
        metrics.set(.cacheEvicted, answers.evictedCount)
    }

    // MARK: What changes

    /// What was stored of the path, and of those that the answer names, is not what there is any more (RFC 9111
    /// section 4.4).
    private mutating func noteChange(_ x: Int32) {
        guard answerHead.status < 400 else { return }
        let time = apic_microseconds()
        settings.purges.mark(PurgeMarks.hash(path(of: x)), now: time)
        guard restoreFields(x) else { return }
        let names: InlineArray<2, StaticString> = ["location", "content-location"]
        for number in 0..<2 {
            let name = Bytes(names[number])
            guard let index = answerHead.table.firstIndex(ofName: name, in: answerHead.message) else { continue }
            let text = answerHead.table.value(index, in: answerHead.message)
            // One on another server is not for this one to say.
            guard let place = Worker.path(in: text, on: head.authority) else { continue }
            settings.purges.mark(PurgeMarks.hash(place), now: time)
        }
    }

    /// The path of a reference to the same server.
    private static func path(in reference: Bytes, on authority: Bytes) -> Bytes? {
        var rest = reference
        for scheme in 0..<2 {
            let prefix: StaticString = scheme == 0 ? "http://" : "https://"
            guard reference.count > prefix.utf8CodeUnitCount,
                reference[0..<prefix.utf8CodeUnitCount].equalsIgnoringCase(Bytes(prefix))
            else { continue }
            let place = reference.from(prefix.utf8CodeUnitCount)
            let end = place.firstIndex(of: ASCII.slash) ?? place.count
            guard place[0..<end].equals(authority) else { return nil }
            rest = place.from(end)
        }
        guard rest.count > 0, rest[0] == ASCII.slash, rest.count == 1 || rest[1] != ASCII.slash else { return nil }
        let end = rest.firstIndex(of: 0x3F) ?? rest.count
        return rest[0..<(rest[0..<end].firstIndex(of: 0x23) ?? end)]
    }
}
