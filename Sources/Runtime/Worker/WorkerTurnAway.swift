internal import CPlatform
internal import Glibc

// Clients for whom there is no room.

extension Worker {
    /// Says 503 to a client that is one too many, before it asks: nothing of its request is read but to be thrown away.
    mutating func turnAway(_ descriptor: Int32, from listener: Int32) {
        metrics.add(.clientsRefused)
        // Nothing was sent yet, so the kernel has room for the answer. One that is encrypted would cost the handshake
        // that is to be saved.
        guard !sockets[listener].isSecure, sendOverloaded(descriptor), turnedAwayCount < Limits.turnedAwayCountMax,
            register(descriptor, .client, edges: true)
        else {
            close(descriptor)
            return
        }
        turnedAwayCount += 1
        sockets[descriptor].isTurnedAway = true
        sockets[descriptor].state = .lingering
        apic_end_sending(descriptor)
        arm(descriptor, .linger, after: Limits.lingerMilliseconds)
    }

    /// - Returns: whether the kernel took all of the answer.
    private mutating func sendOverloaded(_ descriptor: Int32) -> Bool {
        let kind = RefusalKind.overloaded
        var body = ByteWriter(hostScratch)
        kind.appendProblem(status: kind.status, to: &body)
        body.append("}\n")
        var answer = ByteWriter(bodyScratch)
        answer.append("HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\n")
        answer.append("Cache-Control: no-store\r\nRetry-After: 1\r\n")
        answer.append(dateLine.line(at: wall / 1000))
        answer.append("Content-Length: ")
        answer.append(decimal: UInt64(body.count))
        answer.append("\r\nConnection: close\r\n\r\n")
        answer.append(body.written)
        let bytes = answer.written
        // Valid until the scratch block is written to again.
        let sent = unsafe apic_send3(descriptor, bytes.base, bytes.count, bytes.base, 0, bytes.base, 0)
        return sent == bytes.count
    }
}
