internal import GatewayTable
internal import Tokens

/// Where an exchange stands.
enum ExchangeState: UInt8, BitwiseCopyable {
    case free = 0
    /// The policy program is running.
    case deciding
    /// Another server is asked whether the request may pass.
    case consulting
    /// It waits because a fault is rehearsed.
    case delayed
    /// The request's body is read before the policy program goes on.
    case gathering
    /// All targets are busy: a place in the queue for one.
    case waiting
    /// A connection to a target is being made.
    case connecting
    /// The request is on its way to the upstream, or the upstream thinks.
    case awaitingAnswer
    /// The answer's body is on its way.
    case relaying
    /// The protocol was changed: bytes flow both ways until both sides have ended.
    case tunneling
    /// Answered by the gateway; the rest of the request's body is read and thrown away.
    case discarding
}

/// What an exchange owes to the balancing of its upstream while a target is asked.
struct TargetDuties: OptionSet, BitwiseCopyable {
    let rawValue: UInt8

    init(rawValue: UInt8 = 0) { self.rawValue = rawValue }

    /// It is counted among the target's requests.
    static let counted = TargetDuties(rawValue: 1)
    /// The answer says how the target is.
    static let judged = TargetDuties(rawValue: 2)
    /// Others may wait for the target.
    static let awaited = TargetDuties(rawValue: 4)
}

/// What is left of one window of a rate limit.
struct RateReading: BitwiseCopyable {
    var remaining: UInt32 = 0
    var resetSeconds: UInt32 = 0
    /// Without room for what a request takes.
    var isFull = false
}

/// One request and its answer: the client's side, the upstream's side, and what the policy found out. Plain values in a
/// slab; HTTP/1.1 has at most one at a time per connection.
struct Exchange: BitwiseCopyable {
    var state = ExchangeState.free
    /// In the list of free exchanges.
    var next: Int32 = -1
    var client: Int32 = -1
    var upstream: Int32 = -1
    var table = LoadedTableReference.none

    // The request. Its head stays in the client's input block, from `inputStart` on, until the exchange ends.
    var headCount: Int32 = 0
    var methodCount: UInt16 = 0
    /// The normalised path, as offsets from the head's first byte.
    var pathStart: UInt16 = 0
    var pathCount: UInt16 = 0
    var isHead = false
    var isIdempotent = false
    var isOldClient = false
    /// The client speaks HTTP/2.
    var isStream = false
    /// A copy of a request, of which its client knows nothing.
    var isCopy = false
    var body = BodyReader(.none)
    /// Where the body goes on in the client's input block.
    var bodyCursor: Int32 = 0
    var bodyBytesMax: UInt64 = .max
    var trailers = Trailers()
    /// `headerEdits` record of the request.
    var edits = TableLayout.none
    var bytesIn: UInt64 = 0
    /// Nothing of the body has left the client's block, so that it can be sent again.
    var isRewindable = true
    /// The body was read from the client, and stands in a block of its own: `body` is what is left of that.
    var isBodyHeld = false
    /// The `Upgrade` field's value, as offset from the head's first byte; 0 bytes if the request does not ask to change
    /// the protocol.
    var upgradeStart: UInt16 = 0
    var upgradeCount: UInt16 = 0
    /// Of a tunnel: a side's end was passed on to the other one.
    var isClientEndPassed = false
    var isUpstreamEndPassed = false
    /// The client waits for 100 before it sends the body.
    var owesContinue = false
    /// Since deadlines were set last, bytes came from the client or went to it; likewise the upstream. Only what a side
    /// does itself buys it time.
    var hasClientMoved = false
    var hasUpstreamMoved = false
    /// The last byte of the request went to the kernel.
    var isRequestSent = false
    /// Whether the program asked another server, and waits for its answer.
    var consultation = ConsultationStage.none

    // The route.
    var route = TableLayout.none
    /// Where the code begins that the answer of the route runs.
    var responseEntry: UInt32 = 0
    var version = TableLayout.none
    /// Of the version, for counting; 0 if there is none.
    var series: UInt32 = 0
    /// The API of a request that no route matches; of others the version says it.
    var unroutedAPI = TableLayout.none
    var captureCount: UInt8 = 0
    var captures = InlineArray<32, UInt16>(repeating: 0)

    /// What believed proxies say of the client, for the access log.
    var hasForwardedClient = false
    var forwardedClient = PeerAddress.unix

    // What the policy found out.
    var consumer = TableLayout.none
    var credential = TableLayout.none
    /// Its place among the requests in flight that a limit counts; -1 if none does.
    var limitPlace: Int32 = -1
    var rateLimit = TableLayout.none
    var rateSet = TableLayout.none
    var rates = InlineArray<4, RateReading>(repeating: RateReading())
    var requestIDCount: UInt8 = 0
    var requestID = InlineArray<64, UInt8>(repeating: 0)
    var trace = TraceParent()
    var refusal = RefusalKind.none
    /// Of `jwt`; none where the route has none.
    var tokenPolicy = TableLayout.none
    var hasToken = false
    /// Who the token is about, for counting; 0 if nobody.
    var subject: UInt64 = 0
    var tokenFault = TokenFault.none
    var signatureFault = SignatureFault.none
    /// The origin that may read the answer, as offset from the head's first byte; 0 bytes if there is none.
    var originStart: UInt16 = 0
    var originCount: UInt16 = 0
    /// A browser asks whether it may ask (CORS).
    var isPreflight = false

    // The upstream.
    var upstreamIndex = TableLayout.none
    var target = TableLayout.none
    var attemptCount: UInt8 = 0
    /// The copy that asks another target, too, and the request whose copy this is; -1 if there is none.
    var hedge: Int32 = -1
    var hedgeOf: Int32 = -1
    /// It was due, whatever came of it.
    var hasHedged = false
    /// Addresses of the target that refused a connection in this attempt.
    var refusingAddressCount: UInt8 = 0
    /// The connection served requests before, so that its end may be no more than old age.
    var isReusedConnection = false
    /// Bit per target of the upstream, the first 64.
    var triedTargets: UInt64 = 0
    /// What is owed to the balancing while a target is asked.
    var duties = TargetDuties()
    /// One more than the capture that the upstream hashes, or 0.
    var hashedCapture: UInt8 = 0
    /// A target has room for it; it was the first to wait.
    var isCalled = false
    /// Its neighbours among those that wait for the same upstream.
    var waitingNext: Int32 = -1
    var waitingPrevious: Int32 = -1
    /// While it waits: the head as it is to be sent.
    var waitingBlock: Block?
    /// Of the key that the upstream hashes; 0 before it was looked for, 1 for none.
    var hash: UInt64 = 0
    /// The request's head as sent, at the beginning of the upstream's output block; its `Host` line may change when
    /// another target is asked.
    var upstreamHeadCount: Int32 = 0
    var hostLineStart: Int32 = 0
    var hostLineCount: Int32 = 0
    var preservesHost = false
    /// The upstream's targets speak HTTP/2.
    var asksOverHTTP2 = false

    // The answer.
    var status: UInt16 = 0
    var interimCount: UInt8 = 0
    var answer = BodyReader(.none)
    var isAnswerChunked = false
    var cache = CacheStage.none
    /// The stored answer that is sent, or the one that is on its way into the store; -1 if there is none.
    var answerPlace: Int32 = -1
    /// The stored answer that is too old; -1 if there is none.
    var stalePlace: Int32 = -1
    /// It is not too old in itself, but for the client.
    var isStoredFresh = false
    /// The upstream was asked whether it has changed.
    var asksForChange = false
    /// What the upstream answered in place of which it is sent; 0 if nothing.
    var staleStatus: UInt16 = 0
    /// How its client takes the answer.
    var encoding = EncodingChoice.none
    /// The place of the stream that compresses the answer; -1 if none does.
    var deflation: Int32 = -1
    var answerTrailers = Trailers()
    var closesClient = false
    var bytesOut: UInt64 = 0

    // Times in microseconds of the monotonic clock; wall time in milliseconds.
    var started: UInt64 = 0
    var startedWall: Int64 = 0
    var upstreamStarted: UInt64 = 0
    var upstreamEnded: UInt64 = 0

    /// The client has nothing more to send of the request.
    var isBodyRead: Bool { body.isComplete || isBodyHeld }
}
