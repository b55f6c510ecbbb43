extension TableView {
    /// Sets of addresses and cross-origin policies.
    func validateEdge() throws(TableError) {
        var owned = Tiling(addressRanges.count, owner: .addressSets, field: "ranges")
        for index in 0..<addressSets.count {
            let set = addressSets[index]
            try owned.take(set, index)
            var after: UInt128 = 0
            for position in set.first..<set.first + set.count {
                let range = addressRanges[position]
                // A search by halves needs them in order and apart.
                try require(
                    range.first <= range.last && (position == set.first || range.first > after),
                    .addressRanges,
                    Int(position),
                    "the ranges do not ascend"
                )
                after = range.last
            }
        }
        try owned.finish()
        var ownedOrigins = Tiling(origins.count, owner: .crossOrigins, field: "origins")
        for index in 0..<crossOrigins.count {
            let record = crossOrigins[index]
            try ownedOrigins.take(record.origins, index)
            try checkHeaderLines(record.preflightLines, .crossOrigins, index, "preflightLines")
            try checkHeaderLines(record.answerLines, .crossOrigins, index, "answerLines")
            try require(record.flags & ~CrossOriginRecord.knownFlags == 0, .crossOrigins, index, "unknown flags")
        }
        try ownedOrigins.finish()
        for index in 0..<origins.count { try check(origins[index], .origins, index, "origin") }
    }
}
