internal import Tokens

/// The part of `/metrics` about tokens and their keys.
extension StatusFacts {
    func putTokens(_ metrics: inout MetricsWriter) {
        let taken = "apic_tokens_total"
        metrics.family(taken, .counter, "Tokens taken: those that were known, and those whose signature was checked.")
        metrics.sample(taken, ["result": "known"], sum(.tokensKnown))
        metrics.sample(taken, ["result": "verified"], sum(.tokensVerified))
        let refused = "apic_tokens_refused_total"
        metrics.family(refused, .counter, "Tokens refused, by the reason that their sender is not told.")
        for fault in TokenFault.allCases where fault != .none {
            metrics.sample(refused, ["reason": "\(fault.word)"], sum(WorkerCounter.of(fault)))
        }
        putSignatures(&metrics)
        let asked = "apic_introspections_total"
        metrics.family(asked, .counter, "What authorization servers said of tokens that were not known.")
        let answers: KeyValuePairs<String, WorkerCounter> = [
            "active": .introspectionsActive, "refused": .introspectionsRefused, "failed": .introspectionsFailed,
        ]
        for (result, counter) in answers { metrics.sample(asked, ["result": result], sum(counter)) }
        let fetches = "apic_key_fetches_total"
        metrics.family(fetches, .counter, "Attempts to fetch keys, by where from and what they came to.")
        for source in keySources {
            metrics.sample(fetches, ["source": source.url, "result": "success"], source.succeededCount)
            metrics.sample(fetches, ["source": source.url, "result": "failure"], source.failedCount)
        }
        let counts = "apic_keys"
        metrics.family(counts, .gauge, "Keys that were fetched last.")
        for source in keySources { metrics.sample(counts, ["source": source.url], UInt64(source.keyCount)) }
        let instants = "apic_keys_fetched_timestamp_seconds"
        metrics.family(instants, .gauge, "When keys were fetched last, since 1970.")
        for source in keySources where source.fetchedInstant > 0 {
            metrics.sample(instants, ["source": source.url], source.fetchedInstant)
        }
    }

    private func putSignatures(_ metrics: inout MetricsWriter) {
        let verified = "apic_signatures_verified_total"
        metrics.family(verified, .counter, "Signatures over requests that were good.")
        metrics.sample(verified, [:], sum(.signaturesVerified))
        let refused = "apic_signatures_refused_total"
        metrics.family(refused, .counter, "Signatures refused, by the reason that their sender is not told.")
        for fault in SignatureFault.allCases where fault != .none {
            metrics.sample(refused, ["reason": "\(fault.word)"], sum(WorkerCounter.of(fault)))
        }
    }
}
