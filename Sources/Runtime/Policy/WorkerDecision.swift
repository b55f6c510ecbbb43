internal import GatewayTable

// From a parsed head to a decision: normalise, look up, run the policy program, act on its outcome.

extension Worker {
    /// Decides on the request in `head`.
    mutating func decide(_ x: Int32) {
        edits = RequestEdits()
        if head.hasUnknownExpectation { return refuse(x, .expectationFailed) }
        guard let path = normalizedPath(x) else { return refuse(x, .malformed) }
        let bodyBytesMax = exchanges[x].table.view.gateway.bodyBytesMax
        if bodyBytesMax > 0 {
            exchanges[x].bodyBytesMax = bodyBytesMax
            if head.framing == .length, head.contentLength > bodyBytesMax {
                metrics.add(.bodyTooLarge)
                return refuse(x, .bodyTooLarge)
            }
        }
        exchanges[x].isHead = head.method.equals(Bytes("HEAD"))
        // Above a mark a request is turned away at once, so that those in flight keep their pace.
        guard requestCount <= requestCountMax else { return shed(x) }
        if takeShed() {
            metrics.add(.shedByLag)
            return refuse(x, .overloaded)
        }
        exchanges[x].isIdempotent = Worker.isIdempotent(head.method)
        // Chunks are taken apart where they stand.
        exchanges[x].isRewindable = head.framing != .chunked
        let loaded = exchanges[x].table
        let fields = FieldsView(head.table, head.message)
        if sockets[exchanges[x].client].isTrustedPeer { noteForwardedClient(x, fields) }
        var facts = RequestFacts(loaded.view, fields, query: head.query)
        let hostCount = Authority.writeHost(head.authority, hostCount: head.authorityHostCount, into: hostScratch)
        let host = hostScratch.bytes(0, hostCount)
        // A preflight is about the request that it announces.
        if let asked = CrossOrigin.preflightMethod(head.method, fields) {
            find(host, path, method: asked, &facts, loaded)
            exchanges[x].isPreflight =
                match.route != TableLayout.none && loaded.view.answersPreflights(ofRoute: match.route)
        }
        if !exchanges[x].isPreflight { find(host, path, method: head.method, &facts, loaded) }
        guard match.route != TableLayout.none else { return refuseUnrouted(x, &facts) }
        let program = takeRoute(x, loaded)
        act(x, on: runRequestProgram(x, fields, from: program.requestEntry, isHidden: false))
    }

    /// Keeps the client's address for the access log, which is written when the fields are gone.
    private mutating func noteForwardedClient(_ x: Int32, _ fields: FieldsView) {
        guard exchanges[x].table.view.gateway.accessLogFields != 0 else { return }
        exchanges[x].forwardedClient = clientAddress(x, fields)
        exchanges[x].hasForwardedClient = true
    }

    private mutating func shed(_ x: Int32) {
        let isStale = requestCountMax < 0
        metrics.add(isStale ? .refusedStale : .shed)
        refuse(x, isStale ? .bundleStale : .overloaded)
    }

    @inline(__always)
    private mutating func find(
        _ host: Bytes,
        _ path: Bytes,
        method: Bytes,
        _ facts: inout RequestFacts,
        _ loaded: LoadedTableReference
    ) {
        // The views are valid until the head moves.
        unsafe loaded.view.find(
            host: host.buffer,
            path: path.buffer,
            method: loaded.view.methodBit(method.buffer),
            probe: &facts,
            match: &match
        )
    }

    /// The normal form of the path, put in the place of the path as sent.
    private mutating func normalizedPath(_ x: Int32) -> Bytes? {
        var path = head.path
        edits.sentPath = path
        if path.count == 1, path[0] != ASCII.slash { return path }
        if !PathNormalization.isNormal(path) {
            guard let count = PathNormalization.normalize(path, into: pathScratch),
                let block = sockets[exchanges[x].client].input
            else { return nil }
            // The normal form is never longer, and it stands where the path stood, so that offsets into it live as long
            // as the head. An absolute target without a path has its `/` elsewhere, but is normal.
            let start = head.path.offset(in: block)
            // A target has at most a quarter of a block, so that both have room there.
            var sent = ByteWriter(pathScratch, count: Limits.blockBytes / 2)
            sent.append(path)
            edits.sentPath = sent.written.from(Limits.blockBytes / 2)
            for index in 0..<count { block[start + index] = pathScratch[index] }
            path = block.bytes(start, start + count)
        }
        if let block = sockets[exchanges[x].client].input, path.isIn(block) {
            exchanges[x].pathStart = UInt16(path.offset(in: block) - Int(sockets[exchanges[x].client].inputStart))
            exchanges[x].pathCount = UInt16(path.count)
        }
        return path
    }

    /// Methods whose repetition does no harm (RFC 9110 section 9.2.2; QUERY is safe).
    static func isIdempotent(_ method: Bytes) -> Bool {
        switch method.count {
        case 3: method.equals(Bytes("GET")) || method.equals(Bytes("PUT"))
        case 4: method.equals(Bytes("HEAD"))
        case 5: method.equals(Bytes("QUERY")) || method.equals(Bytes("TRACE"))
        case 6: method.equals(Bytes("DELETE"))
        case 7: method.equals(Bytes("OPTIONS"))
        default: false
        }
    }

    /// - Returns: the program of the route that was found.
    private mutating func takeRoute(_ x: Int32, _ loaded: LoadedTableReference) -> ProgramRecord {
        let program = loaded.view.programs[loaded.view.routes[match.route].program]
        loaded.prefetch(program)
        let version = program.version
        exchanges[x].route = match.route
        exchanges[x].responseEntry = program.responseEntry
        exchanges[x].version = version
        exchanges[x].series = loaded.seriesOfVersion[version]
        exchanges[x].captureCount = UInt8(match.captureCount)
        for index in 0..<2 * match.captureCount { exchanges[x].captures[index] = match.captures[index] }
        return program
    }

    mutating func act(_ x: Int32, on outcome: ProgramOutcome) {
        switch outcome {
        case .proxy(let upstream):
            exchanges[x].upstreamIndex = upstream
            forward(x)
        case .stored: serveStored(x)
        case .respond(let response): answer(x, with: response)
        case .redirect(let location, let status, let keepsQuery):
            redirect(x, to: location, status: status, keepsQuery: keepsQuery)
        case .preflight(let policy): answerPreflight(x, policy)
        case .refuse(let kind): refuse(x, kind)
        case .suspend(let question, let counter, let isHidden):
            consult(x, question, counter: counter, isHidden: isHidden)
        case .delay(let milliseconds, let counter, let isHidden):
            delay(x, milliseconds: milliseconds, counter: counter, isHidden: isHidden)
        case .gather(let byteCountMax, let refusal, let counter, let isHidden):
            gather(x, byteCountMax: byteCountMax, refusal: refusal, counter: counter, isHidden: isHidden)
        }
    }

    /// No route matches. The mount that the path lies under says whose refusal it is: a version in brownout or sunset
    /// says so for every path, an unknown version gets the list of the known ones.
    private mutating func refuseUnrouted(_ x: Int32, _ facts: inout RequestFacts) {
        guard match.mount != TableLayout.none else {
            metrics.add(.unrouted)
            return refuse(x, .notFound)
        }
        let view = exchanges[x].table.view
        let mount = view.mounts[match.mount]
        var version = mount.version
        exchanges[x].unroutedAPI = mount.api
        if version == TableLayout.none {
            switch SelectorKind(rawValue: view.apis[mount.api].selector) {
            case .header, .query, .mediaType: version = facts.selectedVersion(api: mount.api)
            case .path, .host, nil: break
            }
        }
        if version == VersionChoice.contradictory { return refuse(x, .selectorContradictory) }
        guard version != TableLayout.none else { return refuse(x, .versionUnknown) }
        exchanges[x].version = version
        exchanges[x].series = exchanges[x].table.seriesOfVersion[version]
        switch gate(x, admitsPlanned: false) {
        case .none: refuse(x, match.allowedMethods != 0 ? .methodNotAllowed : .notFound)
        case let kind: refuse(x, kind)
        }
    }

    /// What the state of the exchange's version refuses; `none` if it is served.
    mutating func gate(_ x: Int32, admitsPlanned: Bool) -> RefusalKind {
        let (state, _) = exchanges[x].table.view.state(ofVersion: exchanges[x].version, at: instant)
        switch state {
        case .active, .deprecated: return .none
        case .planned:
            if admitsPlanned { return .none }
            metrics.add(.refusedPlanned)
            return .versionUnknown
        case .retired:
            metrics.add(.refusedRetired)
            return .versionUnknown
        case .brownout:
            metrics.add(.refusedBrownout)
            return .brownout
        case .sunset:
            metrics.add(.refusedSunset)
            return .sunset
        }
    }
}

extension Bytes {
    /// - Precondition: the bytes lie in the block.
    func offset(in block: Block) -> Int {
        // Both point into the same allocation.
        unsafe base - UnsafePointer(block.base)
    }

    func isIn(_ block: Block) -> Bool {
        let start = unsafe UInt(bitPattern: block.base)
        let own = unsafe UInt(bitPattern: base)
        return own >= start && own < start + UInt(Limits.blockBytes)
    }
}
