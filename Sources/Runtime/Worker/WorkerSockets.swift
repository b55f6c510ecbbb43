internal import CPlatform
internal import Glibc

// What the loop does with descriptors: register, receive, transmit, close.

/// What came of reading.
enum Received {
    case data
    /// Nothing now; an event will tell.
    case blocked
    /// The peer sends no more.
    case ended
    case failed
}

/// What came of writing.
enum Transmitted {
    /// Everything is with the kernel.
    case done
    /// An event will tell when there is room.
    case blocked
    case failed
}

extension Worker {
    /// Registers the wakeup and the listeners.
    mutating func begin() {
        register(link.wakeup, .wakeup, edges: false)
        for listener in listeners {
            register(listener.descriptor, .listener, edges: false)
            sockets[listener.descriptor].isSecure = listener.isSecure
            sockets[listener.descriptor].takesProxyHeader = listener.takesProxyHeader
        }
        if let changes = link.takeTargets() { take(changes) }
    }

    /// - Returns: whether the worker can take care of the descriptor.
    @discardableResult
    mutating func register(_ descriptor: Int32, _ role: SocketRole, edges: Bool) -> Bool {
        guard descriptor < http2.firstSocket else { return false }
        let generation = sockets[descriptor].generation
        guard apic_epoll_add(epoll, descriptor, generation, edges ? 1 : 0) == 0 else { return false }
        sockets[descriptor] = Socket()
        sockets[descriptor].generation = generation
        sockets[descriptor].role = role
        return true
    }

    /// Closes a descriptor, whatever it was, and gives back what it held.
    mutating func closeSocket(_ descriptor: Int32) {
        timers.remove(descriptor, sockets)
        if sockets[descriptor].transport == .tls { closeSecure(descriptor) }
        if let block = sockets[descriptor].input { blocks.give(block) }
        if let block = sockets[descriptor].output { blocks.give(block) }
        let generation = sockets[descriptor].generation &+ 1
        sockets[descriptor] = Socket()
        sockets[descriptor].generation = generation
        close(descriptor)
    }

    /// Says that nothing more is sent.
    mutating func endSending(_ descriptor: Int32) {
        if sockets[descriptor].transport == .tls { sockets[descriptor].tls.endSending() }
        apic_end_sending(descriptor)
    }

    /// Closing will be a reset, and no goodbye goes before it: what is cut must not look whole.
    mutating func resetOnClose(_ descriptor: Int32) {
        // A stream is reset by its own kind of frame.
        if !sockets[descriptor].transport.isVirtual { apic_reset_on_close(descriptor) }
        sockets[descriptor].hasFailed = true
    }

    /// Reads behind what is there.
    ///
    /// - Precondition: the input block, if there is one, has room behind `inputEnd`.
    mutating func receive(_ descriptor: Int32) -> Received {
        if sockets[descriptor].transport.isVirtual { return receiveVirtual(descriptor) }
        guard sockets[descriptor].isReadable else { return sockets[descriptor].hasEnded ? .ended : .blocked }
        let block = inputBlock(descriptor)
        let end = Int(sockets[descriptor].inputEnd)
        let room = Limits.blockBytes - end
        assert(room > 0)
        if sockets[descriptor].transport == .tls { return receiveSecure(descriptor, into: block) }
        // The kernel writes at most `room` bytes, which the block has behind `end`.
        let count = unsafe apic_receive(descriptor, block.base + end, room)
        if count > 0 {
            sockets[descriptor].inputEnd += Int32(count)
            // A short read has emptied the socket; only an end may still wait behind the data.
            if count < room { sockets[descriptor].isReadable = sockets[descriptor].isEnding }
            return .data
        }
        sockets[descriptor].isReadable = false
        if count == 0 {
            sockets[descriptor].hasEnded = true
            return .ended
        }
        if count == -Int(EAGAIN) { return .blocked }
        sockets[descriptor].hasFailed = true
        return .failed
    }

    private mutating func receiveVirtual(_ socket: Int32) -> Received {
        // All that there is of a copied request stands in its block.
        sockets[socket].transport == .stream ? receiveStream(socket) : .failed
    }

    private mutating func transmitVirtual(_ socket: Int32) -> Transmitted {
        if sockets[socket].transport == .stream { return transmitStream(socket) }
        sentCount = sockets[socket].outputCount
        clearOutput(socket)
        return .done
    }

    /// The input block of a connection, taken if there is none.
    mutating func inputBlock(_ descriptor: Int32) -> Block {
        if let block = sockets[descriptor].input { return block }
        let block = blocks.take()
        sockets[descriptor].input = block
        return block
    }

    /// - Precondition: nothing of the input is needed any more.
    mutating func giveBackInput(_ descriptor: Int32) {
        guard let block = sockets[descriptor].input else { return }
        blocks.give(block)
        sockets[descriptor].input = nil
        (sockets[descriptor].inputStart, sockets[descriptor].inputEnd) = (0, 0)
        sockets[descriptor].scannedEnd = 0
    }

    /// Gives back the output block of a connection for which nothing waits.
    mutating func giveBackOutput(_ descriptor: Int32) {
        guard let block = sockets[descriptor].output, !sockets[descriptor].hasOutput else { return }
        blocks.give(block)
        sockets[descriptor].output = nil
    }

    /// Moves the input to the front of its block: what was before it is used up, and makes room for more.
    ///
    /// - Returns: by how many bytes it moved.
    mutating func moveInputToFront(_ descriptor: Int32) -> Int32 {
        let start = sockets[descriptor].inputStart
        guard start > 0, let block = sockets[descriptor].input else { return 0 }
        block.move(from: Int(start), to: 0, count: Int(sockets[descriptor].inputEnd - start))
        sockets[descriptor].inputStart = 0
        sockets[descriptor].inputEnd -= start
        return start
    }

    /// The output block of a connection, taken if there is none.
    mutating func outputBlock(_ descriptor: Int32) -> Block {
        if let block = sockets[descriptor].output { return block }
        let block = blocks.take()
        sockets[descriptor].output = block
        return block
    }

    /// Sends what waits: own bytes, the borrowed stretch, the tail.
    mutating func transmit(_ descriptor: Int32) -> Transmitted {
        if sockets[descriptor].transport.isVirtual { return transmitVirtual(descriptor) }
        sentCount = 0
        guard sockets[descriptor].hasOutput else { return .done }
        guard sockets[descriptor].isWritable else { return .blocked }
        let own = sockets[descriptor].ownOutput
        let borrowed = sockets[descriptor].borrowedOutput
        let tail = sockets[descriptor].tail.bytes.from(Int(sockets[descriptor].tailSent))
        // The three stretches are valid for their counts until the call returns.
        let sent =
            sockets[descriptor].transport == .tls
            ? sendSecure(descriptor, own, borrowed, tail)
            : unsafe apic_send3(
                descriptor,
                own.base,
                own.count,
                borrowed.base,
                borrowed.count,
                tail.base,
                tail.count
            )
        guard sent >= 0 else {
            if sent == -Int(EAGAIN) {
                sockets[descriptor].isWritable = false
                return .blocked
            }
            sockets[descriptor].hasFailed = true
            return .failed
        }
        sentCount = sent
        sockets[descriptor].consumeOutput(sent)
        if sent == own.count + borrowed.count + tail.count { return .done }
        // The kernel's buffer is full; an edge will tell when it is not.
        sockets[descriptor].isWritable = false
        return .blocked
    }

    /// Gives a connection its deadline, unless it has none to keep.
    mutating func arm(_ descriptor: Int32, _ what: Deadline, after milliseconds: UInt32) {
        timers.arm(descriptor, what, after: milliseconds, now: now / 1000, sockets)
    }

    mutating func disarm(_ descriptor: Int32) {
        timers.disarm(descriptor, sockets)
    }

    /// A deadline has passed.
    mutating func expire(_ descriptor: Int32, _ what: Deadline) {
        switch what {
        case .none: return
        case .acceptPause: resumeAccepting()
        case .head:
            metrics.add(sockets[descriptor].state == .handshaking ? .timeoutHandshake : .timeoutHead)
            expireHead(descriptor)
        case .idle:
            if sockets[descriptor].role == .upstream {
                closeUpstream(descriptor)
            } else if !restsOn(descriptor) {
                metrics.add(.timeoutIdle)
                expireIdle(descriptor)
            }
        case .body:
            metrics.add(.timeoutBody)
            expireBody(descriptor)
        case .write:
            metrics.add(.timeoutWrite)
            if sockets[descriptor].isCarrier { return breakCarrier(descriptor, .closed) }
            // A reset, whether an exchange goes on or not: what was not taken is not kept by the kernel either.
            resetOnClose(descriptor)
            abandonClient(descriptor)
        case .linger: expireLinger(descriptor)
        case .connect:
            metrics.add(.timeoutConnect)
            failConnecting(descriptor, .connectTimeout)
        case .response:
            metrics.add(.timeoutResponse)
            if sockets[descriptor].transport == .stream { doubt(http2[descriptor].carrier) }
            failUpstream(sockets[descriptor].exchange, .responseTimeout)
        case .tunnel:
            metrics.add(.timeoutTunnel)
            endTunnel(sockets[descriptor].exchange)
        case .pong:
            metrics.add(.timeoutPong)
            breakCarrier(descriptor, .closed)
        case .target: expireWaiting(sockets[descriptor].exchange)
        case .answer: expireConsultation(sockets[descriptor].exchange)
        case .hedge: hedge(sockets[descriptor].exchange)
        }
    }
}
