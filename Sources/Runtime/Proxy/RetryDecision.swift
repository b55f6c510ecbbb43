/// What can go wrong with an upstream, and so what is done about it.
enum UpstreamFailure {
    /// No connection came about; the request was not sent.
    case connect
    case connectTimeout
    /// The server does not speak TLS as the gateway does.
    case handshake
    /// The server's certificate has expired, is somebody else's, or comes from nobody who is believed.
    case expired
    case misnamed
    case untrusted
    /// The connection ended before an answer began.
    case closed
    /// The server says that it did not begin with the request, or the request was never sent.
    case refused
    case malformed
    case responseTimeout
    /// All targets have as many connections as they may.
    case busy

    var refusal: RefusalKind {
        switch self {
        case .connect, .refused: .upstreamUnavailable
        case .connectTimeout, .responseTimeout: .upstreamTimeout
        case .handshake: .upstreamHandshakeFailed
        case .expired: .upstreamExpired
        case .misnamed: .upstreamMisnamed
        case .untrusted: .upstreamUntrusted
        case .closed: .upstreamFailed
        case .malformed: .upstreamMalformed
        case .busy: .upstreamBusy
        }
    }

    /// Whether it says something of how the target is: not where a server only ends what it never began.
    var isOfTarget: Bool {
        switch self {
        case .busy, .refused: false
        case .connect, .connectTimeout, .handshake, .expired, .misnamed, .untrusted, .closed, .malformed,
            .responseTimeout:
            true
        }
    }
}

/// Whether a failed attempt is followed by another: a pure function of what is known.
enum RetryDecision {
    /// - Parameters:
    ///   - attemptCount: attempts made.
    ///   - retryCountMax: further attempts that the upstream allows.
    ///   - isFresh: the connection had not served a request before.
    ///   - hasOtherTarget: the upstream has a target that was not asked yet.
    static func retries(
        _ failure: UpstreamFailure,
        attemptCount: Int,
        retryCountMax: Int,
        isIdempotent: Bool,
        isRewindable: Bool,
        isFresh: Bool,
        hasOtherTarget: Bool
    ) -> Bool {
        switch failure {
        // Nothing was sent, so any request may be sent again.
        case .connect, .connectTimeout, .handshake: return attemptCount <= retryCountMax
        // Likewise, but a server shows the same certificate again.
        case .expired, .misnamed, .untrusted: return hasOtherTarget && attemptCount <= retryCountMax
        // Nothing was done, and it costs no attempt, but only once.
        case .refused: return isRewindable && attemptCount <= retryCountMax + 1
        // A kept connection may have been closed by age in the moment it was used; that costs no attempt, but only once
        // for every attempt there is.
        case .closed where !isFresh: return isIdempotent && isRewindable && attemptCount <= retryCountMax + 1
        case .closed: return isIdempotent && isRewindable && attemptCount <= retryCountMax
        case .responseTimeout, .malformed, .busy: return false
        }
    }
}
