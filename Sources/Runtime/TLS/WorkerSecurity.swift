internal import CPlatform
internal import CTLS
internal import GatewayTable
internal import Glibc

// Connections over TLS: shaking hands on either side, and what `receive`, `transmit` and `closeSocket` do for them.

extension Worker {
    // MARK: Bytes

    /// Edges of the kernel, as OpenSSL's side must know them.
    mutating func noteSecureEdges(_ descriptor: Int32, isReadable: Bool, isWritable: Bool, isEnding: Bool) {
        sockets[descriptor].tls.note(isReadable: isReadable, isEnding: isEnding)
        // A key update is answered within reading, and reading goes on when there is room to answer.
        if isWritable, sockets[descriptor].readWaitsForRoom {
            sockets[descriptor].readWaitsForRoom = false
            sockets[descriptor].isReadable = true
        }
        if isReadable, sockets[descriptor].writeWaitsForInput {
            sockets[descriptor].writeWaitsForInput = false
            sockets[descriptor].isWritable = true
        }
    }

    /// As `receive`, for a socket with something to read.
    mutating func receiveSecure(_ descriptor: Int32, into block: Block) -> Received {
        var hasMore = false
        let end = Int(sockets[descriptor].inputEnd)
        let count = sockets[descriptor].tls.receive(block, from: end, hasMore: &hasMore)
        sockets[descriptor].isReadable = hasMore
        if count > 0 {
            sockets[descriptor].inputEnd += Int32(count)
            return .data
        }
        switch count {
        case apic_tls_wants_read: return .blocked
        case apic_tls_wants_write:
            sockets[descriptor].readWaitsForRoom = true
            return .blocked
        case apic_tls_ended:
            sockets[descriptor].hasEnded = true
            return .ended
        default:
            // Cut off without a word, or broken: what came is not known to be all.
            sockets[descriptor].hasFailed = true
            return .failed
        }
    }

    /// Sends three stretches.
    ///
    /// - Returns: as `apic_send3`.
    mutating func sendSecure(_ descriptor: Int32, _ own: Bytes, _ borrowed: Bytes, _ tail: Bytes) -> Int {
        let sent = sockets[descriptor].tls.send(own, borrowed, tail, scratch: recordScratch)
        switch sent {
        case apic_tls_wants_read:
            sockets[descriptor].writeWaitsForInput = true
            return -Int(EAGAIN)
        case apic_tls_wants_write: return -Int(EAGAIN)
        case ..<0: return -Int(EPIPE)
        default: return sent
        }
    }

    /// Says goodbye, unless the connection is broken or is to look so, and frees what belongs to its TLS.
    mutating func closeSecure(_ descriptor: Int32) {
        if !sockets[descriptor].hasFailed { sockets[descriptor].tls.endSending() }
        sockets[descriptor].tls.free()
        sockets[descriptor].transport = .plain
    }

    // MARK: Clients

    /// The connection begins with a TLS handshake.
    mutating func beginHandshake(_ descriptor: Int32) {
        guard let server = current.server, let stream = TLSStream.accept(server, descriptor) else {
            return closeClient(descriptor)
        }
        sockets[descriptor].transport = .tls
        sockets[descriptor].tls = stream
        sockets[descriptor].isSecure = true
        sockets[descriptor].state = .handshaking
        stream.note(isReadable: sockets[descriptor].isReadable, isEnding: sockets[descriptor].isEnding)
    }

    /// Goes on with a client's handshake.
    mutating func shakeHands(withClient descriptor: Int32) {
        switch sockets[descriptor].tls.shakeHands() {
        case .waitsForInput: sockets[descriptor].isReadable = false
        case .waitsForRoom: sockets[descriptor].isWritable = false
        case .failed:
            // Who says nothing at all, as a probe of a port, has not failed at it.
            if sockets[descriptor].tls.failure != .closed { metrics.add(.handshakesFailed) }
            sockets[descriptor].hasFailed = true
            closeClient(descriptor)
        case .plain:
            sockets[descriptor].tls.free()
            sockets[descriptor].transport = .plain
            sockets[descriptor].isSecure = false
            sockets[descriptor].isReadable = true
            sockets[descriptor].state = .idle
            refuseMalformed(descriptor, .secureOnly)
        case .done:
            metrics.add(sockets[descriptor].tls.isResumed ? .handshakesResumed : .handshakesFull)
            sockets[descriptor].state = .idle
            // OpenSSL may have read on.
            sockets[descriptor].isReadable = true
            arm(descriptor, .head, after: current.view.gateway.headTimeout)
            if sockets[descriptor].tls.speaksHTTP2 { return beginSession(descriptor) }
            advance(descriptor)
        }
    }

    /// A connection that rests for longer gives back the buffers of its TLS.
    ///
    /// - Returns: whether the deadline of an idle connection has not passed yet.
    mutating func restsOn(_ descriptor: Int32) -> Bool {
        guard sockets[descriptor].transport == .tls, !sockets[descriptor].isResting else { return false }
        let idleTimeout = current.view.gateway.idleTimeout
        guard idleTimeout > Limits.secureRestMilliseconds else { return false }
        sockets[descriptor].isResting = true
        sockets[descriptor].tls.rest()
        arm(descriptor, .idle, after: idleTimeout - Limits.secureRestMilliseconds)
        return true
    }

    // MARK: Upstreams

    /// The connection stands; its target is spoken to by TLS.
    ///
    /// - Parameter x: whose settings hold.
    mutating func secureUpstream(_ descriptor: Int32, for x: Int32) {
        let table = exchanges[x].table
        let record = upstream(of: x).tls
        let settings = table.view.upstreamTLS[record]
        let target = table.view.targets[exchanges[x].target]
        let host = target.isService ? target.authority : target.host
        let name = settings.serverName.count > 0 ? settings.serverName : host
        let stream = TLSStream.connect(
            table.clients[record],
            descriptor,
            name: Bytes(table.view.bytes(name)),
            speaksHTTP2: sockets[descriptor].isCarrier,
            session: targets[sockets[descriptor].target].session
        )
        guard let stream else { return failConnecting(descriptor, .handshake) }
        sockets[descriptor].transport = .tls
        sockets[descriptor].tls = stream
        sockets[descriptor].state = .handshaking
        stream.note(isReadable: sockets[descriptor].isReadable, isEnding: sockets[descriptor].isEnding)
        shakeHands(withUpstream: descriptor)
    }

    /// Goes on with the handshake, within the time to connect.
    mutating func shakeHands(withUpstream descriptor: Int32) {
        switch sockets[descriptor].tls.shakeHands() {
        case .waitsForInput: sockets[descriptor].isReadable = false
        case .waitsForRoom: sockets[descriptor].isWritable = false
        case .failed, .plain:
            metrics.add(.upstreamHandshakesFailed)
            sockets[descriptor].hasFailed = true
            forgetSession(descriptor)
            failConnecting(descriptor, reason(sockets[descriptor].tls.failure))
        case .done where sockets[descriptor].isCarrier && !sockets[descriptor].tls.speaksHTTP2:
            metrics.add(.upstreamHandshakesFailed)
            failConnecting(descriptor, .handshake)
        case .done:
            metrics.add(sockets[descriptor].tls.isResumed ? .upstreamHandshakesResumed : .upstreamHandshakesFull)
            sockets[descriptor].isReadable = true
            begin(on: descriptor)
        }
    }

    private mutating func reason(_ failure: HandshakeFailure) -> UpstreamFailure {
        switch failure {
        case .closed, .handshake: return .handshake
        case .expired:
            metrics.add(.upstreamCertificatesExpired)
            return .expired
        case .misnamed:
            metrics.add(.upstreamCertificatesMisnamed)
            return .misnamed
        case .untrusted:
            metrics.add(.upstreamCertificatesUntrusted)
            return .untrusted
        }
    }

    /// Keeps what the server gave to come back with.
    mutating func keepSession(_ descriptor: Int32) {
        guard let session = sockets[descriptor].tls.takeSession() else { return }
        let target = sockets[descriptor].target
        targets[target].session?.free()
        targets[target].session = session
    }

    /// A session may be why a handshake failed; the next one is a full one.
    private mutating func forgetSession(_ descriptor: Int32) {
        let target = sockets[descriptor].target
        targets[target].session?.free()
        targets[target].session = nil
    }

    /// Whether an idle connection can be used: nothing came but what TLS says for itself, such as tickets.
    mutating func isQuiet(_ descriptor: Int32) -> Bool {
        guard sockets[descriptor].transport == .tls else { return apic_is_quiet(descriptor) != 0 }
        guard sockets[descriptor].tls.isQuiet else { return false }
        sockets[descriptor].isReadable = false
        return true
    }
}
