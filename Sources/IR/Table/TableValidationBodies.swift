extension TableView {
    /// Edits of bodies.
    func validateBodies() throws(TableError) {
        var operations = Tiling(bodyOperations.count, owner: .bodyEdits, field: "operations")
        for index in 0..<bodyEdits.count {
            let edits = bodyEdits[index]
            try require(edits.reserved == 0, .bodyEdits, index, "reserved bytes are not zero")
            try require(
                (1...UInt32(TableLayout.bodyOperationCountMax)).contains(edits.operations.count),
                .bodyEdits,
                index,
                "no edits, or too many"
            )
            try require(
                edits.byteCountMax <= TableLayout.heldBodyByteCountMax,
                .bodyEdits,
                index,
                "bodies of that size cannot be kept"
            )
            try operations.take(edits.operations, index)
        }
        try operations.finish()
        for index in 0..<bodyOperations.count {
            let operation = bodyOperations[index]
            try require(operation.reserved == 0, .bodyOperations, index, "reserved bytes are not zero")
            try require(BodyOperationKind(rawValue: operation.kind) != nil, .bodyOperations, index, "unknown kind")
            try check(operation.value, .bodyOperations, index, "value")
            try require(
                (1...UInt32(TableLayout.bodyPathCountMax)).contains(operation.names.count),
                .bodyOperations,
                index,
                "no names, or too many"
            )
            // Both are below 2^32: no overflow in 64 bits.
            guard Int(operation.names.first) + Int(operation.names.count) <= tokenTexts.count else {
                throw .outOfRange(section: "bodyOperations", record: index, field: "names")
            }
        }
    }
}
