internal import GatewayTable

/// A stretch of a value that is left out.
struct Cut: BitwiseCopyable {
    var start = 0
    /// Behind its last byte.
    var end = 0

    var isEmpty: Bool { start == end }
    var count: Int { end - start }
}

/// What policy changes of the one request that is being decided, until its head is written for the upstream.
struct RequestEdits: BitwiseCopyable {
    /// Which path the upstream gets.
    var pathMode = PathModeCode.whole
    /// Segments to cut, or the template.
    var pathOperand: UInt32 = 0
    /// The path as the client sent it, which is what it signed.
    var sentPath = Bytes.empty
    /// A stretch of the query that carried a credential, with one `&`; empty if there is none.
    var queryCut = Cut()
    /// A stretch of a `Cookie` value that carried a credential, and the field's index; -1 if there is none.
    var cookieField = -1
    var cookieCut = Cut()
    /// `headerEdits` record; `none` if there is none.
    var headerEdits = TableLayout.none
    /// `queryEdits` record; `none` if there is none.
    var queryEdits = TableLayout.none
    /// The request's token, if it is good, where it stands in the head.
    var token = Bytes.empty
    /// Of a token that an authorization server vouched for and that is known: its place; -1 for others.
    var knownAnswer: Int32 = -1
    /// The reader holds its claims.
    var isTokenRead = false
    /// An instruction cannot go on without the whole body.
    var needsBody = false
    /// The field that carries the request's id to the upstream; empty if there is none.
    var requestIDName = TextReference()
    /// The upstream that gets a copy, or none; and one more than the capture that it hashes, or 0.
    var mirror = TableLayout.none
    var mirrorCapture: UInt8 = 0
}
