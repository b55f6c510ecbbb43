internal import CPlatform
internal import GatewayTable

// response-cache (RFC 9111): a request whose answer is stored is answered from there, whatever stands behind `look-up`
// in its program. The stored head goes the way of an upstream's, so that edits, stamps, compression, framing and HTTP/2
// are those of every answer; the body comes from memory in place of a connection.

/// What the cache has to do with an exchange.
enum CacheStage: UInt8, BitwiseCopyable {
    /// Its route keeps nothing, or its method is none whose answer is stored.
    case none = 0
    /// The request is one that stored answers do not fit.
    case bypass
    /// The request changes what is stored.
    case change
    /// Nothing is stored of what it asks for; something is, but for other requests; or it is too old.
    case missing
    case unselected
    case stale
    /// What is stored is good, but not for this client; or the client wants its upstream to be asked in any case.
    case unwanted
    case distrusted
    /// It is answered from the store: what is fresh; what is asked for anew behind it; what its upstream said is still
    /// good; what is better than nothing, as its upstream failed.
    case hit
    case meanwhile
    case renewed
    case rescued

    /// The answer comes from the store.
    @inline(__always)
    var isServed: Bool { rawValue >= CacheStage.hit.rawValue }
}

extension Worker {
    /// Looks for a stored answer to the request in `head`.
    ///
    /// - Returns: `nil` if the upstream is to be asked, be it behind the answer.
    mutating func lookUp(_ x: Int32, _ fields: FieldsView) -> ProgramOutcome? {
        let first = UInt8(truncatingIfNeeded: exchanges[x].table.view.code[exchanges[x].responseEntry])
        guard first == Opcode.keepAnswer.rawValue else { return nil }
        guard head.method.equals(Bytes("GET")) || exchanges[x].isHead else {
            exchanges[x].cache = Worker.isSafe(head.method) ? .none : .change
            return nil
        }
        let control = CacheControl(fields)
        let isPlain = exchanges[x].body.isComplete && exchanges[x].upgradeCount == 0 && exchanges[x].table.isCurrent
        if control.noStore || !isPlain || !Worker.isCommon(fields) {
            exchanges[x].cache = .bypass
            metrics.add(.cacheBypassed)
        } else if control.noCache || (!control.isSaid && fields.has("no-cache", in: "pragma")) {
            exchanges[x].cache = .distrusted
            metrics.add(.cacheMisses)
        } else {
            let place = findAnswer(x, fields, control)
            if place >= 0, let outcome = take(x, place) { return outcome }
            if exchanges[x].cache == .meanwhile { return nil }
            metrics.add(.cacheMisses)
        }
        return control.onlyIfCached ? .refuse(.notStored) : nil
    }

    /// Whether stored answers fit: the request asks for all of an answer, whatever it is now, and asks for it by its
    /// URI and method. What some frameworks take in place of these would be in no key; and a field that `Connection`
    /// names is not seen by the upstream, which chooses its answer without it.
    private static func isCommon(_ fields: FieldsView) -> Bool {
        for index in 0..<fields.count {
            let name = fields.name(index)
            if fields.kind(index) == .connection {
                var options = ListElements(fields.value(index))
                while let option = options.next() {
                    if !isHopByHop(option) { return false }
                }
            }
            let isOdd =
                switch name.count {
                case 5: name.isName("range")
                case 8: name.isName("if-match") || name.isName("if-range")
                case 13: name.isName("x-http-method") || name.isName("x-rewrite-url")
                case 14: name.isName("x-original-url")
                case 17: name.isName("x-method-override")
                case 19: name.isName("if-unmodified-since")
                case 22: name.isName("x-http-method-override")
                default: false
                }
            if isOdd { return false }
        }
        return true
    }

    private static func isHopByHop(_ option: Bytes) -> Bool {
        option.isName("close") || option.isName("keep-alive") || option.isName("te") || option.isName("upgrade")
            || option.isName("http2-settings") || option.isName("proxy-connection")
    }

    /// Takes what was found, for now or for when the upstream was asked.
    private mutating func take(_ x: Int32, _ place: Int32) -> ProgramOutcome? {
        answers.pin(place)
        exchanges[x].isStoredFresh = exchanges[x].cache == .unwanted
        if exchanges[x].cache == .stale || exchanges[x].cache == .unwanted {
            exchanges[x].stalePlace = place
            return nil
        }
        metrics.add(.cacheHits)
        exchanges[x].answerPlace = place
        guard exchanges[x].cache == .meanwhile else { return .stored }
        metrics.add(.cacheStale)
        return answers[place].isBeingRenewed ? .stored : nil
    }

    /// Methods that change nothing (RFC 9110 section 9.2.1; QUERY is safe).
    private static func isSafe(_ method: Bytes) -> Bool {
        switch method.count {
        case 5: method.equals(Bytes("QUERY")) || method.equals(Bytes("TRACE"))
        case 7: method.equals(Bytes("OPTIONS"))
        default: false
        }
    }

    /// A stored answer, or -1: a fresh one comes before others, and one for the consumer alone before one for all.
    private mutating func findAnswer(_ x: Int32, _ fields: FieldsView, _ control: CacheControl) -> Int32 {
        exchanges[x].cache = .missing
        let consumer = exchanges[x].consumer
        guard consumer != TableLayout.none else { return findAnswer(x, of: consumer, fields, control) }
        let own = findAnswer(x, of: consumer, fields, control)
        let ownStage = exchanges[x].cache
        if ownStage == .hit { return own }
        let shared = findAnswer(x, of: TableLayout.none, fields, control)
        if exchanges[x].cache == .hit || own < 0 { return shared }
        exchanges[x].cache = ownStage
        return own
    }

    private mutating func findAnswer(
        _ x: Int32,
        of consumer: UInt32,
        _ fields: FieldsView,
        _ control: CacheControl
    ) -> Int32 {
        let key = writeKey(x, of: consumer)
        let hash = RateStore.hash(key, rates.seed)
        var place = answers.first(hash)
        var stale: Int32 = -1
        while place >= 0 {
            let following = answers.next(place)
            defer { place = following }
            guard answers.isOf(place, hash, key) else { continue }
            guard settings.purges.admits(answers[place].pathHash, requested: answers[place].requested) else {
                answers.remove(place)
                noteCache()
                continue
            }
            guard Selection.matches(answers.selection(place), fields) else {
                if exchanges[x].cache == .missing { exchanges[x].cache = .unselected }
                continue
            }
            let stage = stage(of: answers[place], x, control)
            if stage == .hit || stale < 0 { exchanges[x].cache = stage }
            if stage == .hit { return place }
            if stale < 0 { stale = place }
        }
        return stale
    }

    /// What an answer that fits is good for.
    private mutating func stage(of answer: StoredAnswer, _ x: Int32, _ control: CacheControl) -> CacheStage {
        let age = answer.age(now: now)
        let isFresh = age < answer.rule.lifetime
        guard age <= control.maxAge ?? .max else { return isFresh ? .unwanted : .stale }
        if UInt64(age) + UInt64(control.minFresh ?? 0) < UInt64(answer.rule.lifetime) { return .hit }
        if isFresh { return .unwanted }
        // Only GET gets what can be stored.
        let mayRenew = !exchanges[x].isHead || answer.isBeingRenewed
        let isAllowed = control.minFresh == nil && mayRenew && answer.isWithin(answer.rule.staleMeanwhile, now: now)
        return isAllowed ? .meanwhile : .stale
    }

    /// What an answer is found by, in `bodyScratch`: the route, for whom it is, and all of the URI.
    mutating func writeKey(_ x: Int32, of consumer: UInt32) -> Bytes {
        var key = ByteWriter(bodyScratch)
        key.append(hexadecimal: UInt64(exchanges[x].route))
        key.append(byte: ASCII.space)
        key.append(hexadecimal: UInt64(consumer))
        key.append(sockets[exchanges[x].client].isSecure ? " https " : " http ")
        key.append(lowercased: head.authority)
        key.append(path(of: x))
        key.append(byte: 0x3F)
        key.append(head.query)
        if sockets[exchanges[x].client].isTrustedPeer { Worker.appendForwarded(head.table, head.message, to: &key) }
        return key.written
    }

    /// What a trusted peer says of the URI that its own client asked for, which upstreams are told.
    private static func appendForwarded(
        _ table: borrowing HeaderTable,
        _ message: Bytes,
        to key: inout ByteWriter
    ) {
        let fields = FieldsView(table, message)
        for index in 0..<fields.count {
            switch fields.kind(index) {
            case .forwardedHost, .forwardedProto, .forwardedOther:
                key.append(byte: ASCII.lf)
                key.append(lowercased: fields.name(index))
                key.append(byte: ASCII.colon)
                key.append(fields.value(index))
            case .forwarded:
                var parts = ForwardedParts(fields.value(index))
                while let part = parts.next() {
                    guard part.name.isName("host") || part.name.isName("proto") else { continue }
                    key.append(byte: ASCII.lf)
                    key.append(lowercased: part.name)
                    key.append(byte: 0x3D)
                    key.append(part.value)
                }
            default: continue
            }
        }
    }
}
