internal import CPlatform
internal import Glibc

/// What a connection of the status port asks the control loop for.
enum StatusQuestion: Equatable {
    case page(StatusRequest.Page)
    /// Forget stored answers: those of a path, or all.
    case purge(path: [UInt8]?)
}

/// The small HTTP/1.1 server of the status port, a part of the control loop: one request per connection, a bound on
/// everything, and a deadline after which a silent or slow client is cut.
struct StatusServer: ~Copyable {
    static let connectionCountMax = 64
    /// From accepting a connection to the end of its request.
    static let requestMilliseconds: Int64 = 5_000
    /// From the answer to its last byte.
    static let answerMilliseconds: Int64 = 10_000
    /// From the answer's last byte to the client's close.
    static let lingerMilliseconds: Int64 = 1_000
    /// How long nothing is accepted after the system had no descriptor for it.
    static let pauseMilliseconds: Int64 = 100

    private struct Connection {
        enum Step {
            case receiving
            case sending
            /// Everything was sent; what still comes is read, since closing with unread bytes would reset the
            /// connection and could cost the client the answer.
            case lingering
        }

        let descriptor: Int32
        var step = Step.receiving
        var input: [UInt8] = []
        /// What it asks for, until it is answered.
        var question: StatusQuestion?
        var isHead = false
        var output: [UInt8] = []
        var sentCount = 0
        var deadline: Int64
    }

    private var listener: Int32
    private var connections: [Connection] = []
    private var acceptsFrom: Int64 = .min

    /// - Parameter listener: nonblocking; the server closes it in the end.
    init(listener: Int32) {
        self.listener = listener
    }

    deinit {
        for connection in connections { close(connection.descriptor) }
        if listener >= 0 { close(listener) }
    }

    /// Leaves the port to another process.
    mutating func stopListening() {
        close(listener)
        listener = -1
    }

    /// When something is to be cut at the latest, or accepting to begin again.
    var deadline: Int64 {
        min(connections.map(\.deadline).min() ?? .max, acceptsFrom == .min ? .max : acceptsFrom)
    }

    /// What to wait for.
    func interests(now: Int64) -> [pollfd] {
        var entries: [pollfd] = []
        if now >= acceptsFrom, listener >= 0 { entries.append(pollfd(fd: listener, events: Int16(POLLIN), revents: 0)) }
        for connection in connections {
            let events = connection.step == .sending ? POLLOUT : POLLIN
            entries.append(pollfd(fd: connection.descriptor, events: Int16(events), revents: 0))
        }
        return entries
    }

    /// Goes on with what is ready, and cuts what is late.
    ///
    /// - Parameter ready: what `poll` said of the interests.
    /// - Returns: connections that ask for something, to be answered before the next turn.
    mutating func receive(_ ready: ArraySlice<pollfd>, now: Int64) -> [(descriptor: Int32, question: StatusQuestion)] {
        let readyDescriptors = Set(ready.filter { $0.revents != 0 }.map(\.fd))
        var kept: [Connection] = []
        var asked: [(descriptor: Int32, question: StatusQuestion)] = []
        for var connection in connections {
            let isReady = readyDescriptors.contains(connection.descriptor)
            guard !isReady || StatusServer.proceed(&connection, now: now), now < connection.deadline else {
                close(connection.descriptor)
                continue
            }
            kept.append(connection)
            if let question = connection.question { asked.append((connection.descriptor, question)) }
        }
        connections = kept
        if readyDescriptors.contains(listener) { acceptAll(now: now) }
        if now >= acceptsFrom { acceptsFrom = .min }
        return asked
    }

    /// Answers a connection that asked.
    mutating func answer(_ descriptor: Int32, _ answer: StatusAnswer, now: Int64) {
        guard let index = connections.firstIndex(where: { $0.descriptor == descriptor }) else { return }
        connections[index].question = nil
        StatusServer.begin(answer, on: &connections[index], now: now)
        if !StatusServer.send(&connections[index], now: now) { close(connections.remove(at: index).descriptor) }
    }

    private mutating func acceptAll(now: Int64) {
        for _ in 0..<StatusServer.connectionCountMax {
            let descriptor = apic_accept_plain(listener)
            guard descriptor >= 0 else {
                if descriptor == -EMFILE || descriptor == -ENFILE || descriptor == -ENOMEM {
                    acceptsFrom = now + StatusServer.pauseMilliseconds
                }
                return
            }
            makeRoom()
            connections.append(Connection(descriptor: descriptor, deadline: now + StatusServer.requestMilliseconds))
        }
    }

    /// Gives up the connection that has been silent for longest, so that probes get in however many wait.
    private mutating func makeRoom() {
        guard connections.count >= StatusServer.connectionCountMax else { return }
        let oldest = connections.firstIndex { $0.step != .sending } ?? 0
        close(connections.remove(at: oldest).descriptor)
    }

    /// - Returns: whether the connection stays open.
    private static func proceed(_ connection: inout Connection, now: Int64) -> Bool {
        switch connection.step {
        case .receiving:
            guard let received = receive(connection.descriptor) else { return false }
            connection.input += received
            switch StatusRequest.parse(connection.input) {
            case .incomplete: return true
            case .page(let page, let isHead):
                connection.question = .page(page)
                connection.isHead = isHead
                return true
            case .purge(let path):
                // Whoever may see the metrics may not yet change what is served.
                guard StatusPeer.isLocal(connection.descriptor) else {
                    begin(.refusal(403), on: &connection, now: now)
                    return send(&connection, now: now)
                }
                connection.question = .purge(path: path)
                return true
            case .notPosted:
                begin(.notPosted, on: &connection, now: now)
                return send(&connection, now: now)
            case .refused(let status):
                begin(.refusal(status), on: &connection, now: now)
                return send(&connection, now: now)
            }
        case .sending: return send(&connection, now: now)
        case .lingering: return receive(connection.descriptor) != nil
        }
    }

    private static func begin(_ answer: StatusAnswer, on connection: inout Connection, now: Int64) {
        connection.input = []
        connection.output = answer.bytes(isHead: connection.isHead)
        connection.step = .sending
        connection.deadline = now + answerMilliseconds
    }

    /// - Returns: what is there, perhaps nothing; `nil` if the client closed.
    private static func receive(_ descriptor: Int32) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
        if count > 0 { return Array(buffer[..<count]) }
        return count < 0 && (errno == EAGAIN || errno == EINTR) ? [] : nil
    }

    private static func send(_ connection: inout Connection, now: Int64) -> Bool {
        while connection.sentCount < connection.output.count {
            let count = unsafe connection.output[connection.sentCount...].withUnsafeBytes {
                unsafe Glibc.send(connection.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0 { return errno == EAGAIN || errno == EINTR }
            connection.sentCount += count
        }
        shutdown(connection.descriptor, Int32(SHUT_WR))
        connection.output = []
        connection.step = .lingering
        connection.deadline = now + lingerMilliseconds
        return true
    }
}
