internal import CPlatform
internal import Glibc

/// How a new process takes over from the one that serves, without a connection refused or dropped between them.
///
/// Both are given the same path. The one that serves listens there; the new one loads its bundle, connects, is handed
/// the listening sockets, serves, and only then says so. The old one then ends: it accepts no more, and closes every
/// connection with its next answer. If the new one fails before it serves, nothing has changed.
///
/// The sockets themselves pass from process to process (unix(7), SCM_RIGHTS): what waits to be accepted waits on.
enum Takeover {
    /// What the new process says first; the number is that of the protocol.
    static let greeting = "apic-takeover 1"
    /// What it says when its workers serve.
    static let serving = "serving"
    /// What comes with all descriptors but the last, and with the last.
    static let more = "more"
    static let last = "last"
    /// Sockets that are handed over at most: every worker of every address.
    static let socketCountMax = 4_096
    /// How long each message of the other process may take.
    static let answerMilliseconds: Int32 = 5_000
    /// How long a process may take from the sockets to serving; then another may claim them.
    static let loadingMilliseconds: Int64 = 300_000

    /// The new process's side, from the greeting until it serves.
    struct Claim: ~Copyable {
        private let connection: Int32

        fileprivate init(connection: Int32) { self.connection = connection }

        /// Tells the old process that this one serves.
        ///
        /// - Returns: whether the message got there.
        consuming func reportServing() -> Bool { Takeover.say(Takeover.serving, to: connection) }

        deinit { close(connection) }
    }

    /// Claims the listening sockets of the process that serves, if there is one.
    ///
    /// - Parameter adopted: gets the sockets.
    /// - Returns: `nil` if nobody listens at the path.
    static func claim(at path: String, into adopted: inout AdoptedSockets) throws(StartError) -> Claim? {
        // The path ends with a zero.
        let connection = unsafe apic_handover_connect(path, answerMilliseconds)
        // No socket, or one whose process is gone: the first start, or one after a crash.
        if connection == -ENOENT || connection == -ECONNREFUSED { return nil }
        guard connection >= 0 else {
            throw StartError(message: "cannot take over at `\(path)`: \(systemMessage(-connection))")
        }
        let claim = Claim(connection: connection)
        guard say(greeting, to: connection) else {
            throw StartError(message: "cannot take over at `\(path)`: \(systemMessage(errno))")
        }
        var descriptors: [Int32] = []
        while true {
            guard let message = receive(connection), message.text == more || message.text == last else {
                for descriptor in descriptors { close(descriptor) }
                throw StartError(
                    message: "cannot take over at `\(path)`: what listens there hands over no sockets"
                )
            }
            descriptors += message.descriptors
            if message.text == last {
                adopted.adopt(descriptors)
                return claim
            }
            guard descriptors.count <= socketCountMax else {
                for descriptor in descriptors { close(descriptor) }
                throw StartError(message: "cannot take over at `\(path)`: too many sockets are handed over")
            }
        }
    }

    /// Hands listening sockets to a process that asked for them.
    ///
    /// - Returns: whether all of them are on their way.
    static func hand(_ descriptors: [Int32], to connection: Int32) -> Bool {
        var rest = descriptors[...]
        repeat {
            let part = Array(rest.prefix(Int(apic_handover_descriptor_max)))
            rest = rest.dropFirst(part.count)
            guard say(rest.isEmpty ? last : more, with: part, to: connection) else { return false }
        } while !rest.isEmpty
        return true
    }

    struct Message {
        var text: String
        var descriptors: [Int32]
    }

    /// The next message; `nil` at the end, on a time-out, or if it cannot be read.
    static func receive(_ connection: Int32) -> Message? {
        var bytes = [UInt8](repeating: 0, count: 64)
        var descriptors = [Int32](repeating: -1, count: Int(apic_handover_descriptor_max))
        var count = descriptors.count
        // Both buffers are as long as said.
        let got = unsafe apic_handover_receive(connection, &bytes, bytes.count, &descriptors, &count)
        let came = Array(descriptors[..<count])
        guard got > 0 else {
            for descriptor in came { close(descriptor) }
            if got < 0 { errno = Int32(-got) }
            return nil
        }
        return Message(text: String(decoding: bytes[..<got], as: UTF8.self), descriptors: came)
    }

    static func say(_ text: String, with descriptors: [Int32] = [], to connection: Int32) -> Bool {
        let bytes = Array(text.utf8)
        // Both buffers are as long as said.
        let code = unsafe apic_handover_send(connection, bytes, bytes.count, descriptors, descriptors.count)
        if code != 0 { errno = -code }
        return code == 0
    }
}

/// The side of the process that serves: a part of the control loop. One process may claim at a time.
struct TakeoverServer: ~Copyable {
    /// What a turn of the loop found.
    enum Event: Equatable {
        case nothing
        /// A process has the sockets and loads its bundle.
        case claimed
        /// It ended before it served.
        case abandoned
        /// It serves.
        case replaced
    }

    /// -1: off.
    private let listener: Int32
    private var claimant: Int32 = -1
    private var hasSockets = false
    /// When the claimant is given up.
    private(set) var deadline: Int64 = .max

    /// Hands over nothing.
    init() { listener = -1 }

    /// - Throws: if the path cannot be listened at.
    init(path: String) throws(StartError) {
        // The path ends with a zero.
        listener = unsafe apic_handover_listen(path)
        guard listener >= 0 else {
            throw StartError(message: "cannot listen for a takeover at `\(path)`: \(systemMessage(-listener))")
        }
    }

    deinit {
        if claimant >= 0 { close(claimant) }
        if listener >= 0 { close(listener) }
    }

    /// What to wait for.
    var interests: [pollfd] {
        let descriptor = claimant >= 0 ? claimant : listener
        return descriptor >= 0 ? [pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)] : []
    }

    /// Goes on with what is ready.
    ///
    /// - Parameter descriptors: the listening sockets to hand over.
    mutating func advance(_ ready: ArraySlice<pollfd>, now: Int64, descriptors: () -> [Int32]) -> Event {
        guard ready.contains(where: { $0.revents != 0 }) else { return now < deadline ? .nothing : drop() }
        if claimant < 0 {
            claimant = max(apic_handover_accept(listener), -1)
            if claimant >= 0 { deadline = now + Int64(Takeover.answerMilliseconds) }
            return .nothing
        }
        let message = Takeover.receive(claimant)
        if message == nil, errno == EAGAIN { return .nothing }
        for descriptor in message?.descriptors ?? [] { close(descriptor) }
        switch message?.text {
        case Takeover.greeting where !hasSockets:
            guard Takeover.hand(descriptors(), to: claimant) else { return drop() }
            hasSockets = true
            deadline = now + Takeover.loadingMilliseconds
            return .claimed
        case Takeover.serving where hasSockets:
            _ = drop()
            return .replaced
        default: return drop()
        }
    }

    private mutating func drop() -> Event {
        close(claimant)
        claimant = -1
        deadline = .max
        defer { hasSockets = false }
        return hasSockets ? .abandoned : .nothing
    }
}
