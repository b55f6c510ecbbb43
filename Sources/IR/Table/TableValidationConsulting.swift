extension TableView {
    /// Servers that are asked about requests, and the fields that go to and fro.
    func validateConsulting() throws(TableError) {
        var names = Tiling(fieldNames.count, owner: .authorizers, field: "headers")
        for index in 0..<authorizers.count {
            let record = authorizers[index]
            try check(record.path, .authorizers, index, "path")
            let path = bytes(record.path)
            try require(
                path.count > 0 && path[0] == UInt8(ascii: "/") && TableView.isVisible(path),
                .authorizers,
                index,
                "`path` is no path"
            )
            try check(record.upstream, below: upstreams.count, .authorizers, index, "upstream")
            try require(record.timeout > 0, .authorizers, index, "no time to answer")
            try check(record.flags, below: 4, .authorizers, index, "flags")
            try names.take(record.requestHeaders, index)
            try names.take(record.upstreamHeaders, index)
            try names.take(record.clientHeaders, index)
        }
        try names.finish()
        try validateIntrospections()
        for index in 0..<fieldNames.count {
            try check(fieldNames[index], .fieldNames, index, "name")
            let name = bytes(fieldNames[index])
            try require(name.count > 0 && TableView.isVisible(name), .fieldNames, index, "the name is no name")
        }
    }

    private func validateIntrospections() throws(TableError) {
        for index in 0..<introspections.count {
            let record = introspections[index]
            for (text, field) in [(record.path, "path"), (record.clientID, "clientID"), (record.secret, "secret")]
                as [(TextReference, StaticString)]
            {
                try check(text, .introspections, index, field)
                try require(text.count > 0, .introspections, index, "`\(field)` is empty")
            }
            let path = bytes(record.path)
            try require(
                path[0] == UInt8(ascii: "/") && TableView.isVisible(path),
                .introspections,
                index,
                "`path` is no path"
            )
            try check(record.policy, below: tokenPolicies.count, .introspections, index, "policy")
            try check(record.upstream, below: upstreams.count, .introspections, index, "upstream")
            try require(record.timeout > 0, .introspections, index, "no time to answer")
            try require(
                record.secretKind == UInt32(CredentialKind.environment.rawValue)
                    || record.secretKind == UInt32(CredentialKind.file.rawValue),
                .introspections,
                index,
                "unknown kind of secret"
            )
        }
    }

    /// Whether no byte could end a line or a word of a head.
    static func isVisible(_ bytes: TableBytes) -> Bool {
        for place in 0..<bytes.count where bytes[place] <= 0x20 || bytes[place] == 0x7F { return false }
        return true
    }
}
