extension TableView {
    /// Policies of signatures over requests.
    func validateSignatures() throws(TableError) {
        for index in 0..<signaturePolicies.count {
            let policy = signaturePolicies[index]
            try check(policy.label, .signaturePolicies, index, "label")
            try checkHeaderLines(policy.challenge, .signaturePolicies, index, "challenge")
            // Both are below 2^32: no overflow in 64 bits.
            guard Int(policy.fields.first) + Int(policy.fields.count) <= tokenTexts.count else {
                throw .outOfRange(section: "signaturePolicies", record: index, field: "fields")
            }
            try require(policy.parts & ~SignedParts.all == 0, .signaturePolicies, index, "unknown parts")
            try check(policy.lifetimeSeconds, below: 86_401, .signaturePolicies, index, "lifetimeSeconds")
            try check(policy.skewSeconds, below: 3601, .signaturePolicies, index, "skewSeconds")
            try check(policy.flags, below: 16, .signaturePolicies, index, "flags")
            try require(
                policy.takesMessages || policy.takesKong,
                .signaturePolicies,
                index,
                "no signature would do"
            )
        }
    }
}
