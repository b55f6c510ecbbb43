internal import CPlatform
internal import GatewayTable

// Requests that change the protocol (RFC 9110 section 7.8), such as those of WebSocket (RFC 6455). Policy decides on
// them as on any other; once the upstream agrees, the connection is a tunnel: bytes both ways, a block per direction,
// so that a slow reader slows its writer.

extension Worker {
    /// Remembers what the request in `head` wants to change to; its head stays in the client's block.
    mutating func noteUpgrade(_ x: Int32) {
        exchanges[x].upgradeStart = head.upgradeStart
        exchanges[x].upgradeCount = UInt16(head.upgrade.count)
    }

    /// The upstream says 101: passes it on and makes a tunnel of the exchange.
    ///
    /// - Returns: whether the answer is to what was asked.
    mutating func beginTunnel(_ x: Int32) -> Bool {
        let client = exchanges[x].client
        let upstream = exchanges[x].upstream
        guard exchanges[x].upgradeCount > 0, exchanges[x].isRequestSent, answerHead.upgradeField >= 0,
            let block = sockets[client].input
        else { return false }
        let askedStart = Int(sockets[client].inputStart) + Int(exchanges[x].upgradeStart)
        let asked = block.bytes(askedStart, askedStart + Int(exchanges[x].upgradeCount))
        let chosen = answerHead.table.value(answerHead.upgradeField, in: answerHead.message)
        guard UpgradeProtocols.areAll(chosen, of: asked), writeAnswerHead(x) else { return false }
        exchanges[x].closesClient = true
        metrics.countRequest(
            series: exchanges[x].series,
            statusClass: 1,
            durationMicroseconds: now - exchanges[x].started
        )
        metrics.subtract(.requestsInFlight)
        requestCount -= 1
        metrics.add(.tunnelsOpen)
        metrics.add(.tunnelsOpened)
        exchanges[x].state = .tunneling
        // Requests before this one took the front of the block; the head stays for the log, the rest is the tunnel's.
        exchanges[x].bodyCursor -= moveInputToFront(client)
        disarm(upstream)
        arm(client, .tunnel, after: self.upstream(of: x).tunnelTimeout)
        return true
    }

    /// Moves bytes both ways as far as both sides allow.
    mutating func relayTunnel(_ x: Int32) {
        guard pump(x, isInbound: true), pump(x, isInbound: false) else { return }
        if exchanges[x].isClientEndPassed, exchanges[x].isUpstreamEndPassed { return endTunnel(x) }
        if exchanges[x].hasClientMoved {
            exchanges[x].hasClientMoved = false
            arm(exchanges[x].client, .tunnel, after: upstream(of: x).tunnelTimeout)
        }
        giveBackBlocks(x)
    }

    /// Moves bytes one way: what is read is sent before more is read.
    ///
    /// - Returns: whether the tunnel stands.
    private mutating func pump(_ x: Int32, isInbound: Bool) -> Bool {
        let source = isInbound ? exchanges[x].client : exchanges[x].upstream
        let sink = isInbound ? exchanges[x].upstream : exchanges[x].client
        for _ in 0..<Limits.relayTurnsMax {
            let transmitted = transmit(sink)
            if sentCount > 0 { exchanges[x].hasClientMoved = true }
            switch transmitted {
            case .done: break
            case .blocked: return true
            case .failed: return cutTunnel(x)
            }
            if isInbound ? exchanges[x].isClientEndPassed : exchanges[x].isUpstreamEndPassed {
                // Behind its end only a reset can come, until the other side has ended, too.
                let isOver = exchanges[x].isClientEndPassed && exchanges[x].isUpstreamEndPassed
                return sockets[source].hasFailed && !isOver ? cutTunnel(x) : true
            }
            if !lendPending(x, isInbound: isInbound, from: source, to: sink) {
                switch receive(source) {
                case .data: exchanges[x].hasClientMoved = true
                case .blocked: return true
                case .ended:
                    endSending(sink)
                    if isInbound {
                        exchanges[x].isClientEndPassed = true
                    } else {
                        exchanges[x].isUpstreamEndPassed = true
                    }
                    return true
                case .failed: return cutTunnel(x)
                }
            }
        }
        enqueue(source)
        return true
    }

    /// Lends what was read to the sink, or makes room for more.
    ///
    /// - Returns: whether there was anything.
    private mutating func lendPending(_ x: Int32, isInbound: Bool, from source: Int32, to sink: Int32) -> Bool {
        let start = isInbound ? exchanges[x].bodyCursor : sockets[source].inputStart
        let end = sockets[source].inputEnd
        guard start < end, let block = sockets[source].input else {
            // Everything was sent; the client's head stays where it is.
            let base = isInbound ? exchanges[x].headCount : 0
            sockets[source].inputEnd = base
            if isInbound { exchanges[x].bodyCursor = base } else { sockets[source].inputStart = 0 }
            return false
        }
        sockets[sink].borrowed = block
        sockets[sink].borrowedStart = start
        sockets[sink].borrowedEnd = end
        if isInbound {
            exchanges[x].bodyCursor = end
            exchanges[x].bytesIn += UInt64(end - start)
        } else {
            sockets[source].inputStart = end
            exchanges[x].bytesOut += UInt64(end - start)
        }
        return true
    }

    /// Gives back the blocks of sides that are silent, so that idle tunnels cost no more than the request's head.
    private mutating func giveBackBlocks(_ x: Int32) {
        let client = exchanges[x].client
        let upstream = exchanges[x].upstream
        giveBackOutput(client)
        giveBackOutput(upstream)
        // The client may still have to be sent what stands there.
        if !sockets[upstream].hasInput, !sockets[client].hasOutput { giveBackInput(upstream) }
    }

    /// Says to the client what the connection changed to, or what it would have to change to (426).
    mutating func appendUpgrade(to output: inout ByteWriter) {
        guard answerHead.upgradeField >= 0 else { return }
        output.append("Connection: upgrade\r\nUpgrade: ")
        output.append(answerHead.table.value(answerHead.upgradeField, in: answerHead.message))
        output.append("\r\n")
    }

    /// A side is broken, so that what is on its way cannot arrive: both get a reset.
    ///
    /// - Returns: `false`.
    private mutating func cutTunnel(_ x: Int32) -> Bool {
        resetOnClose(exchanges[x].client)
        resetOnClose(exchanges[x].upstream)
        endTunnel(x)
        return false
    }

    /// Closes both sides and logs the tunnel.
    mutating func endTunnel(_ x: Int32) {
        let client = exchanges[x].client
        exchanges[x].upstreamEnded = now
        record(x)
        // Bytes that will never arrive must not look like an end.
        if sockets[client].hasOutput { resetOnClose(client) }
        if sockets[exchanges[x].upstream].hasOutput { resetOnClose(exchanges[x].upstream) }
        clearOutput(client)
        clearOutput(exchanges[x].upstream)
        dropUpstream(x)
        freeSlot(x)
        sockets[client].exchange = -1
        closeClient(client)
    }
}
