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
            try check(record.upstream, below: upstreams.count, .canaries, index, "upstream")
            try require(record.steps.count > 0, .canaries, index, "no steps")
            try steps.take(record.steps, index)
            for step in record.steps.first + 1..<record.steps.first + record.steps.count {
                let isLater = canarySteps[step - 1].from < canarySteps[step].from
                try require(isLater, .canarySteps, Int(step), "a step is not later than the one before it")
            }
        }
        try steps.finish()
        for index in 0..<canarySteps.count {
            try require(canarySteps[index].share <= 1_000_000, .canarySteps, index, "more than all requests")
            try require(canarySteps[index].reserved == 0, .canarySteps, index, "reserved bytes are not zero")
        }
    }
}
