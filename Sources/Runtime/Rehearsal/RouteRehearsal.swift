package import GatewayTable

/// What the gateway would make of a request's head, found by its own parser, normalisation, version selection and
/// lookup, without a connection. `apic explain` tells it to people.
package struct RouteRehearsal: Equatable, Sendable {
    package enum Verdict: Equatable, Sendable {
        /// The route's program runs; the index is one of `TableView.routes`.
        case routed(UInt32)
        /// The gateway answers before any program: with a status, and a reason as in `urn:apic:problem:…`.
        case refused(status: UInt16, reason: String)
    }

    package var verdict: Verdict
    /// Lower-case, without port and final dot.
    package var host = ""
    /// In normal form.
    package var path = ""
    /// With its `?`, or empty.
    package var query = ""
    /// What the path's captures hold, in their order; a tail comes last.
    package var captures: [String] = []
    /// Index into `TableView.apis`, as far as it is known.
    package var api: UInt32?
    /// Index into `TableView.versions`, as far as it is known.
    package var version: UInt32?
    /// A browser asks whether a page may ask, and the route's `cors` answers.
    package var isPreflight = false
    /// Where the path has routes, but none takes the method: those that they take.
    package var allowedMethods: UInt32 = 0

    /// - Parameters:
    ///   - request: a whole head, from the request line to the empty line.
    ///   - view: outlives the call.
    ///   - instant: seconds since 1970.
    package init(of request: [UInt8], in view: TableView, at instant: Int64) {
        self.init(verdict: .refused(status: 400, reason: "malformed-request"))
        // The head points into the array, which outlives the closure; nothing of it is kept.
        unsafe request.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            unsafe rehearse(Bytes(base, count: buffer.count), view, instant)
        }
    }

    private init(verdict: Verdict) { self.verdict = verdict }

    private mutating func rehearse(_ input: Bytes, _ view: TableView, _ instant: Int64) {
        var head = RequestHead()
        let settings = view.gateway
        let bounds = RequestHeadBounds(
            headBytesMax: Int(settings.headBytesMax),
            fieldCountMax: Int(settings.headerCountMax)
        )
        switch head.parse(input, bounds) {
        case .complete: break
        case .incomplete: return refuse(.malformed)
        case .refused: return refuse(.of(head.fault))
        }
        if head.hasUnknownExpectation { return refuse(.expectationFailed) }

        let blocks = BlockPool()
        let pathBlock = blocks.take()
        let hostBlock = blocks.take()
        defer {
            blocks.give(pathBlock)
            blocks.give(hostBlock)
            blocks.deallocate()
        }
        guard let pathCount = PathNormalization.normalize(head.path, into: pathBlock) else { return refuse(.malformed) }
        let normal = pathBlock.bytes(0, pathCount)
        let hostCount = Authority.writeHost(head.authority, hostCount: head.authorityHostCount, into: hostBlock)
        let name = hostBlock.bytes(0, hostCount)
        (host, path, query) = (name.text, normal.text, head.query.text)

        var facts = RequestFacts(view, FieldsView(head.table, head.message), query: head.query)
        var match = RouteMatch()
        func find(_ method: Bytes) {
            // Blocks and head are ours until the end of this function.
            unsafe view.find(
                host: name.buffer,
                path: normal.buffer,
                method: view.methodBit(method.buffer),
                probe: &facts,
                match: &match
            )
        }
        if let asked = CrossOrigin.preflightMethod(head.method, FieldsView(head.table, head.message)) {
            find(asked)
            isPreflight = match.route != TableLayout.none && view.answersPreflights(ofRoute: match.route)
        }
        if !isPreflight { find(head.method) }
        guard match.route != TableLayout.none else { return refuseUnrouted(match, &facts, view, instant) }
        verdict = .routed(match.route)
        let chosen = view.version(ofRoute: match.route)
        (version, api) = (chosen, view.versions[chosen].api)
        captures = (0..<match.captureCount).map { index in
            let capture = match.capture(index)
            return normal[capture.offset..<capture.offset + capture.count].text
        }
    }

    /// As `Worker.refuseUnrouted`: the mount says whose refusal it is.
    private mutating func refuseUnrouted(
        _ match: RouteMatch,
        _ facts: inout RequestFacts,
        _ view: TableView,
        _ instant: Int64
    ) {
        guard match.mount != TableLayout.none else { return refuse(.notFound) }
        let mount = view.mounts[match.mount]
        api = mount.api
        var chosen = mount.version
        if chosen == TableLayout.none {
            switch SelectorKind(rawValue: view.apis[mount.api].selector) {
            case .header, .query, .mediaType: chosen = facts.selectedVersion(api: mount.api)
            case .path, .host, nil: break
            }
        }
        if chosen == VersionChoice.contradictory { return refuse(.selectorContradictory) }
        guard chosen != TableLayout.none else { return refuse(.versionUnknown) }
        version = chosen
        let (state, window) = view.state(ofVersion: chosen, at: instant)
        switch state {
        case .planned, .retired: refuse(.versionUnknown)
        case .sunset: refuse(.sunset)
        case .brownout:
            refuse(.brownout)
            verdict = .refused(status: UInt16(view.brownouts[window].status), reason: "version-brownout")
        case .active, .deprecated:
            allowedMethods = match.allowedMethods
            refuse(match.allowedMethods != 0 ? .methodNotAllowed : .notFound)
        }
    }

    private mutating func refuse(_ kind: RefusalKind) {
        verdict = .refused(status: kind.status, reason: kind.type.description)
    }
}

extension Bytes {
    /// As text; what is not UTF-8 is replaced.
    fileprivate var text: String { unsafe String(decoding: buffer, as: UTF8.self) }
}
