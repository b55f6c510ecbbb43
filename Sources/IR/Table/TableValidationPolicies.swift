extension TableView {
    /// Upstreams, consumers, credentials and rate limits.
    func validatePolicies() throws(TableError) {
        try validateUpstreams()
        try validateConsumers()
        try validateRates()
        for index in 0..<responses.count {
            let response = responses[index]
            try checkHeaderLines(response.headerLines, .responses, index, "headerLines")
            try check(response.body, .responses, index, "body")
            try require((200...599).contains(response.status), .responses, index, "the status ends no exchange")
        }
    }

    private func validateUpstreams() throws(TableError) {
        var owned = Tiling(targets.count, owner: .upstreams, field: "targets")
        for index in 0..<upstreams.count {
            try owned.take(upstreams[index].targets, index)
            try check(upstreams[index].name, .upstreams, index, "name")
            try require(upstreams[index].targets.count > 0, .upstreams, index, "no targets")
            try check(
                upstreams[index].targets.count,
                below: TableLayout.targetCountMax + 1,
                .upstreams,
                index,
                "targets"
            )
            try check(upstreams[index].retryCountMax, below: 256, .upstreams, index, "retryCountMax")
        }
        try owned.finish()
        for index in 0..<upstreams.count {
            let range = upstreams[index].targets
            for target in range.first..<range.first + range.count {
                let isSame = targets[target].speaksHTTP2 == targets[range.first].speaksHTTP2
                try require(isSame, .upstreams, index, "targets of two protocols")
            }
        }
        for index in 0..<targets.count {
            let target = targets[index]
            try check(target.host, .targets, index, "host")
            try check(target.authority, .targets, index, "authority")
            let authority = bytes(target.authority)
            try require(
                authority.count > 0 && HeaderLineCheck.isValue(authority, 0..<authority.count),
                .targets,
                index,
                "`authority` is no header value"
            )
            try check(target.port, below: 65_536, .targets, index, "port")
            try check(target.flags, below: 8, .targets, index, "flags")
            try require((1...100).contains(target.weight), .targets, index, "the weight is not 1 to 100")
        }
    }

    private func validateConsumers() throws(TableError) {
        for index in 0..<consumers.count {
            let consumer = consumers[index]
            try check(consumer.name, .consumers, index, "name")
            try check(consumer.groupNames, .consumers, index, "groupNames")
            try checkGroups(consumer.groups, .consumers, index, "groups")
            for field in [consumer.name, consumer.groupNames] {
                let value = bytes(field)
                try require(
                    HeaderLineCheck.isValue(value, 0..<value.count),
                    .consumers,
                    index,
                    "a name is no header value"
                )
            }
        }
        for index in 0..<credentials.count {
            let credential = credentials[index]
            try check(credential.id, .credentials, index, "id")
            try check(credential.secret, .credentials, index, "secret")
            try check(credential.consumer, below: consumers.count, .credentials, index, "consumer")
            try require(CredentialKind(rawValue: credential.kind) != nil, .credentials, index, "unknown kind")
            try require(CredentialScheme(rawValue: credential.scheme) != nil, .credentials, index, "unknown scheme")
            try check(credential.username, .credentials, index, "username")
            let id = bytes(credential.id)
            try require(HeaderLineCheck.isValue(id, 0..<id.count), .credentials, index, "`id` is no header value")
        }
    }

    private func validateRates() throws(TableError) {
        var owned = Tiling(rateTiers.count, owner: .rateLimits, field: "tiers")
        for index in 0..<rateLimits.count {
            let limit = rateLimits[index]
            try owned.take(limit.tiers, index)
            try check(limit.keyName, .rateLimits, index, "keyName")
            try require(RateKeyKind(rawValue: limit.keyKind) != nil, .rateLimits, index, "unknown key")
            try require(limit.flags & ~RateLimitRecord.sharedFlag == 0, .rateLimits, index, "unknown flags")
            try require(limit.reserved == 0, .rateLimits, index, "reserved bytes are not zero")
            try require(!limit.isShared || redis.count == 1, .rateLimits, index, "nowhere to count together")
            try check(limit.rateSet, below: rateSets.count, .rateLimits, index, "rateSet")
        }
        try owned.finish()
        for index in 0..<concurrencyLimits.count {
            let limit = concurrencyLimits[index]
            try check(limit.keyName, .concurrencyLimits, index, "keyName")
            try require(RateKeyKind(rawValue: limit.keyKind) != nil, .concurrencyLimits, index, "unknown key")
            try require(limit.limit > 0, .concurrencyLimits, index, "nothing may be in flight")
        }
        for index in 0..<rateTiers.count {
            try check(rateTiers[index].group, below: groups.count, .rateTiers, index, "group")
            try check(rateTiers[index].rateSet, below: rateSets.count, .rateTiers, index, "rateSet")
        }
        var ownedRates = Tiling(rates.count, owner: .rateSets, field: "rates")
        for index in 0..<rateSets.count {
            let set = rateSets[index]
            try ownedRates.take(set, index)
            try require(set.count > 0, .rateSets, index, "no rates")
            var shortest: UInt32 = 0
            for rate in set.first..<set.first + set.count {
                // Known windows, ascending: at most one of each, which bounds what a limit has to keep.
                let window = rates[rate].windowSeconds
                try require(
                    [1, 60, 3600, 86_400].contains(window) && window > shortest,
                    .rates,
                    Int(rate),
                    "unknown window"
                )
                try require(rates[rate].limit > 0, .rates, Int(rate), "nothing is allowed")
                try check(rates[rate].name, .rates, Int(rate), "name")
                shortest = window
            }
        }
        try ownedRates.finish()
    }

    /// Templates and the header edits that use them.
    func validateTemplates() throws(TableError) {
        var owned = Tiling(templateParts.count, owner: .templates, field: "parts")
        for index in 0..<templates.count { try owned.take(templates[index], index) }
        try owned.finish()
        for index in 0..<templateParts.count {
            let part = templateParts[index]
            try check(part.text, .templateParts, index, "text")
            if part.capture != TableLayout.none {
                // Whether a route has so many is not known here: what it lacks is empty.
                try check(part.capture, below: TableLayout.captureCountMax, .templateParts, index, "capture")
            }
        }
        try validateEdits(headerEdits, .headerEdits, of: headerFields.count, "fields") {
            (field, isRemoval) throws(TableError) in
            guard isRemoval else { return try validateLine(field) }
            try require(headerFields[field].line == TableLayout.none, .headerFields, field, "a removal has a line")
        }
        for index in 0..<headerFields.count {
            try check(headerFields[index].name, .headerFields, index, "name")
            try require(headerFields[index].name.count > 0, .headerFields, index, "no name")
        }
    }

    /// Edits that own what they edit, one after the other.
    ///
    /// - Parameters:
    ///   - count: records of the section that they point into.
    ///   - check: checks one of those; whether it is a removal decides what it must have.
    func validateEdits(
        _ edits: Section<EditsRecord>,
        _ owner: TableSection,
        of count: Int,
        _ field: StaticString,
        check: (Int, _ isRemoval: Bool) throws(TableError) -> Void
    ) throws(TableError) {
        var owned = Tiling(count, owner: owner, field: field)
        for index in 0..<edits.count {
            let record = edits[index]
            for (range, isRemoval) in [(record.removals, true), (record.settings, false), (record.additions, false)] {
                try owned.take(range, index)
                for edited in range.first..<range.first + range.count { try check(Int(edited), isRemoval) }
            }
        }
        try owned.finish()
    }

    /// The template of a header line: a name and a colon, then a value, then one CRLF.
    private func validateLine(_ field: Int) throws(TableError) {
        try check(headerFields[field].line, below: templates.count, .headerFields, field, "line")
        let parts = templates[headerFields[field].line]
        try require(parts.count > 0, .headerFields, field, "an empty line")
        let last = parts.first + parts.count - 1
        for index in parts.first...last {
            let part = templateParts[index]
            guard part.capture == TableLayout.none else {
                try require(index != parts.first && index != last, .headerFields, field, "a capture ends the line")
                continue
            }
            let piece = bytes(part.text)
            var end = piece.count
            if index == last {
                try require(
                    end >= 2 && piece[end - 2] == 0x0D && piece[end - 1] == 0x0A,
                    .headerFields,
                    field,
                    "the line does not end"
                )
                end -= 2
            }
            let start = unsafe TableBytes(base: piece.base, count: end)
            try require(
                index == parts.first ? HeaderLineCheck.isLineStart(start) : HeaderLineCheck.isValue(start, 0..<end),
                .headerFields,
                field,
                "the line is no header line"
            )
        }
    }
}
