internal import CPlatform
internal import CTLS
internal import Glibc

/// One question to a target: connect, shake hands where it is spoken to by TLS, send a `GET` by the protocol that the
/// target speaks, read the head of the answer, close. It never blocks, and it ends by its deadline.
final class Probe {
    private enum Stage {
        case connecting
        case shakingHands
        case asking
        case reading
    }

    enum Outcome: Equatable {
        case good
        case bad(String)
    }

    let job: HealthBoard.Job
    let began: Int64
    let deadline: Int64
    private(set) var descriptor: Int32 = -1
    private var stage = Stage.connecting
    private var tls = TLSStream.none
    private var isSecure = false
    private var waitsForRoom = true
    /// Addresses that were tried.
    private var addressCount = 0
    private var unsent: [UInt8]
    private var answer: [UInt8] = []
    /// Where the target speaks HTTP/2.
    private var session: ProbeSession?
    private let scratch: Block
    private let input: Block

    /// - Parameter blocks: lends memory for as long as the probe lives.
    init(_ job: HealthBoard.Job, now: Int64, input: Block, scratch: Block) {
        self.job = job
        began = now
        deadline = now + job.watched.settings.timeout
        self.input = input
        self.scratch = scratch
        let settings = job.watched.settings
        if job.watched.speaksHTTP2 {
            session = ProbeSession(settings, scheme: job.watched.security == nil ? "http" : "https")
            unsent = session?.takeOutput() ?? []
            return
        }
        unsent = Array(
            """
            GET \(settings.path) HTTP/1.1\r
            Host: \(settings.host)\r
            User-Agent: apic-gateway-probe\r
            Accept: */*\r
            Connection: close\r
            \r

            """.utf8
        )
    }

    deinit { close() }

    var interest: pollfd { pollfd(fd: descriptor, events: Int16(waitsForRoom ? POLLOUT : POLLIN), revents: 0) }

    /// Begins with the first address.
    ///
    /// - Returns: `nil` if it goes on.
    func start() -> Outcome? {
        guard !job.addresses.isEmpty else { return .bad("its name has no address") }
        return connectNext("no address can be reached")
    }

    /// One address that cannot be reached says nothing of the next.
    private func connectNext(_ failure: String) -> Outcome? {
        close()
        while addressCount < job.addresses.count {
            let address = job.addresses[addressCount]
            addressCount += 1
            descriptor = unsafe address.withSockaddr { unsafe apic_connect($0, $1) }
            if descriptor >= 0 {
                (stage, waitsForRoom) = (.connecting, true)
                return nil
            }
        }
        return .bad(failure)
    }

    /// Goes on after `interest` was met.
    ///
    /// - Returns: `nil` if it is not over.
    func advance(_ events: Int16) -> Outcome? {
        if isSecure {
            tls.note(isReadable: events & Int16(POLLIN | POLLHUP) != 0, isEnding: events & Int16(POLLHUP) != 0)
        }
        switch stage {
        case .connecting:
            let error = apic_socket_error(descriptor)
            guard error == 0 else { return connectNext("cannot connect: \(systemMessage(error))") }
            guard let security = job.watched.security else { return ask() }
            return secure(security)
        case .shakingHands: return shakeHands()
        case .asking: return ask()
        case .reading: return read()
        }
    }

    /// The deadline has passed.
    var timedOut: Outcome {
        switch stage {
        case .connecting: .bad("did not connect in time")
        case .shakingHands: .bad("the TLS handshake took too long")
        case .asking, .reading: .bad("did not answer in time")
        }
    }

    private func secure(_ security: ProbeSecurity) -> Outcome? {
        let name = Array(security.serverName.utf8)
        // The bytes are read before the call returns.
        let stream = unsafe name.withUnsafeBufferPointer { buffer -> TLSStream? in
            guard let start = buffer.baseAddress else { return nil }
            return TLSStream.connect(
                security.owner.clientList[security.client],
                descriptor,
                name: unsafe Bytes(start, count: buffer.count),
                speaksHTTP2: job.watched.speaksHTTP2,
                session: nil
            )
        }
        guard let stream else { return .bad("TLS cannot be begun") }
        (tls, isSecure, stage) = (stream, true, .shakingHands)
        tls.note(isReadable: false, isEnding: false)
        return shakeHands()
    }

    private func shakeHands() -> Outcome? {
        switch tls.shakeHands() {
        case .done:
            if job.watched.speaksHTTP2, !tls.speaksHTTP2 { return .bad("does not speak HTTP/2") }
            return ask()
        case .waitsForInput: waitsForRoom = false
        case .waitsForRoom: waitsForRoom = true
        case .plain: return .bad("it does not speak TLS")
        case .failed:
            switch tls.failure {
            case .closed, .handshake: return .bad("the TLS handshake failed")
            case .expired: return .bad("its certificate has expired")
            case .misnamed: return .bad("its certificate is for another name")
            case .untrusted: return .bad("its certificate is not trusted")
            }
        }
        return nil
    }

    private func ask() -> Outcome? {
        stage = .asking
        while !unsent.isEmpty {
            let sent = send()
            guard sent > 0 else {
                guard sent == -Int(EAGAIN) else { return .bad("closed the connection") }
                waitsForRoom = true
                return nil
            }
            unsent.removeFirst(sent)
        }
        (stage, waitsForRoom) = (.reading, false)
        return isSecure ? read() : nil
    }

    private func send() -> Int {
        // The bytes are valid until the call returns.
        unsafe unsent.withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return 0 }
            let bytes = unsafe Bytes(start, count: buffer.count)
            guard isSecure else { return unsafe apic_send3(descriptor, start, buffer.count, start, 0, start, 0) }
            let sent = tls.send(bytes, .empty, .empty, scratch: scratch)
            return sent == apic_tls_wants_write || sent == apic_tls_wants_read ? -Int(EAGAIN) : max(sent, -Int(EPIPE))
        }
    }

    private func read() -> Outcome? {
        while true {
            var hasMore = false
            let count =
                isSecure
                ? tls.receive(input, from: 0, hasMore: &hasMore)
                : unsafe apic_receive(descriptor, input.base, Limits.blockBytes)
            if count > 0 {
                if let session {
                    guard session.take(input.bytes(0, count)) else { return .bad("does not speak HTTP/2") }
                    if let outcome = judge(session) { return outcome }
                    unsent += session.takeOutput()
                    guard unsent.isEmpty else { return ask() }
                    continue
                }
                // The block holds what was just received.
                unsafe answer.append(contentsOf: input.bytes(0, count).buffer)
                if let outcome = judge() { return outcome }
                continue
            }
            if count == -Int(EAGAIN), !isSecure { return nil }
            if isSecure, count == apic_tls_wants_read {
                waitsForRoom = false
                return nil
            }
            if isSecure, count == apic_tls_wants_write {
                waitsForRoom = true
                return nil
            }
            return .bad("closed the connection before it answered")
        }
    }

    /// - Returns: `nil` while the head of the final answer is not whole.
    private func judge() -> Outcome? {
        while let end = Probe.endOfHead(answer) {
            guard let status = Probe.status(answer) else { return .bad("does not speak HTTP/1.1") }
            if (100...199).contains(status), status != 101 {
                answer.removeFirst(end)
                continue
            }
            return outcome(of: status)
        }
        return answer.count > Limits.probeHeadBytesMax ? .bad("the head of its answer is too large") : nil
    }

    private func judge(_ session: ProbeSession) -> Outcome? {
        if session.status > 0 { return outcome(of: session.status) }
        return session.isClosed ? .bad("reset the request") : nil
    }

    private func outcome(of status: UInt16) -> Outcome {
        let isGood = job.watched.settings.goodStatuses.contains { $0.contains(status) }
        return isGood ? .good : .bad("answered \(status)")
    }

    /// The count of bytes up to the end of the empty line.
    static func endOfHead(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        for index in 3..<bytes.count
        where bytes[index] == 0x0A && bytes[index - 1] == 0x0D && bytes[index - 2] == 0x0A && bytes[index - 3] == 0x0D {
            return index + 1
        }
        return nil
    }

    /// `HTTP/1.1 200 OK`: the status of an answer that begins so.
    static func status(_ bytes: [UInt8]) -> UInt16? {
        guard bytes.count > 12, bytes.starts(with: "HTTP/1.".utf8), bytes[8] == 0x20, [0x20, 0x0D].contains(bytes[12])
        else { return nil }
        let digits = bytes[9..<12]
        guard digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return digits.reduce(UInt16(0)) { 10 * $0 + UInt16($1 - 0x30) }
    }

    private func close() {
        if isSecure {
            tls.endSending()
            tls.free()
            (tls, isSecure) = (.none, false)
        }
        guard descriptor >= 0 else { return }
        Glibc.close(descriptor)
        descriptor = -1
    }
}
