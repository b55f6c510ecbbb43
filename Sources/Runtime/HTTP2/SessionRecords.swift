internal import CNGHTTP2

/// One stream of an HTTP/2 connection, beside the socket that stands for it. Plain values in a slab that is indexed by
/// the socket, less the first virtual one.
struct StreamRecord: BitwiseCopyable {
    /// The stream's number on its connection.
    var id: Int32 = -1
    /// The socket of the connection; -1 if the record is free.
    var carrier: Int32 = -1
    // Neighbours among the streams of the connection; `next` also links free records.
    var next: Int32 = -1
    var previous: Int32 = -1
    // Its place in the connection's queue of streams to which something happened.
    var nextEvent: Int32 = -1
    var isListed = false

    /// The request's header block is complete: the socket's input holds it as a head of HTTP/1.1.
    var hasHead = false
    /// Heads of answers that were not read on, interim ones perhaps and then the last one.
    var heads: Block?
    var headsCount: Int32 = 0
    var hasFinalHead = false
    /// To an upstream: the request's head went out.
    var isHeadOut = false
    var isHeadMalformed = false
    var isHeadTooLarge = false
    /// The request was handed on.
    var isStarted = false
    /// The peer sends no more.
    var hasPeerEnded = false
    /// The peer has said all, and it was a head.
    var hasEndedEmpty: Bool { hasPeerEnded && storedCount == 0 && trailers.block == nil }
    /// nghttp2 knows the stream no more.
    var isClosed = false
    var errorCode: UInt32 = 0
    /// The final head went to nghttp2.
    var isHeadSent = false
    /// What is in the socket's output is the last of the body.
    var isLastStaged = false
    /// The end of the stream went out.
    var isEndSent = false
    /// nghttp2 waits to be told that there is more to send.
    var isDeferred = false
    /// Body bytes that went out since the exchange was told last.
    var sentCount: Int32 = 0

    // The peer's body, as far as it was not read on: a ring.
    var stored: Block?
    var storedStart: Int32 = 0
    var storedCount: Int32 = 0
    /// The peer's trailers, as far as they came.
    var trailers = Trailers()
    /// What is to be sent behind the body; somebody else's.
    var departingTrailers = Trailers()
}

/// Which header block is arriving.
enum HeadKind: UInt8, BitwiseCopyable {
    case none = 0
    case request
    case answer
    case trailers
}

/// The header block that is arriving, at most one per connection. It becomes text as its fields come.
///
/// The pointers are nghttp2's counted buffers; only `Session` touches them.
@safe
struct ArrivingHead: BitwiseCopyable {
    var kind = HeadKind.none
    /// The socket of its stream.
    var socket: Int32 = -1
    // The pseudo-header fields, until the first line is written; retained.
    var method: OpaquePointer?
    var path: OpaquePointer?
    var authority: OpaquePointer?
    var hasScheme = false
    var isLineWritten = false
    /// Of an answer: not an interim one.
    var isFinal = false
    var block: Block?
    var count: Int32 = 0
    var fieldCount: Int32 = 0
    /// As RFC 9113 section 6.5.2 counts.
    var listBytes: Int32 = 0
    /// Values of `cookie`, joined (RFC 9113 section 8.2.3).
    var cookies: Block?
    var cookieCount: Int32 = 0
    var isMalformed = false
    var isTooLarge = false
}

/// What a peer may do so often: tokens that come back with time.
struct TokenBudget: BitwiseCopyable {
    private var tokens: Int32
    private let capacity: Int32
    private let perSecond: Int32
    private var refilledMilliseconds: UInt64

    init(capacity: Int32, perSecond: Int32, now milliseconds: UInt64) {
        (tokens, self.capacity, self.perSecond) = (capacity, capacity, perSecond)
        refilledMilliseconds = milliseconds
    }

    /// - Returns: whether there was one.
    mutating func take() -> Bool {
        tokens -= 1
        return tokens >= 0
    }

    mutating func add(_ count: Int32) { tokens = min(tokens + count, capacity) }

    mutating func refill(now milliseconds: UInt64) {
        let fresh = (milliseconds - refilledMilliseconds) * UInt64(perSecond) / 1000
        guard fresh > 0 else { return }
        refilledMilliseconds = milliseconds
        add(Int32(clamping: min(fresh, UInt64(capacity))))
    }
}

/// Why a session ends before its peer wants it to.
enum SessionFault: UInt8, BitwiseCopyable {
    case none = 0
    /// What came is no HTTP/2.
    case malformed
    /// Too many streams were cancelled.
    case resets
    /// Too many frames that carry nothing.
    case idleFrames
    /// A header block far beyond every bound.
    case headerList
    /// The peer asks for more acknowledgements than it reads.
    case unread
}

/// The HTTP/2 session of one connection. Plain values in a slab that is indexed by descriptor.
///
/// The handle is nghttp2's, valid until the session ends; only `Session` touches it.
@safe
struct SessionRecord: BitwiseCopyable {
    let handle: OpaquePointer
    let store: SessionStore
    let carrier: Int32
    /// Of the peer: of its requests, or of its answers.
    let role: SocketRole
    var head = ArrivingHead()
    var firstStream: Int32 = -1
    var streamCount: Int32 = 0
    // Streams to which something happened, in order.
    var firstEvent: Int32 = -1
    var lastEvent: Int32 = -1
    var resets: TokenBudget
    var idleFrames: TokenBudget
    var fault = SessionFault.none
    /// Of a client: it was told that no new streams are taken soon, or now. Of an upstream: it gets no new ones.
    var isWarned = false
    var isRetired = false
    /// The peer has heard the warning.
    var isWarningHeard = false
    /// It was asked for a sign of life.
    var isAwaitingPong = false
}
