extension TableView {
    /// What is rehearsed, and what goes another way.
    func validateTraffic() throws(TableError) {
        try validateCanaries()
        for index in 0..<faults.count {
            let record = faults[index]
            try check(record.header, .faults, index, "header")
            try require(
                max(record.delayShare, record.abortShare) <= 1_000_000,
                .faults,
                index,
                "more than all requests are hit"
            )
            try require(record.delay <= 86_400_000, .faults, index, "the delay is longer than a day")
            try require(
                record.status == 0 || (400...599).contains(record.status),
                .faults,
                index,
                "the status is no error's"
            )
        }
    }

    private func validateCanaries() throws(TableError) {
        var steps = Tiling(canarySteps.count, owner: .canaries, field: "steps")
        for index in 0..<canaries.count {
            let record = canaries[index]
            try check(record.keyName, .canaries, index, "keyName")
            try require(RateKeyKind(rawValue: record.keyKind) != nil, .canaries, index, "unknown key")
            try require(record.reserved == 0, .canaries, index, "reserved bytes are not zero")
            try require(record.steps.count > 0, .canaries, index, "no steps")
            try steps.take(record.steps, index)
            for step in record.steps.first + 1..<record.steps.first + record.steps.count {
                let isLater = canarySteps[step - 1].from < canarySteps[step].from
                try require(isLater, .canarySteps, Int(step), "a step is not later than the one before it")
            }
        }
        try steps.finish()
        var pieces = Tiling(canaryPieces.count, owner: .canarySteps, field: "pieces")
        for index in 0..<canarySteps.count {
            let range = canarySteps[index].pieces
            try require(range.count > 0, .canarySteps, index, "no pieces")
            try pieces.take(range, index)
            var end: UInt32 = 0
            for piece in range.first..<range.first + range.count {
                try require(canaryPieces[piece].end > end, .canaryPieces, Int(piece), "an empty piece")
                end = canaryPieces[piece].end
            }
            try require(end == 1_000_000, .canarySteps, index, "less or more than all requests")
        }
        try pieces.finish()
        for index in 0..<canaryPieces.count {
            let piece = canaryPieces[index]
            try require(piece.reserved == 0, .canaryPieces, index, "reserved bytes are not zero")
            try check(piece.branch, below: TableLayout.branchCountMax, .canaryPieces, index, "branch")
            guard piece.upstream != TableLayout.none else { continue }
            try check(piece.upstream, below: upstreams.count, .canaryPieces, index, "upstream")
        }
    }
}
