internal import CNGHTTP2
internal import GatewayTable

// Connections that carry HTTP/2 sessions: from the preface to the last frame.

extension Worker {
    // MARK: The beginning

    /// Whether a connection begins with the preface of HTTP/2 (RFC 9113 section 3.4), and how much of it has come.
    mutating func isPreface(_ descriptor: Int32) -> PrefaceMatch {
        guard sockets[descriptor].requestCount == 0, sockets[descriptor].transport == .plain,
            current.view.gateway.speaksHTTP2,
            let block = sockets[descriptor].input
        else { return .none }
        let preface = Bytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        let start = Int(sockets[descriptor].inputStart)
        let count = min(Int(sockets[descriptor].inputEnd) - start, preface.count)
        guard block.bytes(start, start + count).equals(preface[0..<count]) else { return .none }
        return count == preface.count ? .whole : .partial
    }

    /// From here on the connection speaks HTTP/2. What it sent, the preface included, is the session's.
    mutating func beginSession(_ descriptor: Int32) {
        disarm(descriptor)
        guard Session.begin(http2, descriptor, role: .client, now: now / 1000) != nil else {
            return closeClient(descriptor)
        }
        sockets[descriptor].state = .multiplexed
        metrics.add(.sessionsOpen)
        guard feed(descriptor) else { return }
        advanceCarrier(descriptor)
    }

    // MARK: Going on

    /// Reads and writes what can be read and written.
    mutating func advanceCarrier(_ descriptor: Int32) {
        if sockets[descriptor].hasFailed { return breakSession(descriptor) }
        for _ in 0..<Limits.relayTurnsMax {
            guard flush(descriptor) else { return }
            // A peer that does not read, and only asks, has to wait.
            if sockets[descriptor].hasOutput, Session(http2, descriptor).isCongested { return settle(descriptor) }
            switch receive(descriptor) {
            case .data: guard feed(descriptor) else { return }
            case .blocked: return settle(descriptor)
            case .ended, .failed: return breakSession(descriptor)
            }
        }
        guard flush(descriptor) else { return }
        enqueue(descriptor)
    }

    /// Gives the session what was received, and its streams what came of it.
    ///
    /// - Returns: whether the session goes on.
    private mutating func feed(_ descriptor: Int32) -> Bool {
        guard let block = sockets[descriptor].input else { return true }
        let bytes = block.bytes(Int(sockets[descriptor].inputStart), Int(sockets[descriptor].inputEnd))
        let session = Session(http2, descriptor)
        let goesOn = session.feed(bytes, now: now / 1000)
        (sockets[descriptor].inputStart, sockets[descriptor].inputEnd) = (0, 0)
        if session.record.isAwaitingPong {
            session.record.isAwaitingPong = false
            disarm(descriptor)
        }
        guard goesOn else {
            failSession(descriptor)
            return false
        }
        serveEvents(descriptor)
        return true
    }

    /// Sends what waits, and what there was no room for.
    ///
    /// - Returns: whether the session goes on.
    private mutating func flush(_ descriptor: Int32) -> Bool {
        let session = Session(http2, descriptor)
        while true {
            serveEvents(descriptor)
            guard session.pump() else {
                failSession(descriptor)
                return false
            }
            guard sockets[descriptor].hasOutput else {
                // Nothing was left, unless it happened while the last of it was written.
                if session.record.firstEvent >= 0 { continue }
                return true
            }
            switch transmit(descriptor) {
            case .done: continue
            case .blocked:
                if sentCount > 0 || sockets[descriptor].deadline != .write {
                    arm(descriptor, .write, after: current.view.gateway.writeTimeout)
                }
                return true
            case .failed:
                breakSession(descriptor)
                return false
            }
        }
    }

    /// Lets exchanges know what happened to their streams.
    private mutating func serveEvents(_ descriptor: Int32) {
        while true {
            let socket = http2.takeEvent(descriptor)
            guard socket >= 0 else { return }
            serveEvent(socket)
        }
    }

    /// Nothing to do until the peer sends or reads: gives back the blocks, and sets the deadline.
    private mutating func settle(_ descriptor: Int32) {
        let session = Session(http2, descriptor)
        if session.record.role == .upstream { return settleCarrier(descriptor) }
        if session.record.isWarningHeard { session.retire() }
        if session.isOver || (session.record.isRetired && session.record.streamCount == 0) {
            return endSession(descriptor, NGHTTP2_NO_ERROR)
        }
        if phase != .serving { warn(descriptor) }
        giveBackInput(descriptor)
        guard !sockets[descriptor].hasOutput else { return }
        giveBackOutput(descriptor)
        let gateway = current.view.gateway
        if session.record.head.kind != .none {
            if sockets[descriptor].deadline != .head { arm(descriptor, .head, after: gateway.headTimeout) }
        } else if sockets[descriptor].deadline == .linger {
            // It was told that the connection will end.
        } else if session.record.streamCount > 0 {
            disarm(descriptor)
        } else if sockets[descriptor].deadline != .idle {
            armIdle(descriptor)
        }
    }

    // MARK: Deadlines

    /// A client's connection was idle for too long.
    mutating func expireIdle(_ descriptor: Int32) {
        if sockets[descriptor].state == .multiplexed {
            endSession(descriptor, NGHTTP2_NO_ERROR)
        } else {
            closeClient(descriptor)
        }
    }

    /// A client's connection has lingered for long enough, or has heard by now that it will end.
    mutating func expireLinger(_ descriptor: Int32) {
        if sockets[descriptor].state == .multiplexed {
            retire(descriptor)
        } else {
            closeClient(descriptor)
        }
    }

    // MARK: The end

    /// The gateway drains: the client is told, and has a moment to hear it before new streams are refused.
    mutating func warn(_ descriptor: Int32) {
        let session = Session(http2, descriptor)
        guard !session.record.isWarned else { return }
        session.warn()
        arm(descriptor, .linger, after: Limits.retireMilliseconds)
        enqueue(descriptor)
    }

    /// The moment is over.
    mutating func retire(_ descriptor: Int32) {
        Session(http2, descriptor).retire()
        enqueue(descriptor)
    }

    /// What the peer sent cannot be gone on with: it is told so, and the connection closes.
    private mutating func failSession(_ descriptor: Int32) {
        if Session(http2, descriptor).record.role == .upstream { return failCarrier(descriptor) }
        let counter: WorkerCounter =
            switch Session(http2, descriptor).record.fault {
            case .none, .malformed: .sessionsMalformed
            case .resets: .sessionsFloodedByResets
            case .idleFrames, .unread: .sessionsFloodedByFrames
            case .headerList: .sessionsFloodedByFields
            }
        metrics.add(counter)
        endSession(descriptor, counter == .sessionsMalformed ? NGHTTP2_PROTOCOL_ERROR : NGHTTP2_ENHANCE_YOUR_CALM)
    }

    /// Says goodbye, ends what is in flight, and closes the connection when the goodbye is sent.
    mutating func endSession(_ descriptor: Int32, _ code: nghttp2_error_code) {
        let session = Session(http2, descriptor)
        session.terminate(code)
        _ = session.pump()
        leaveSession(descriptor)
        sockets[descriptor].state = .closing
        finishClosing(descriptor)
    }

    /// The connection is gone.
    mutating func breakSession(_ descriptor: Int32) {
        if sockets[descriptor].role == .upstream { return breakCarrier(descriptor, .closed) }
        leaveSession(descriptor)
        closeClient(descriptor)
    }

    /// Ends what is in flight, and frees the session.
    mutating func leaveSession(_ descriptor: Int32) {
        let session = Session(http2, descriptor)
        while session.record.firstStream >= 0 {
            let socket = session.record.firstStream
            // nghttp2 is not to be told any more.
            http2[socket].isClosed = true
            sockets[socket].hasFailed = true
            closeClient(socket)
        }
        session.end()
        sockets[descriptor].state = .closing
        metrics.subtract(.sessionsOpen)
    }
}

/// How far the beginning of a connection agrees with the preface of HTTP/2.
enum PrefaceMatch {
    case none
    case partial
    case whole
}
