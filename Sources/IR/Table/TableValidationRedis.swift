extension TableView {
    /// Where nodes count together.
    func validateRedis() throws(TableError) {
        try require(redis.count <= 1, .redis, 0, "several servers")
        for index in 0..<redis.count {
            let record = redis[index]
            for (text, field) in [(record.host, "host"), (record.username, "username"), (record.secret, "secret")]
                as [(TextReference, StaticString)]
            {
                try check(text, .redis, index, field)
            }
            try require(record.host.count > 0, .redis, index, "no host")
            try require((1...65_535).contains(record.port), .redis, index, "no port")
            try require((10...10_000).contains(record.interval), .redis, index, "the interval is out of range")
            let kind = record.secretKind
            try require(
                record.secret.count == 0
                    || kind == UInt32(CredentialKind.environment.rawValue)
                    || kind == UInt32(CredentialKind.file.rawValue),
                .redis,
                index,
                "unknown kind of secret"
            )
        }
    }
}
