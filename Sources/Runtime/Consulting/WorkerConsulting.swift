internal import GatewayTable

// A program that asks another server. The exchange itself plays the question's part: it forgets its request for a while
// and becomes one to the server's upstream, so that targets, connections, retries and deadlines are those of every
// request. Then it takes up its request where the program stopped.

extension Worker {
    // MARK: Asking

    /// Suspends the exchange's program behind an instruction and asks.
    ///
    /// - Precondition: the request's head is the one that was parsed last.
    mutating func consult(_ x: Int32, _ question: Question, counter: UInt32, isHidden: Bool) {
        let view = exchanges[x].table.view
        putAside(x)
        let (upstream, timeout) =
            switch question {
            case .authorizer(let index): (view.authorizers[index].upstream, view.authorizers[index].timeout)
            case .introspection(let index): (view.introspections[index].upstream, view.introspections[index].timeout)
            }
        if case .authorizer(let index) = question { consultations[x].authorizer = index }
        consultations[x].question = question
        consultations[x].counter = counter
        consultations[x].isHidden = isHidden
        consultations[x].deadline = now + UInt64(timeout) * 1000
        exchanges[x].upstreamIndex = upstream
        exchanges[x].upstreamStarted = now
        exchanges[x].asksOverHTTP2 = view.targets[view.upstreams[upstream].targets.first].speaksHTTP2
        arm(exchanges[x].client, .answer, after: timeout)
        let block = blocks.take()
        let isWritten =
            switch question {
            case .authorizer(let index): writeQuestion(x, view.authorizers[index], into: block)
            case .introspection(let index): writeIntrospection(x, index, into: block)
            }
        guard isWritten else {
            blocks.give(block)
            return failConsultation(x)
        }
        attempt(x, block)
    }

    /// Keeps what is known of the request, and makes the exchange one without a body.
    mutating func putAside(_ x: Int32) {
        if exchanges[x].consultation == .none { consultations[x] = Consultation() }
        keepKnownAnswer(x)
        consultations[x].edits = edits
        if !edits.token.isEmpty {
            consultations[x].tokenStart = Int32(FieldsView(head.table, head.message).offset(of: edits.token))
        }
        consultations[x].dropped = InlineArray(repeating: 0)
        for index in 0..<head.table.count where head.table.fields[index].isDropped {
            consultations[x].dropped[index >> 6] |= 1 << UInt64(index & 63)
        }
        consultations[x].body = exchanges[x].body
        consultations[x].isIdempotent = exchanges[x].isIdempotent
        consultations[x].isRewindable = exchanges[x].isRewindable
        consultations[x].isHead = exchanges[x].isHead
        exchanges[x].consultation = .asking
        exchanges[x].body = BodyReader(.none)
        exchanges[x].isIdempotent = true
        exchanges[x].isRewindable = true
        exchanges[x].isHead = false
    }

    /// A connection to the server stands: sends the question.
    mutating func pose(_ x: Int32) {
        exchanges[x].state = .consulting
        exchanges[x].isRequestSent = false
        exchanges[x].interimCount = 0
        consultations[x].hasAnswered = false
        consultations[x].bodyCount = 0
        forgetLines(x)
        if case .introspection = consultations[x].question { consultations[x].claimsCount = 0 }
        // Who had to wait for a connection has another deadline, or none.
        if sockets[exchanges[x].client].deadline != .answer {
            arm(exchanges[x].client, .answer, after: consultationTime(x))
        }
        hear(x)
    }

    /// Milliseconds that are left for the answer.
    mutating func consultationTime(_ x: Int32) -> UInt32 {
        let deadline = consultations[x].deadline
        return deadline > now ? max(UInt32((deadline - now) / 1000), 1) : 1
    }

    // MARK: Hearing

    /// Moves the question and its answer as far as they go.
    mutating func hear(_ x: Int32) {
        let server = exchanges[x].upstream
        if !exchanges[x].isRequestSent {
            switch transmit(server) {
            case .done: exchanges[x].isRequestSent = true
            case .blocked: break
            case .failed: return failUpstream(x, consultationFailure(server))
            }
        }
        for _ in 0..<Limits.relayTurnsMax {
            switch receive(server) {
            case .data: guard takeAnswer(x) else { return }
            case .blocked:
                let timeout = upstream(of: x).responseTimeout
                if sockets[server].deadline != .response { arm(server, .response, after: timeout) }
                return
            case .ended:
                guard consultations[x].hasAnswered, exchanges[x].answer.end() else { return failUpstream(x, .closed) }
                return conclude(x)
            case .failed: return failUpstream(x, consultationFailure(server))
            }
        }
        enqueue(server)
    }

    private mutating func consultationFailure(_ server: Int32) -> UpstreamFailure {
        sockets[server].transport == .stream ? http2.failure(of: server) : .closed
    }

    /// Takes what came of the answer: its head, then its body.
    ///
    /// - Returns: whether more is to come.
    private mutating func takeAnswer(_ x: Int32) -> Bool {
        let server = exchanges[x].upstream
        if !consultations[x].hasAnswered {
            guard takeVerdict(x) else { return false }
            guard consultations[x].hasAnswered else { return true }
        }
        guard let block = sockets[server].input else { return true }
        let (start, end) = (Int(sockets[server].inputStart), Int(sockets[server].inputEnd))
        guard case .progress(let data, _, let consumed) = exchanges[x].answer.step(block, from: start, to: end),
            keepBody(x, block.bytes(start, start + data))
        else {
            failUpstream(x, .malformed)
            return false
        }
        consultations[x].bodyCount += consumed
        sockets[server].inputStart += Int32(consumed)
        if !sockets[server].hasInput { (sockets[server].inputStart, sockets[server].inputEnd) = (0, 0) }
        guard exchanges[x].answer.isComplete || consultations[x].bodyCount > Limits.verdictBodyBytesMax else {
            return true
        }
        conclude(x)
        return false
    }

    /// - Returns: whether the question goes on.
    private mutating func takeVerdict(_ x: Int32) -> Bool {
        let server = exchanges[x].upstream
        guard let block = sockets[server].input else { return true }
        while sockets[server].hasInput, isWorthParsing(server, bytesMax: Limits.answerHeadBytesMax) {
            let input = block.bytes(Int(sockets[server].inputStart), Int(sockets[server].inputEnd))
            switch answerHead.parse(input, isToHead: false) {
            case .incomplete:
                keepHead(server)
                return true
            case .refused:
                failUpstream(x, .malformed)
                return false
            case .complete: break
            }
            sockets[server].scannedEnd = 0
            if answerHead.status >= 200 { return judge(x, from: input) }
            sockets[server].inputStart += Int32(answerHead.message.count)
            exchanges[x].interimCount += 1
            guard answerHead.status != 101, exchanges[x].interimCount <= Limits.interimAnswerCountMax else {
                failUpstream(x, .malformed)
                return false
            }
        }
        if !sockets[server].hasInput { (sockets[server].inputStart, sockets[server].inputEnd) = (0, 0) }
        return true
    }

    /// The head of the answer is there: 2xx lets the request pass, 5xx says nothing of it, anything else is what the
    /// client gets.
    ///
    /// - Parameter input: begins with the head.
    /// - Returns: whether the question goes on.
    private mutating func judge(_ x: Int32, from input: Bytes) -> Bool {
        let server = exchanges[x].upstream
        if exchanges[x].duties.contains(.judged) { noteAnswer(x, answerHead.status) }
        if case .introspection = consultations[x].question, answerHead.status != 200 {
            failConsultation(x)
            return false
        }
        switch answerHead.status {
        case 200..<300: break
        case 300..<500:
            passDenial(x, from: input)
            return false
        default:
            failConsultation(x)
            return false
        }
        if case .authorizer = consultations[x].question, !keepLines(x) {
            failUpstream(x, .malformed)
            return false
        }
        sockets[server].inputStart += Int32(answerHead.message.count)
        consultations[x].hasAnswered = true
        beginAnswerBody(x)
        return true
    }

    // MARK: Going on

    /// The request may pass.
    private mutating func conclude(_ x: Int32) {
        // A connection on which more is to come is not worth waiting for.
        let isWhole = exchanges[x].answer.isComplete
        if isWhole { releaseUpstream(x) } else { dropUpstream(x) }
        takeUp(x)
        guard restoreHead(x) else { return refuse(x, .malformed) }
        if case .introspection(let index) = consultations[x].question {
            let refusal = isWhole ? takeIntrospection(x, index) : .introspectionUnavailable
            if refusal != .none { return refuse(x, consultations[x].isHidden ? .versionUnknown : refusal) }
        } else {
            metrics.add(.authorizerAllowed)
        }
        goOn(x)
    }

    /// Nobody could be asked, or the answer says nothing of the request.
    mutating func failConsultation(_ x: Int32) {
        forgetLines(x)
        if exchanges[x].upstream >= 0 { dropUpstream(x) }
        takeUp(x)
        var refusal = RefusalKind.introspectionUnavailable
        if case .authorizer(let index) = consultations[x].question {
            metrics.add(.authorizerFailed)
            if exchanges[x].table.view.authorizers[index].passesOnFailure {
                return restoreHead(x) ? goOn(x) : refuse(x, .malformed)
            }
            refusal = .authorizerUnavailable
        } else {
            metrics.add(.introspectionsFailed)
        }
        refuse(x, consultations[x].isHidden ? .versionUnknown : refusal)
    }

    /// The answer is not there in time.
    mutating func expireConsultation(_ x: Int32) {
        guard x >= 0, exchanges[x].consultation == .asking else { return }
        if exchanges[x].state == .delayed { return endDelay(x) }
        metrics.add(.timeoutResponse)
        if exchanges[x].duties.contains(.judged) { noteFailure(x) }
        let server = exchanges[x].upstream
        if server >= 0, sockets[server].transport == .stream { doubt(http2[server].carrier) }
        failConsultation(x)
    }

    /// The client is gone meanwhile.
    mutating func stopConsulting(_ x: Int32) {
        if exchanges[x].upstream >= 0 { dropUpstream(x) }
        if exchanges[x].state == .waiting { stopWaiting(x) }
        takeUp(x)
    }

    /// Makes the exchange that of the client's request again.
    mutating func takeUp(_ x: Int32) {
        restoreRequest(x)
        disarm(exchanges[x].client)
        exchanges[x].state = .deciding
        exchanges[x].upstreamIndex = TableLayout.none
        exchanges[x].target = TableLayout.none
        exchanges[x].attemptCount = 0
        exchanges[x].triedTargets = 0
        exchanges[x].isReusedConnection = false
        exchanges[x].isCalled = false
        exchanges[x].hash = 0
        exchanges[x].asksOverHTTP2 = false
        exchanges[x].interimCount = 0
        exchanges[x].answer = BodyReader(.none)
        exchanges[x].isRequestSent = false
        (exchanges[x].upstreamStarted, exchanges[x].upstreamEnded) = (0, 0)
    }

    /// What was put aside of the request.
    mutating func restoreRequest(_ x: Int32) {
        exchanges[x].consultation = .done
        exchanges[x].body = consultations[x].body
        exchanges[x].isIdempotent = consultations[x].isIdempotent
        exchanges[x].isRewindable = consultations[x].isRewindable
        exchanges[x].isHead = consultations[x].isHead
    }

    /// Makes the request's head, which still stands in the client's block, the one that was parsed last.
    mutating func restoreHead(_ x: Int32) -> Bool {
        let client = exchanges[x].client
        let loaded = exchanges[x].table
        guard let block = sockets[client].input else { return false }
        let start = Int(sockets[client].inputStart)
        // The bytes are those that were parsed before; only the path among them is in its normal form by now.
        guard case .complete = head.parse(block.bytes(start, start + Int(exchanges[x].headCount)), loaded.bounds) else {
            return false
        }
        if exchanges[x].isStream { head.takeStream(hasEnded: exchanges[x].body.framing == .none) }
        for index in 0..<head.table.count {
            head.table.fields[index].isDropped =
                consultations[x].dropped[index >> 6] >> UInt64(index & 63) & 1 != 0
        }
        edits = consultations[x].edits
        edits.isTokenRead = false
        if !edits.token.isEmpty {
            let tokenStart = Int(consultations[x].tokenStart)
            edits.token = head.message[tokenStart..<tokenStart + edits.token.count]
        }
        edits.knownAnswer = -1
        return true
    }

    /// Runs the rest of the program on the request.
    private mutating func goOn(_ x: Int32) {
        let view = exchanges[x].table.view
        if case .authorizer(let index) = consultations[x].question { dropVerdictFields(view.authorizers[index], view) }
        resumeProgram(x)
    }

    /// Runs the program of the request in `head` from where it was suspended.
    mutating func resumeProgram(_ x: Int32) {
        let fields = FieldsView(head.table, head.message)
        let (counter, isHidden) = (consultations[x].counter, consultations[x].isHidden)
        act(x, on: runRequestProgram(x, fields, from: counter, isHidden: isHidden))
    }

    private mutating func forgetLines(_ x: Int32) {
        (consultations[x].upstreamLinesEnd, consultations[x].clientLinesEnd) = (0, 0)
    }

    /// Nobody asks any more what was said.
    mutating func forgetConsultation(_ x: Int32) {
        if let lines = consultations[x].lines { blocks.give(lines) }
        if let claims = consultations[x].claims { blocks.give(claims) }
        (consultations[x].lines, consultations[x].claims) = (nil, nil)
    }
}
