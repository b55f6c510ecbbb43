/// What `/metrics` and `/status` tell of counting together.
extension StatusFacts {
    func putSharing(_ metrics: inout MetricsWriter) {
        let up = "apic_redis_up"
        metrics.family(up, .gauge, "1 while the nodes count together; 0 while this one counts by itself.")
        let rounds = "apic_redis_rounds_total"
        let lasted = "apic_redis_round_seconds"
        let counts = "apic_redis_counts"
        let dropped = "apic_redis_counts_dropped_total"
        if let sharing { metrics.sample(up, sharing.isUp ? 1 : 0) }
        metrics.family(rounds, .counter, "Times that nodes were to tell each other what they have counted.")
        if let sharing {
            metrics.sample(rounds, ["result": "success"], sharing.roundCount)
            metrics.sample(rounds, ["result": "failure"], sharing.failureCount)
        }
        metrics.family(lasted, .gauge, "How long the last of them took.")
        if let sharing { metrics.sample(lasted, microseconds: sharing.roundMicroseconds) }
        metrics.family(counts, .gauge, "Counts in use that are shared.")
        if let sharing { metrics.sample(counts, sharing.watchedCount) }
        metrics.family(dropped, .counter, "Times that a count was this node's alone because too many were in use.")
        if let sharing { metrics.sample(dropped, sharing.droppedCount) }
    }

    /// The member `redis`.
    func putSharing(_ json: inout JSONWriter) {
        json.key("redis")
        guard let sharing else { return json.null() }
        json.openObject()
        json.member("address", sharing.address)
        json.member("up", sharing.isUp)
        json.member("counts", UInt64(sharing.watchedCount))
        json.member("error", sharing.failure)
        json.closeObject()
    }
}
