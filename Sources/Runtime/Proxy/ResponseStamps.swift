internal import GatewayTable

/// What a response program adds to an answer, and so replaces in it.
struct ResponseStamps {
    /// `headerEdits` record; `none` if there is none.
    var edits = TableLayout.none
    /// The field that tells the client the request's id; empty if there is none.
    var requestIDName = TextReference()
    var hasRateLimit = false
    /// `Deprecation`, `Sunset` and their links are sent.
    var isAnnounced = false
}
