/// What a descriptor is to its worker.
enum SocketRole: UInt8, BitwiseCopyable {
    case free = 0
    case listener
    case wakeup
    case client
    case upstream
}

/// Where a connection of either side stands.
enum ConnectionState: UInt8, BitwiseCopyable {
    /// Client: between requests. Upstream: in its target's pool.
    case idle = 0
    /// Upstream: the handshake is not done.
    case connecting
    /// A TLS handshake is not done.
    case handshaking
    /// Client: its proxy has not said yet whose connection it is.
    case greeting
    /// Serves an exchange.
    case busy
    /// Client: the last answer is on its way, then the connection closes.
    case closing
    /// Client: answered and half-closed; what still comes is thrown away for a while.
    case lingering
    /// Carries the streams of an HTTP/2 session.
    case multiplexed
}

/// Why a connection has a deadline.
enum Deadline: UInt8, BitwiseCopyable {
    case none = 0
    case head
    case idle
    case body
    case write
    case linger
    case connect
    case response
    case acceptPause
    case tunnel
    case pong
    /// Client: a target has to have room for its request.
    case target
    /// Client: a server has to say whether its request may pass, or a delay is over.
    case answer
    /// Client: its answer has to have begun, or another target is asked, too.
    case hedge
}

/// What is to be sent behind a borrowed stretch: the end of a chunk, the end of a chunked body, or both.
enum OutputTail: UInt8, BitwiseCopyable {
    case none = 0
    case chunkEnd
    case lastChunk
    case chunkEndAndLastChunk

    var bytes: Bytes {
        switch self {
        case .none: .empty
        case .chunkEnd: Bytes("\r\n")
        case .lastChunk: Bytes("0\r\n\r\n")
        case .chunkEndAndLastChunk: Bytes("\r\n0\r\n\r\n")
        }
    }
}

/// One descriptor of a worker, one stream of an HTTP/2 session, or the client that a copied request does not have.
/// Plain values in a slab that is indexed by descriptor; streams have the indices behind all descriptors, copies those
/// behind all streams.
struct Socket: BitwiseCopyable {
    /// Grows when the descriptor is closed, so that events of a former life are known as such.
    var generation: UInt32 = 0
    var role = SocketRole.free
    var state = ConnectionState.idle
    /// Edges of the kernel not yet used up.
    var isReadable = false
    var isWritable = false
    /// The peer will send no more.
    var hasEnded = false
    /// An end or an error waits behind what can still be read.
    var isEnding = false
    /// In the queue of connections with work left.
    var isQueued = false
    /// It waits among `arrivals`.
    var hasArrived = false
    /// The connection is broken; only closing it remains.
    var hasFailed = false
    var transport = Transport.plain
    /// Client: what it sends is encrypted on its way here. Listener: its connections begin with a TLS handshake.
    var isSecure = false
    /// Listener: its connections begin with a PROXY header.
    var takesProxyHeader = false
    /// While `transport` is `tls`.
    var tls = TLSStream.none
    /// TLS: reading goes on when something can be sent, and sending when something came.
    var readWaitsForRoom = false
    var writeWaitsForInput = false
    /// TLS: the buffers were given back.
    var isResting = false

    // What came and is not used up: `inputStart..<inputEnd` of the block.
    var input: Block?
    var inputStart: Int32 = 0
    var inputEnd: Int32 = 0
    /// End of what was parsed and found to be an incomplete head, so that only new bytes are looked at.
    var scannedEnd: Int32 = 0

    // What is to be sent: `outputStart..<outputEnd` of the own block, then the borrowed stretch of the peer's input,
    // then a tail.
    var output: Block?
    var outputStart: Int32 = 0
    var outputEnd: Int32 = 0
    var borrowed: Block?
    var borrowedStart: Int32 = 0
    var borrowedEnd: Int32 = 0
    var tail = OutputTail.none
    var tailSent: UInt8 = 0

    // Deadline: a link in the timer wheel.
    var deadline = Deadline.none
    var timerSlot: Int32 = -1
    var timerNext: Int32 = -1
    var timerPrevious: Int32 = -1
    /// When the deadline has passed.
    var timerTick: UInt64 = 0
    /// When the slot comes round in which the socket waits; not after the deadline.
    var timerSlotTick: UInt64 = 0

    /// The exchange that the connection serves, or -1.
    var exchange: Int32 = -1
    /// Requests that the connection has served.
    var requestCount: UInt32 = 0

    // Upstream: its target, and its neighbours in the target's pool.
    var target: UInt32 = 0
    var poolNext: Int32 = -1
    var poolPrevious: Int32 = -1
    var isPooled = false
    /// Upstream: carries the streams of an HTTP/2 session, or will when it stands. Its neighbours are those of the
    /// target's carriers.
    var isCarrier = false
    /// Milliseconds for which the connection may be idle.
    var idleTimeout: UInt32 = 0

    // Client: the peer.
    var peer0: UInt64 = 0
    var peer1: UInt64 = 0
    var peerPort: UInt16 = 0
    var isTrustedPeer = false
    /// Client: it was one too many, and does not count as one.
    var isTurnedAway = false
    /// Client: it is among the connections of its address.
    var isCountedByAddress = false
    var peerTextCount: UInt8 = 0
    var peerText = InlineArray<46, UInt8>(repeating: 0)

    @inline(__always)
    var hasOutput: Bool { outputStart < outputEnd || borrowedStart < borrowedEnd || tail != .none }
    @inline(__always)
    var hasInput: Bool { inputStart < inputEnd }

    /// What waits in the own block.
    @inline(__always)
    var ownOutput: Bytes {
        guard let output else { return .empty }
        return output.bytes(Int(outputStart), Int(outputEnd))
    }

    /// What waits in the peer's block.
    @inline(__always)
    var borrowedOutput: Bytes {
        guard let borrowed else { return .empty }
        return borrowed.bytes(Int(borrowedStart), Int(borrowedEnd))
    }

    /// Bytes that wait, without a tail.
    var outputCount: Int { Int(outputEnd - outputStart) + Int(borrowedEnd - borrowedStart) }

    /// Takes bytes away that were sent: own ones first, then borrowed ones, then the tail.
    @inline(__always)
    mutating func consumeOutput(_ count: Int) {
        var rest = Int32(count)
        let ofOwn = min(rest, outputEnd - outputStart)
        rest -= ofOwn
        outputStart += ofOwn
        if outputStart == outputEnd { (outputStart, outputEnd) = (0, 0) }
        let ofBorrowed = min(rest, borrowedEnd - borrowedStart)
        rest -= ofBorrowed
        borrowedStart += ofBorrowed
        if borrowedStart == borrowedEnd { borrowed = nil }
        tailSent += UInt8(rest)
        if Int(tailSent) == tail.bytes.count { (tail, tailSent) = (.none, 0) }
    }
}
