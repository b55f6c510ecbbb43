// The records behind programs: upstreams, consumers, limits, header edits and answers. Structs of fixed-width integers
// without padding, like those of `TableRecords.swift`.

/// A policy program: word offsets into `code`, and the version whose requests it handles.
@usableFromInline
package struct ProgramRecord: BitwiseCopyable, Equatable, Hashable, Sendable {
    package var requestEntry: UInt32 = 0
    package var responseEntry: UInt32 = 0
    @usableFromInline package var version: UInt32 = 0

    package init(requestEntry: UInt32 = 0, responseEntry: UInt32 = 0, version: UInt32 = 0) {
        self.requestEntry = requestEntry
        self.responseEntry = responseEntry
        self.version = version
    }
}

/// An upstream. Times are in milliseconds.
@usableFromInline
package struct UpstreamRecord: BitwiseCopyable, Sendable {
    package var name = TextReference()
    package var targets = RangeRecord()
    package var connectTimeout: UInt32 = 0
    package var responseTimeout: UInt32 = 0
    package var idleTimeout: UInt32 = 0
    /// Of a connection that changed its protocol.
    package var tunnelTimeout: UInt32 = 0
    package var retryCountMax: UInt32 = 0
    /// Per target and worker.
    package var connectionCountMax: UInt32 = 0
    /// Per target and worker.
    package var idleConnectionCountMax: UInt32 = 0
    /// Index into `upstreamTLS`, where some target is secure; otherwise none.
    package var tls: UInt32 = TableLayout.none
    /// `BalanceKind`.
    package var balance: UInt32 = 0
    /// Index into `healthChecks`, or none.
    package var health: UInt32 = TableLayout.none
    /// `HashKeyKind`.
    package var hashKey: UInt32 = 0
    /// Requests in flight that a target may have, in percent of its share.
    package var hashBound: UInt32 = 0
    /// Of the header field, in lower case, or the cookie.
    package var hashName = TextReference()
    /// Into `hashSlots`: which target a hash belongs to.
    package var hashSlots = RangeRecord()
    /// Retries in percent of requests; 0 is no bound.
    package var retryBudget: UInt32 = 0
    /// Retries beyond it in a row.
    package var retryBurst: UInt32 = 0
    /// Requests of a worker that may wait for a target; 0 is none.
    package var queueCountMax: UInt32 = 0
    package var queueWait: UInt32 = 0
    /// Between two questions for the addresses of names.
    package var resolveInterval: UInt32 = 0
    /// Milliseconds after which another target is asked, too; 0 is never.
    package var hedgeAfter: UInt32 = 0

    package init() {}
}

/// A server of an upstream.
@usableFromInline
package struct TargetRecord: BitwiseCopyable, Sendable {
    /// DNS name or address literal.
    package var host = TextReference()
    /// What `Host` says to it.
    package var authority = TextReference()
    package var port: UInt32 = 0
    package var weight: UInt32 = 1
    package var flags: UInt32 = 0
    /// Targets with the least number come first.
    package var priority: UInt32 = 0
    /// Empty if it is in none.
    package var zone = TextReference()

    package init() {}

    /// In `flags`: the server is spoken to by TLS.
    package static var secureFlag: UInt32 { 1 }
    package var isSecure: Bool { flags & TargetRecord.secureFlag != 0 }
    /// In `flags`: the server is spoken to by HTTP/2. All targets of an upstream agree on it.
    package static var http2Flag: UInt32 { 2 }
    package var speaksHTTP2: Bool { flags & TargetRecord.http2Flag != 0 }
    /// In `flags`: the host is the name of a service, whose servers SRV records tell.
    package static var serviceFlag: UInt32 { 4 }
    package var isService: Bool { flags & TargetRecord.serviceFlag != 0 }
}

/// A consumer.
@usableFromInline
package struct ConsumerRecord: BitwiseCopyable, Sendable {
    /// Into `groupLists`: its groups, ascending.
    package var groups = RangeRecord()
    package var name = TextReference()
    /// Names of its groups, comma-separated: the value of `X-Consumer-Groups`.
    package var groupNames = TextReference()

    package init() {}
}

/// Where a credential's key comes from.
package enum CredentialKind: UInt16, Sendable {
    /// The record holds the key's digest.
    case digest = 0
    /// `secret` names an environment variable.
    case environment = 1
    /// `secret` names a file.
    case file = 2
}

/// By which plugin a credential is looked for.
package enum CredentialScheme: UInt16, Sendable {
    case key = 0
    /// `username` is the user, the key its password.
    case basic = 1
    case certificate = 2
    /// A token's claim.
    case token = 3
    /// `username` is the name of the key, the key signs requests.
    case signature = 4
}

/// What a consumer is known by.
@usableFromInline
package struct CredentialRecord: BitwiseCopyable, Sendable {
    /// HMAC-SHA-256 of the key under the gateway's salt, for `CredentialKind.digest`.
    package var digest0: UInt64 = 0
    package var digest1: UInt64 = 0
    package var digest2: UInt64 = 0
    package var digest3: UInt64 = 0
    package var id = TextReference()
    package var secret = TextReference()
    package var username = TextReference()
    /// Seconds since 1970 from which it holds, and from which it does no more.
    package var notBefore: Int64 = TableLayout.always
    package var expires: Int64 = TableLayout.never
    package var consumer: UInt32 = 0
    package var kind: UInt16 = 0
    package var scheme: UInt16 = 0

    package init() {}
}

/// What a rate limit counts by.
package enum RateKeyKind: UInt32, Sendable {
    case consumer = 0
    case address = 1
    case header = 2
    case path = 3
    case claim = 4
    case all = 5
}

/// A rate limit.
@usableFromInline
package struct RateLimitRecord: BitwiseCopyable, Sendable {
    /// Names the counts, across tables: the first 8 bytes of SHA-256 of the identity's text.
    package var identity: UInt64 = 0
    /// Of a header field, in lower case, or of a claim.
    package var keyName = TextReference()
    package var keyKind: UInt32 = 0
    /// Index into `rateSets`.
    package var rateSet: UInt32 = 0
    /// Into `rateTiers`: the first that holds a group of the consumer counts.
    package var tiers = RangeRecord()
    package var flags: UInt32 = 0
    package var reserved: UInt32 = 0

    /// The nodes of the gateway count together.
    package static let sharedFlag: UInt32 = 1

    package init() {}

    package var isShared: Bool { flags & RateLimitRecord.sharedFlag != 0 }
}

/// Where nodes count together. A table has one, or none.
@usableFromInline
package struct RedisRecord: BitwiseCopyable, Sendable {
    /// The keys of counts begin with it: the first 8 bytes of SHA-256 of `rate limits of ` and the gateway's name.
    package var seed: UInt64 = 0
    package var host = TextReference()
    /// Empty is the default user.
    package var username = TextReference()
    /// The name of an environment variable, or a path; empty without a password.
    package var secret = TextReference()
    package var port: UInt32 = 0
    package var database: UInt32 = 0
    /// `CredentialKind`, where there is a password; but no digest.
    package var secretKind: UInt32 = 0
    /// Milliseconds between two exchanges.
    package var interval: UInt32 = 0

    package init() {}
}

/// A bound on requests in flight.
@usableFromInline
package struct ConcurrencyLimitRecord: BitwiseCopyable, Sendable {
    /// Names the counts, as that of a rate limit.
    package var identity: UInt64 = 0
    /// Of a header field, in lower case, or of a claim.
    package var keyName = TextReference()
    /// `RateKeyKind`.
    package var keyKind: UInt32 = 0
    package var limit: UInt32 = 0

    package init() {}

    /// Whether each caller has a count of its own, so that who is refused can mend it.
    package var isOfCallers: Bool {
        switch RateKeyKind(rawValue: keyKind) {
        case .consumer, .address, .header, .claim: true
        case .path, .all, nil: false
        }
    }
}

/// Requests per window.
@usableFromInline
package struct RateRecord: BitwiseCopyable, Sendable {
    package var limit: UInt32 = 0
    package var windowSeconds: UInt32 = 0
    /// The policy's name in `RateLimit` fields: `second`, `minute`, `hour`, `day`.
    package var name = TextReference()

    package init() {}
}

/// Rates of their own for a group. Sorted so that the first match is the most generous.
@usableFromInline
package struct RateTierRecord: BitwiseCopyable, Sendable {
    package var group: UInt32 = 0
    /// Index into `rateSets`.
    package var rateSet: UInt32 = 0

    package init() {}
}

/// Edits of header fields or of a query: removals, then settings, then additions, all in `headerFields` or in
/// `queryParameters`.
@usableFromInline
package struct EditsRecord: BitwiseCopyable, Sendable {
    package var removals = RangeRecord()
    package var settings = RangeRecord()
    package var additions = RangeRecord()

    package init() {}
}

/// A header field of an edit.
@usableFromInline
package struct HeaderFieldRecord: BitwiseCopyable, Sendable {
    /// Lower-case.
    package var name = TextReference()
    /// Index into `templates` of the whole line with its CRLF; `none` for removals.
    package var line: UInt32 = TableLayout.none

    package init() {}
}

/// A piece of a template: text, or a capture of the path.
@usableFromInline
package struct TemplatePartRecord: BitwiseCopyable, Sendable {
    package var text = TextReference()
    /// Index of the capture; `none` for text.
    package var capture: UInt32 = TableLayout.none

    package init() {}
}

/// An answer of the gateway's own.
@usableFromInline
package struct ResponseRecord: BitwiseCopyable, Sendable {
    /// Whole header lines, without framing.
    package var headerLines = TextReference()
    package var body = TextReference()
    package var status: UInt32 = 0

    package init() {}
}

/// A node that the spec names.
@usableFromInline
package struct NodeRecord: BitwiseCopyable, Sendable {
    package var name = TextReference()
    /// Empty if it is in none.
    package var zone = TextReference()
    /// 0 is one per core.
    package var workerCount: UInt32 = 0

    package init() {}
}
