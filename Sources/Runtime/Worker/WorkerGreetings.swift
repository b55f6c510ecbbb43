internal import CPlatform
internal import Glibc

// Connections that a proxy hands over: whose they are is said before their first byte.

extension Worker {
    /// Takes the PROXY header off the connection as soon as it is whole. It is looked at first and then taken to the
    /// byte, since what follows it may be a TLS handshake, which is not for this code to read.
    mutating func takeProxyHeader(_ descriptor: Int32) {
        guard sockets[descriptor].isReadable else { return }
        // The scratch block is longer than any header.
        let count = unsafe apic_peek(descriptor, bodyScratch.base, ProxyHeader.byteCountMax)
        guard count > 0 else {
            if count == -Int(EAGAIN) {
                sockets[descriptor].isReadable = false
            } else {
                closeClient(descriptor)
            }
            return
        }
        switch ProxyHeader.parse(bodyScratch.bytes(0, count)) {
        case .incomplete:
            // The next edge tells of more.
            sockets[descriptor].isReadable = false
            if sockets[descriptor].isEnding { refuseProxyHeader(descriptor) }
        case .refused: refuseProxyHeader(descriptor)
        case .complete(let header):
            // At least so many bytes are there.
            let taken = unsafe apic_receive(descriptor, bodyScratch.base, header.byteCount)
            guard taken == header.byteCount else { return closeClient(descriptor) }
            if case .address(let address, let port) = header.source { welcome(descriptor, address, port: port) }
            guard admit(descriptor) else { return closeClient(descriptor) }
            if sockets[descriptor].isSecure {
                beginHandshake(descriptor)
                // Its first bytes may be there already; a client that could not be taken is closed.
                if sockets[descriptor].state == .handshaking { shakeHands(withClient: descriptor) }
            } else {
                sockets[descriptor].state = .idle
                advance(descriptor)
            }
        }
    }

    /// Says nothing: whoever speaks otherwise is not the proxy that the listener is for.
    private mutating func refuseProxyHeader(_ descriptor: Int32) {
        metrics.add(.proxyHeadersRefused)
        closeClient(descriptor)
    }
}
