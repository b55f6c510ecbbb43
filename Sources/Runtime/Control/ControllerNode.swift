internal import GatewayTable
internal import Glibc

/// Who this node is, and until when it may serve.
struct NodeStanding {
    /// The log says it when so little time is left.
    static let warningSeconds: Int64 = 30 * 86_400

    /// `nil` if nobody said by which certificate it is known.
    var identity: NodeIdentity?
    /// Of the newest bundle that was verified: an earlier one is not taken.
    private(set) var epoch: UInt32
    /// When it stops because its certificate was revoked, in seconds since 1970; `nil` if it was not.
    private(set) var stopsAt: Int64?

    init(_ identity: NodeIdentity?, _ table: TableView) {
        self.identity = identity
        epoch = table.gateway.revocationEpoch
        stopsAt = identity.flatMap { table.revocation(of: $0.fingerprint) }
    }

    /// Refuses a table that knows less of revocations than an earlier one.
    func check(_ table: TableView, allowsRollback: Bool) throws(LoadError) {
        let next = table.gateway.revocationEpoch
        guard next >= epoch || allowsRollback else { throw .epochRolledBack(epoch: next, served: epoch) }
    }

    /// Takes up what a table says.
    mutating func note(_ table: TableView) {
        self = NodeStanding(identity, table)
    }

    func isStopped(at instant: Int64) -> Bool { stopsAt.map { $0 <= instant } ?? false }
}

// A node whose certificate was revoked stops by itself: nobody has to reach it for that.
extension Controller {
    /// Reads the node's certificate again; it may have been renewed.
    func readIdentity() throws(LoadError) -> NodeIdentity? {
        guard let path = options.certificate else { return nil }
        return try NodeIdentity.load(path)
    }

    /// Takes up what a verified table says of this node.
    ///
    /// - Returns: whether the node may serve it.
    mutating func admits(_ table: TableView, now: Int64) throws(LoadError) -> Bool {
        let identity = try readIdentity()
        try node.check(table, allowsRollback: options.allowsRollback)
        let before = (node.identity, node.stopsAt)
        node.identity = identity
        node.note(table)
        if before.0 != identity { warnOfExpiry() }
        if let instant = node.stopsAt, instant != before.1, !node.isStopped(at: Clock.realSeconds) {
            log.warning("this node's certificate is revoked", ["serves-until": CalendarTime(instant).rfc3339])
        }
        stopIfRevoked(now: now)
        return drain.isServing
    }

    func warnOfExpiry() {
        guard let identity = node.identity, identity.expiry - Clock.realSeconds < NodeStanding.warningSeconds else {
            return
        }
        log.warning(
            "this node's certificate ends soon",
            ["certificate": identity.path, "expires": CalendarTime(identity.expiry).rfc3339]
        )
    }

    /// Ends the process as a signal does, if it is time to.
    mutating func stopIfRevoked(now: Int64) {
        guard drain.isServing, node.isStopped(at: Clock.realSeconds) else { return }
        log.error("this node's certificate is revoked; it stops serving", ["certificate": options.certificate ?? ""])
        exitCode = 1
        beginDrain(now: now)
    }
}
