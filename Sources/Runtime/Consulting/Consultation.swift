internal import GatewayTable

/// Whether an exchange's program waits for the answer of another server.
enum ConsultationStage: UInt8, BitwiseCopyable {
    case none = 0
    /// The exchange plays the question's part: its upstream is the server that is asked.
    case asking
    /// The answer came; what it said is kept for the upstream and the client.
    case done
}

/// What a program asks other servers.
enum Question: BitwiseCopyable {
    /// Whether a request may pass: an index into `authorizers`.
    case authorizer(UInt32)
    /// What the request's token is worth: an index into `introspections`.
    case introspection(UInt32)
}

/// What an exchange puts aside while it asks another server, and what it heard: in a slab beside that of the exchanges
/// and under the same index, so that requests that ask nobody never touch it.
struct Consultation: BitwiseCopyable {
    // Where the program goes on.
    var question = Question.authorizer(0)
    /// Who decided, or will: an index into `authorizers`, or none.
    var authorizer = TableLayout.none
    var counter: UInt32 = 0
    /// Refusals look as if there were no such version.
    var isHidden = false

    // The worker's own notes of the request, for when its head is parsed again.
    var edits = RequestEdits()
    /// Where the request's token stands in the head, which may move.
    var tokenStart: Int32 = 0
    /// A bit per field that is not carried along.
    var dropped = InlineArray<4, UInt64>(repeating: 0)

    // What the exchange says of the client's request.
    var body = BodyReader(.none)
    var isIdempotent = false
    var isRewindable = false
    var isHead = false

    // The answer.
    /// Microseconds of the monotonic clock: when it must be there.
    var deadline: UInt64 = 0
    /// Its head is one that lets the request pass; the body is still read.
    var hasAnswered = false
    /// Bytes of the body that were read over, or kept in `claims`.
    var bodyCount = 0
    /// Whole lines of its fields: those for the upstream, then those for the client.
    var lines: Block?
    var upstreamLinesEnd: Int32 = 0
    var clientLinesEnd: Int32 = 0
    /// What an authorization server says of the request's token.
    var claims: Block?
    var claimsCount: Int32 = 0

    // The request's body, where it had to be there whole.
    var held: Block?
    var heldCount: Int32 = 0
    /// How large it may be.
    var heldCountMax: Int32 = 0
    /// What a larger one ends in.
    var heldRefusal = RefusalKind.none
}

extension Consultation {
    var upstreamLines: Bytes { lines?.bytes(0, Int(upstreamLinesEnd)) ?? .empty }
    var claimsText: Bytes { claims?.bytes(0, Int(claimsCount)) ?? .empty }
    var clientLines: Bytes { lines?.bytes(Int(upstreamLinesEnd), Int(clientLinesEnd)) ?? .empty }
}
