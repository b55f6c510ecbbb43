/// `response-cache`: answers of upstreams are stored, and given to those who ask again.
package struct ResponseCacheSettings: Hashable, Sendable {
    /// Bytes that the process may have stored when it stores another answer; a multiple of 1024.
    package var sizeMax: UInt64
    /// Bytes of one answer's body.
    package var bodySizeMax: UInt32
    /// Seconds for which an answer is fresh that does not say it; 0 is not at all.
    package var defaultLifetime: UInt32

    /// Seconds behind its freshness for which an answer is used while it is asked for anew, and when its upstream
    /// fails, if it does not say it.
    package var staleMeanwhile: UInt32
    package var staleIfError: UInt32

    package init(
        sizeMax: UInt64 = 64 << 20,
        bodySizeMax: UInt32 = 1 << 20,
        defaultLifetime: UInt32 = 0,
        staleMeanwhile: UInt32 = 0,
        staleIfError: UInt32 = 0
    ) {
        self.sizeMax = sizeMax
        self.bodySizeMax = bodySizeMax
        self.defaultLifetime = defaultLifetime
        self.staleMeanwhile = staleMeanwhile
        self.staleIfError = staleIfError
    }
}

extension Chain {
    /// How answers are stored, if they are.
    package var cache: ResponseCacheSettings? {
        for step in steps {
            if case .responseCache(let settings) = step.plugin { return settings }
        }
        return nil
    }

    /// Whether another server is asked about each request, so that answers may depend on what it says.
    package var asksAuthorizer: Bool { steps.contains { $0.plugin.kind == .forwardAuth } }
}
