extension TableView {
    /// Policies of tokens, their keys, and what claims must say.
    func validateTokens() throws(TableError) {
        var keys = Tiling(tokenKeys.count, owner: .tokenPolicies, field: "keys")
        var headers = Tiling(claimHeaders.count, owner: .tokenPolicies, field: "headers")
        for index in 0..<tokenPolicies.count {
            let policy = tokenPolicies[index]
            try checkName(policy.placeName, .tokenPolicies, index, "placeName")
            try check(policy.issuer, .tokenPolicies, index, "issuer")
            try check(policy.consumerClaim, .tokenPolicies, index, "consumerClaim")
            try check(policy.audiences, within: tokenTexts.count, .tokenPolicies, index, "audiences")
            try check(policy.requirements, within: claimRequirements.count, .tokenPolicies, index, "requirements")
            try keys.take(policy.keys, index)
            try headers.take(policy.headers, index)
            if policy.keySource != TableLayout.none {
                try check(policy.keySource, below: keySources.count, .tokenPolicies, index, "keySource")
            }
            let known: UInt32 = 1 << TableLayout.tokenAlgorithmCount - 1
            try require(policy.algorithms & ~known == 0, .tokenPolicies, index, "unknown algorithms")
            try check(policy.skewSeconds, below: 3601, .tokenPolicies, index, "skewSeconds")
            try require(
                UInt8(exactly: policy.place).flatMap { KeySourceCode(rawValue: $0) } != nil,
                .tokenPolicies,
                index,
                "unknown place"
            )
            try check(policy.flags, below: 2, .tokenPolicies, index, "flags")
        }
        try keys.finish()
        try headers.finish()
        try validateTokenKeys()
        for index in 0..<claimRequirements.count {
            let record = claimRequirements[index]
            try check(record.claim, .claimRequirements, index, "claim")
            try check(record.values, within: tokenTexts.count, .claimRequirements, index, "values")
            try check(record.flags, below: 2, .claimRequirements, index, "flags")
        }
        for index in 0..<claimHeaders.count {
            try checkName(claimHeaders[index].header, .claimHeaders, index, "header")
            try checkName(claimHeaders[index].headerLowercase, .claimHeaders, index, "headerLowercase")
            try check(claimHeaders[index].claim, .claimHeaders, index, "claim")
        }
        for index in 0..<tokenTexts.count { try check(tokenTexts[index], .tokenTexts, index, "text") }
    }

    private func validateTokenKeys() throws(TableError) {
        for index in 0..<tokenKeys.count {
            let key = tokenKeys[index]
            try check(key.id, .tokenKeys, index, "id")
            try check(key.value, .tokenKeys, index, "value")
            try require(TokenKeyKind(rawValue: key.kind) != nil, .tokenKeys, index, "unknown kind")
            guard key.algorithm != TableLayout.none else { continue }
            try check(key.algorithm, below: TableLayout.tokenAlgorithmCount, .tokenKeys, index, "algorithm")
        }
        for index in 0..<keySources.count {
            let source = keySources[index]
            try check(source.url, .keySources, index, "url")
            try check(source.authorities, .keySources, index, "authorities")
            try check(source.flags, below: 2, .keySources, index, "flags")
            // It is handed to a library as zero-terminated text.
            for field in [source.url, source.authorities] {
                let text = bytes(field)
                try require(HeaderLineCheck.isValue(text, 0..<text.count), .keySources, index, "a control byte")
            }
        }
    }

    private func check(
        _ range: RangeRecord,
        within count: Int,
        _ section: TableSection,
        _ record: Int,
        _ field: StaticString
    ) throws(TableError) {
        // Both are below 2^32: no overflow in 64 bits.
        guard Int(range.first) + Int(range.count) <= count else {
            throw .outOfRange(section: "\(section)", record: record, field: field.description)
        }
    }

    /// The name of a header field, a parameter or a cookie.
    private func checkName(
        _ reference: TextReference,
        _ section: TableSection,
        _ record: Int,
        _ field: StaticString
    ) throws(TableError) {
        try check(reference, section, record, field)
        let name = bytes(reference)
        try require(
            name.count > 0 && HeaderLineCheck.isValue(name, 0..<name.count),
            section,
            record,
            "`\(field)` is no name"
        )
    }
}
