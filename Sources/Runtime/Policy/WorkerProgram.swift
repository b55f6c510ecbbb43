internal import GatewayTable

/// What a request program came to.
enum ProgramOutcome {
    case proxy(upstream: UInt32)
    /// Answer from the store, with what was found there.
    case stored
    case respond(UInt32)
    /// To what a template says, with a status.
    case redirect(UInt32, status: UInt16, keepsQuery: Bool)
    /// Answer a preflight by a cross-origin policy.
    case preflight(UInt32)
    case refuse(RefusalKind)
    /// Ask another server, and go on behind this instruction when it has answered.
    case suspend(Question, counter: UInt32, isHidden: Bool)
    /// Wait for so many milliseconds, and go on behind this instruction.
    case delay(UInt32, counter: UInt32, isHidden: Bool)
    /// Read the request's body up to a bound, and go on at this instruction.
    case gather(byteCountMax: UInt32, RefusalKind, counter: UInt32, isHidden: Bool)
}

extension Worker {
    /// Runs the request program of the exchange's route: forward, once, without allocation.
    ///
    /// - Parameters:
    ///   - start: the program's entry, or where it was suspended.
    ///   - hides: it was suspended while refusals were hidden.
    mutating func runRequestProgram(
        _ x: Int32,
        _ fields: FieldsView,
        from start: UInt32,
        isHidden hides: Bool
    ) -> ProgramOutcome {
        let view = exchanges[x].table.view
        var counter = start
        // While the version is planned and nobody was admitted, every refusal looks as if there were no such version.
        var isHidden = hides
        while true {
            let word = view.code[counter]
            let argument = UInt16(truncatingIfNeeded: word >> 16)
            let next = counter + (word >> 8 & 0xFF)
            var refusal = RefusalKind.none
            // Validation knows every opcode that stands in a table.
            switch Opcode(rawValue: UInt8(truncatingIfNeeded: word)) {
            case .requestID:
                let name = TextReference(offset: view.code[counter + 1], count: view.code[counter + 2])
                nameRequest(x, fields, header: name, argument: argument)
            case .traceRequest:
                traceRequest(x, fields, argument: argument, samplePerMillion: view.code[counter + 1])
            case .gate: refusal = gate(x, admitsPlanned: false)
            case .gateUnlessPlanned:
                refusal = gate(x, admitsPlanned: true)
                isHidden = isPlanned(view.code[counter + 1], view)
            case .jumpUnlessPlanned:
                if !isPlanned(view.code[counter + 1], view) {
                    counter = next + view.code[counter + 2]
                    continue
                }
            case .admitPreview:
                if consumer(exchanges[x].consumer, view, isInListAt: counter + 2) {
                    isHidden = false
                } else {
                    refusal = .versionUnknown
                }
            case .admitAddress:
                refusal = admitAddress(x, fields, view.addressSets[view.code[counter + 1]], argument)
            case .admitAgent:
                refusal = admitAgent(x, fields, view.code[counter + 1], view.code[counter + 2], argument)
            case .crossOrigin:
                refusal = crossOrigin(x, fields, view.crossOrigins[view.code[counter + 1]])
                if refusal == .none, exchanges[x].isPreflight { return .preflight(view.code[counter + 1]) }
            case .limitBody:
                refusal = limitBody(x, UInt64(view.code[counter + 2]) << 32 | UInt64(view.code[counter + 1]))
            case .authenticateKey:
                let name = TextReference(offset: view.code[counter + 1], count: view.code[counter + 2])
                refusal = authenticateKey(x, fields, name: Bytes(view.bytes(name)), argument: argument)
            case .authenticateBasic: refusal = authenticateBasic(x, fields, argument: argument)
            case .authenticateCertificate: refusal = authenticateCertificate(x, argument: argument)
            case .authenticateToken:
                refusal = authenticateToken(x, fields, policy: view.code[counter + 1], argument: argument)
            case .authenticateSignature:
                refusal = authenticateSignature(x, fields, policy: view.code[counter + 1], argument: argument)
                if edits.needsBody {
                    edits.needsBody = false
                    let byteCountMax = UInt32(Limits.blockBytes)
                    let refusal = RefusalKind.bodyTooLargeToCheck
                    return .gather(byteCountMax: byteCountMax, refusal, counter: counter, isHidden: isHidden)
                }
            case .askAuthorizer:
                return .suspend(.authorizer(view.code[counter + 1]), counter: next, isHidden: isHidden)
            case .introspectToken:
                let index = view.code[counter + 1]
                guard let found = introspectToken(x, fields, index, argument: argument) else {
                    return .suspend(.introspection(index), counter: next, isHidden: isHidden)
                }
                refusal = found
            case .requireClaims:
                let range = RangeRecord(first: view.code[counter + 1], count: view.code[counter + 2])
                refusal = requireClaims(x, range)
            case .requireConsumer:
                refusal = requireConsumer(x, argument: argument, anonymous: view.code[counter + 1])
            case .requireGroup:
                let isMember = consumer(exchanges[x].consumer, view, isInListAt: counter + 1)
                let isStranger = exchanges[x].consumer == TableLayout.none && exchanges[x].hasToken
                let isPassed = argument & InstructionFlag.passesStrangers != 0 && isStranger
                if !isPassed, isMember == (argument & InstructionFlag.denies != 0) {
                    metrics.add(.forbidden)
                    refusal = .forbidden
                }
            case .enterLimit: refusal = enterLimit(x, view.concurrencyLimits[view.code[counter + 1]], fields)
            case .injectFault:
                let fault = view.faults[view.code[counter + 1]]
                let aborts = argument == InstructionFlag.aborts
                if isHit(fields, by: fault, share: aborts ? fault.abortShare : fault.delayShare, view) {
                    metrics.add(aborts ? .faultsAborted : .faultsDelayed)
                    if !aborts { return .delay(fault.delay, counter: next, isHidden: isHidden) }
                    exchanges[x].status = UInt16(truncatingIfNeeded: fault.status)
                    refusal = .faultInjected
                }
            case .takeToken: refusal = takeToken(x, view.code[counter + 1], cost: argument, fields)
            case .editRequestHeaders: edits.headerEdits = view.code[counter + 1]
            case .editRequestQuery: edits.queryEdits = view.code[counter + 1]
            case .editRequestBody:
                switch editBody(x, view.code[counter + 1], fields) {
                case .done: break
                case .gather:
                    let byteCountMax = view.bodyEdits[view.code[counter + 1]].byteCountMax
                    let refusal = RefusalKind.bodyTooLargeToEdit
                    return .gather(byteCountMax: byteCountMax, refusal, counter: counter, isHidden: isHidden)
                case .refuse(let kind): refusal = kind
                }
            case .acceptEncoding: noteEncoding(x, fields)
            case .lookUp: if let outcome = lookUp(x, fields) { return outcome }
            case .respond: return .respond(view.code[counter + 1])
            case .redirect:
                return .redirect(
                    view.code[counter + 1],
                    status: argument & ~InstructionFlag.keepsQuery,
                    keepsQuery: argument & InstructionFlag.keepsQuery != 0
                )
            case .proxy:
                prepare(x, argument, pathOperand: view.code[counter + 2])
                return .proxy(upstream: view.code[counter + 1])
            case .mirror:
                if chance.next(below: Share.whole) < view.code[counter + 2] {
                    edits.mirror = view.code[counter + 1]
                    edits.mirrorCapture = UInt8(truncatingIfNeeded: argument)
                }
            case .proxySplit:
                prepare(x, argument, pathOperand: view.code[counter + 2])
                let canary = view.canaries[view.code[counter + 3]]
                let piece = piece(of: canary, x, fields, view)
                guard piece.upstream != TableLayout.none else { return .proxy(upstream: view.code[counter + 1]) }
                metrics.add(.diverted)
                exchanges[x].hashedCapture = piece.hashedCapture(view.code[counter + 4])
                return .proxy(upstream: piece.upstream)
            case .end, .editResponseHeaders, .stampRequestID, .stampRateLimit, .stampLifecycle, .stampCrossOrigin,
                .compress, .keepAnswer, nil:
                return .refuse(.notFound)
            }
            if refusal != .none { return .refuse(isHidden ? .versionUnknown : refusal) }
            counter = next
        }
    }

    /// What an upstream gets to see, whichever it is.
    @inline(__always)
    private mutating func prepare(_ x: Int32, _ argument: UInt16, pathOperand: UInt32) {
        edits.pathMode = PathModeCode(rawValue: UInt8(truncatingIfNeeded: argument)) ?? .whole
        edits.pathOperand = pathOperand
        exchanges[x].preservesHost = argument & InstructionFlag.preservesHost != 0
        exchanges[x].hashedCapture = UInt8(truncatingIfNeeded: argument >> InstructionFlag.hashedCaptureShift)
    }

    private mutating func isPlanned(_ version: UInt32, _ view: TableView) -> Bool {
        instant < view.versions[version].released
    }

    /// Whether a consumer is in one of the groups of a list of which the code says where it stands.
    private mutating func consumer(_ consumer: UInt32, _ view: TableView, isInListAt counter: UInt32) -> Bool {
        guard consumer != TableLayout.none else { return false }
        let groups = RangeRecord(first: view.code[counter], count: view.code[counter + 1])
        return view.haveCommonGroup(view.consumers[consumer].groups, groups)
    }

    // MARK: ip-restriction

    /// The client's address: the peer's, or what a believed peer says of it.
    mutating func clientAddress(_ x: Int32, _ fields: FieldsView) -> PeerAddress {
        let client = exchanges[x].client
        let peer = PeerAddress(high: sockets[client].peer0, low: sockets[client].peer1)
        guard sockets[client].isTrustedPeer else { return peer }
        return ForwardedAddress.client(fields, peer: peer, trusted: exchanges[x].table.view.trustedBlocks)
    }

    private mutating func admitAddress(
        _ x: Int32,
        _ fields: FieldsView,
        _ set: RangeRecord,
        _ argument: UInt16
    ) -> RefusalKind {
        let view = exchanges[x].table.view
        let isMember = clientAddress(x, fields).isIn(set, of: view.addressRanges)
        guard isMember == (argument & InstructionFlag.denies != 0) else { return .none }
        // Nobody learns of a version that is not released yet.
        if isPlanned(exchanges[x].version, view) { return .versionUnknown }
        metrics.add(.addressRefused)
        return .addressNotAllowed
    }

    // MARK: bot-detection

    /// - Parameters:
    ///   - allowed: the automaton of who passes, though it be denied.
    ///   - denied: of who does not; none is everybody else.
    private mutating func admitAgent(
        _ x: Int32,
        _ fields: FieldsView,
        _ allowed: UInt32,
        _ denied: UInt32,
        _ argument: UInt16
    ) -> RefusalKind {
        let view = exchanges[x].table.view
        let name = Bytes("user-agent")
        let index = fields.firstIndex(ofName: name)
        let agent = index.map { fields.value($0) } ?? .empty
        let isRefused: Bool
        if agent.isEmpty {
            isRefused = argument & InstructionFlag.denies != 0
        } else if let index, fields.firstIndex(ofName: name, from: index + 1) != nil {
            // Nobody says two things of itself.
            isRefused = true
        } else {
            isRefused =
                !agent.isAccepted(by: allowed, view)
                && (denied == TableLayout.none || agent.isAccepted(by: denied, view))
        }
        guard isRefused else { return .none }
        // Nobody learns of a version that is not released yet.
        if isPlanned(exchanges[x].version, view) { return .versionUnknown }
        metrics.add(.agentRefused)
        return .agentNotAllowed
    }

    // MARK: cors

    /// Notes the origin that may read the answer; a preflight of another one is refused.
    private mutating func crossOrigin(_ x: Int32, _ fields: FieldsView, _ policy: CrossOriginRecord) -> RefusalKind {
        let view = exchanges[x].table.view
        if exchanges[x].isPreflight, isPlanned(exchanges[x].version, view) {
            metrics.add(.refusedPlanned)
            return .versionUnknown
        }
        let name = Bytes("origin")
        if let index = fields.firstIndex(ofName: name), fields.firstIndex(ofName: name, from: index + 1) == nil,
            CrossOrigin.admits(fields.value(index), policy, view)
        {
            let origin = fields.value(index)
            exchanges[x].originStart = UInt16(truncatingIfNeeded: fields.offset(of: origin))
            exchanges[x].originCount = UInt16(truncatingIfNeeded: origin.count)
            return .none
        }
        guard exchanges[x].isPreflight else { return .none }
        metrics.add(.originRefused)
        return .originNotAllowed
    }

    /// Whether what the client says of the request is taken over: never, from trusted peers, always.
    mutating func isBelieved(_ x: Int32, _ argument: UInt16) -> Bool {
        switch argument & InstructionFlag.acceptanceMask {
        case 0: false
        case 1: sockets[exchanges[x].client].isTrustedPeer
        default: true
        }
    }

    // MARK: request-id

    private mutating func nameRequest(_ x: Int32, _ fields: FieldsView, header: TextReference, argument: UInt16) {
        let view = exchanges[x].table.view
        edits.requestIDName = header
        if isBelieved(x, argument), let index = firstIndex(fields, ofName: Bytes(view.bytes(header))),
            take(id: fields.value(index), for: x)
        {
            return
        }
        random.write(into: &exchanges[x].requestID)
        exchanges[x].requestIDCount = UInt8(RequestIDSource.byteCount)
    }

    /// A name in any case, as the spec writes header names that it sends.
    private mutating func firstIndex(_ fields: FieldsView, ofName name: Bytes) -> Int? {
        var lowercase = ByteWriter(bodyScratch)
        lowercase.append(lowercased: name)
        return fields.firstIndex(ofName: lowercase.written)
    }

    /// Takes over an id of visible characters, if it is short enough.
    private mutating func take(id: Bytes, for x: Int32) -> Bool {
        guard id.count > 0, id.count <= Limits.requestIDBytesMax else { return false }
        for index in 0..<id.count {
            let byte = id[index]
            guard byte > ASCII.space, byte < 0x7F, byte != ASCII.quote, byte != 0x5C, byte != ASCII.comma else {
                return false
            }
            exchanges[x].requestID[index] = byte
        }
        exchanges[x].requestIDCount = UInt8(id.count)
        return true
    }

    // MARK: request-size-limit

    private mutating func limitBody(_ x: Int32, _ bytesMax: UInt64) -> RefusalKind {
        exchanges[x].bodyBytesMax = min(exchanges[x].bodyBytesMax, bytesMax)
        guard head.framing == .length, head.contentLength > exchanges[x].bodyBytesMax else { return .none }
        metrics.add(.bodyTooLarge)
        return .bodyTooLarge
    }
}

extension Bytes {
    /// Whether an automaton's language holds the bytes; none holds nothing.
    fileprivate func isAccepted(by automaton: UInt32, _ view: TableView) -> Bool {
        // The bytes outlive the call.
        unsafe automaton != TableLayout.none && view.accepts(automaton, PathBytes(base: base, count: count), 0, count)
    }
}
