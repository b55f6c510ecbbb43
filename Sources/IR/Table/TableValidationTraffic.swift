extension TableView {
    /// What is rehearsed.
    func validateTraffic() throws(TableError) {
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
}
