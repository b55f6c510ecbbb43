internal import CNGHTTP2
internal import GatewayTable

// Connections to upstreams that speak HTTP/2: each carries a session, and many requests at once as its streams. A
// stream is the upstream's socket of its exchange, so that all else is as with HTTP/1.1.

extension Worker {
    // MARK: Asking

    /// Sends the head to the chosen target, on a stream of a connection that has room, or of a new one.
    mutating func askOverSession(_ x: Int32, _ block: Block, _ target: UInt32) {
        var carrier = carrierWithRoom(target)
        if carrier < 0 { carrier = connectCarrier(x, target) }
        let socket = carrier >= 0 ? http2.openStream(on: carrier, id: -1, role: .upstream) : -1
        guard socket >= 0 else { return failToConnect(x, keeping: block) }
        let stands = sockets[carrier].state == .multiplexed
        exchanges[x].isReusedConnection = stands
        exchanges[x].upstream = socket
        sockets[socket].exchange = x
        sockets[socket].target = target
        sockets[socket].state = .busy
        sockets[socket].output = block
        sockets[socket].outputEnd = exchanges[x].upstreamHeadCount
        metrics.add(.upstreamStreamsOpened)
        if stands {
            sendOn(x)
        } else {
            exchanges[x].state = .connecting
        }
    }

    /// A connection that takes one more request, or -1. The oldest one has its place at the end of the list and is full
    /// first, so that the others are idle when there is little to do.
    mutating func carrierWithRoom(_ target: UInt32) -> Int32 {
        var found: Int32 = -1
        var carrier = targets[target].carrierHead
        while carrier >= 0 {
            if !sockets[carrier].hasFailed, Session(http2, carrier).hasRoom { found = carrier }
            carrier = sockets[carrier].poolNext
        }
        return found
    }

    /// Begins a connection and its session; streams may be opened at once, and wait for it.
    private mutating func connectCarrier(_ x: Int32, _ target: UInt32) -> Int32 {
        let carrier = connect(x, target)
        guard carrier >= 0 else { return -1 }
        guard Session.begin(http2, carrier, role: .upstream, now: now / 1000) != nil else {
            closeUpstream(carrier)
            return -1
        }
        sockets[carrier].isCarrier = true
        sockets[carrier].state = .connecting
        let head = targets[target].carrierHead
        (sockets[carrier].poolNext, sockets[carrier].poolPrevious) = (head, -1)
        if head >= 0 { sockets[head].poolPrevious = carrier }
        targets[target].carrierHead = carrier
        metrics.add(.upstreamSessionsOpen)
        arm(carrier, .connect, after: upstream(of: x).connectTimeout)
        return carrier
    }

    /// `https` to a target that is spoken to by TLS.
    mutating func scheme(of x: Int32) -> StaticString {
        exchanges[x].table.view.targets[exchanges[x].target].isSecure ? "https" : "http"
    }

    // MARK: Life

    /// The connection stands: what waited for it is sent.
    mutating func beginCarrier(_ carrier: Int32) {
        disarm(carrier)
        sockets[carrier].state = .multiplexed
        // The newest stands first in the list.
        var socket = http2.sessions[carrier].firstStream
        while socket >= 0, http2[socket].next >= 0 { socket = http2[socket].next }
        while socket >= 0 {
            let previous = http2[socket].previous
            sendOn(sockets[socket].exchange)
            socket = previous
        }
        enqueue(carrier)
    }

    /// Nothing to do until the upstream sends or reads.
    mutating func settleCarrier(_ carrier: Int32) {
        let session = Session(http2, carrier)
        if session.isOver || (session.record.isRetired && session.record.streamCount == 0) {
            return endCarrier(carrier)
        }
        giveBackInput(carrier)
        if sockets[carrier].transport == .tls { keepSession(carrier) }
        guard !sockets[carrier].hasOutput else { return }
        giveBackOutput(carrier)
        if session.record.isAwaitingPong {
            if sockets[carrier].deadline != .pong { arm(carrier, .pong, after: Limits.pongMilliseconds) }
        } else if session.record.streamCount > 0 {
            disarm(carrier)
        } else if sockets[carrier].deadline != .idle {
            arm(carrier, .idle, after: sockets[carrier].idleTimeout)
        }
    }

    /// A request was not answered in time. Perhaps it is only this one; if the server does not answer a ping either,
    /// the connection is dead. It gets no new requests meanwhile.
    mutating func doubt(_ carrier: Int32) {
        let session = Session(http2, carrier)
        guard !session.record.isAwaitingPong, !session.record.isRetired else { return }
        session.ping()
        enqueue(carrier)
    }

    // MARK: The end

    /// Closes a connection on our own account, and says so.
    mutating func endCarrier(_ carrier: Int32) { closeCarrier(carrier, NGHTTP2_NO_ERROR, .closed) }

    /// What the upstream sent cannot be gone on with.
    mutating func failCarrier(_ carrier: Int32) {
        metrics.add(.upstreamSessionsFailed)
        let isMalformed = Session(http2, carrier).record.fault == .malformed
        closeCarrier(carrier, isMalformed ? NGHTTP2_PROTOCOL_ERROR : NGHTTP2_ENHANCE_YOUR_CALM, .malformed)
    }

    private mutating func closeCarrier(_ carrier: Int32, _ code: nghttp2_error_code, _ failure: UpstreamFailure) {
        if sockets[carrier].state == .multiplexed, !sockets[carrier].hasFailed {
            let session = Session(http2, carrier)
            session.terminate(code)
            _ = session.pump()
            // What the kernel does not take at once is not worth waiting for.
            _ = transmit(carrier)
            if session.record.streamCount == 0 { return freeCarrier(carrier) }
        }
        breakCarrier(carrier, failure)
    }

    /// The connection is gone, or never came about: requests that were not answered in full fail. Answers that are
    /// whole are still read on; the last one closes the connection.
    mutating func breakCarrier(_ carrier: Int32, _ failure: UpstreamFailure) {
        disarm(carrier)
        sockets[carrier].hasFailed = true
        http2.sessions[carrier].isRetired = true
        let neverStood = sockets[carrier].state != .multiplexed
        var socket = http2.sessions[carrier].firstStream
        while socket >= 0 {
            let next = http2[socket].next
            http2[socket].isClosed = true
            sockets[socket].isReadable = true
            if !http2[socket].hasPeerEnded {
                let isRefused = !neverStood && !http2[socket].isHeadOut && failure != .malformed
                failUpstream(sockets[socket].exchange, isRefused ? .refused : failure)
            }
            socket = next
        }
        if http2.sessions[carrier].streamCount == 0 { freeCarrier(carrier) }
    }

    private mutating func freeCarrier(_ carrier: Int32) {
        let (next, previous) = (sockets[carrier].poolNext, sockets[carrier].poolPrevious)
        if next >= 0 { sockets[next].poolPrevious = previous }
        if previous >= 0 {
            sockets[previous].poolNext = next
        } else {
            targets[sockets[carrier].target].carrierHead = next
        }
        Session(http2, carrier).end()
        metrics.subtract(.upstreamSessionsOpen)
        sockets[carrier].isCarrier = false
        closeUpstream(carrier)
    }

    /// The exchange needs its stream no more.
    mutating func closeUpstreamStream(_ socket: Int32) {
        let carrier = http2[socket].carrier
        endStream(socket, NGHTTP2_CANCEL)
        if http2.sessions[carrier].isRetired { enqueue(carrier) }
    }

    /// A new connection to an upstream did not come about.
    mutating func failConnecting(_ descriptor: Int32, _ failure: UpstreamFailure) {
        if sockets[descriptor].isCarrier {
            breakCarrier(descriptor, failure)
        } else {
            failUpstream(sockets[descriptor].exchange, failure)
        }
    }
}

extension SessionStore {
    /// Why nothing more comes on a stream to an upstream that did not answer in full.
    func failure(of socket: Int32) -> UpstreamFailure {
        switch self[socket].errorCode {
        case NGHTTP2_REFUSED_STREAM.rawValue: .refused
        case NGHTTP2_PROTOCOL_ERROR.rawValue: .malformed
        default: .closed
        }
    }
}
