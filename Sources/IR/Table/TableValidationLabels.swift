// The labels of the tree of paths, and the slots through which a search finds them. This relies on nothing that other
// validations check but the places of the sections, so it may run beside them.

extension TableView {
    /// Every label is one of its node's kind, and every literal child is found by it.
    func validateLabels() throws(TableError) {
        var sought = SoughtNodes()
        var hashedCount = 0
        for index in 0..<treeNodes.count {
            let node = unsafe treeNodes.pointer(UInt32(index)).pointee
            guard let kind = TreeNodeKind(rawValue: node.arrival) else {
                throw .malformed(section: "treeNodes", record: index, what: "unknown kind")
            }
            guard kind != .root else { continue }
            try check(node.label, .treeNodes, index, "label")
            let label = unsafe PathBytes(base: bytes(node.label).base, count: Int(node.labelByteCount))
            guard label.count > 0 else {
                throw .malformed(section: "treeNodes", record: index, what: "the label is empty")
            }
            let firstEnd = label.segmentEnd(from: 0)
            guard let segmentCount = LabelCheck.segmentCount(label, firstEnd: firstEnd, kind) else {
                throw .malformed(section: "treeNodes", record: index, what: "the label does not fit the kind")
            }
            try require(segmentCount == Int(node.labelSegmentCount), .treeNodes, index, "the label has other segments")
            guard kind.isHashed else { continue }
            hashedCount += 1
            try require(literalSlots.count > 0, .treeNodes, index, "there are no slots to look in")
            let hash = unsafe LiteralHash.hash(parent: node.parent, label.base, firstEnd)
            sought.add(UInt32(index), hash, slotCount: UInt32(literalSlots.count))
            if sought.isFull { try lookFor(&sought) }
        }
        try lookFor(&sought)
        try validateSlots(hashedCount: hashedCount)
    }

    /// Whether the searches for nodes come by their slots; behind it, none is sought.
    ///
    /// The first slots of all searches are read before any is looked at: where they are is random, and so the memory's
    /// answers are awaited together, not one after the other.
    private func lookFor(_ sought: inout SoughtNodes) throws(TableError) {
        var found = InlineArray<64, UInt32>(repeating: 0)
        for place in 0..<sought.count { found[place] = literalSlots[sought.slots[place]] }
        for place in 0..<sought.count where found[place] != sought.words[place] {
            try require(
                isInRun(sought.words[place], from: sought.slots[place]),
                .treeNodes,
                Int(LiteralHash.node(sought.words[place])),
                "no slot leads to it"
            )
        }
        sought.count = 0
    }

    /// Whether a search that begins at a slot comes by a word.
    private func isInRun(_ word: UInt32, from first: UInt32) -> Bool {
        var slot = Int(first)
        for _ in 0..<TableLayout.literalRunCountMax {
            if literalSlots[slot] == word { return true }
            if literalSlots[slot] == TableLayout.none { return false }
            slot = slot + 1 == literalSlots.count ? 0 : slot + 1
        }
        return false
    }

    /// Slots hold what was found there and nothing else, and every search comes by an empty one soon.
    private func validateSlots(hashedCount: Int) throws(TableError) {
        var taken = 0
        for index in 0..<literalSlots.count { taken &+= literalSlots[index] == TableLayout.none ? 0 : 1 }
        try require(taken == hashedCount, .literalSlots, taken, "slots that lead to no node")
        guard literalSlots.count > 0 else { return }
        try require(taken < literalSlots.count, .literalSlots, taken, "no slot is empty")
        let run = unsafe LiteralHash.longestRun(
            UnsafeBufferPointer(start: literalSlots.pointer(0), count: literalSlots.count)
        )
        try require(run <= TableLayout.literalRunCountMax, .literalSlots, run, "too many slots in a row are taken")
    }
}

/// Nodes that a search through `literalSlots` has to find.
private struct SoughtNodes {
    var count = 0
    /// What each node's slot holds, and where the search for it begins.
    private(set) var words = InlineArray<64, UInt32>(repeating: 0)
    private(set) var slots = InlineArray<64, UInt32>(repeating: 0)

    var isFull: Bool { count == words.count }

    mutating func add(_ node: UInt32, _ hash: UInt32, slotCount: UInt32) {
        words[count] = LiteralHash.word(hash, node: node)
        slots[count] = LiteralHash.slot(hash, slotCount: slotCount)
        count += 1
    }
}

/// The labels of tree nodes.
enum LabelCheck {
    /// The segments of a label that is not empty; `nil` if it is no label of that kind.
    fileprivate static func segmentCount(_ label: PathBytes, firstEnd: Int, _ kind: TreeNodeKind) -> Int? {
        guard kind != .constrained else { return 1 }
        guard (label[0] == PathBytes.brace) == (kind == .capture) || kind == .literal else { return nil }
        var segmentCount = 1
        var hasCapture = kind != .pattern
        var start = 0
        var end = firstEnd
        while true {
            guard start < end else { return nil }
            if end == label.count { return hasCapture ? segmentCount : nil }
            start = end + 1
            guard start < label.count else { return nil }
            if label[start] == PathBytes.brace { hasCapture = true }
            segmentCount += 1
            end = label.segmentEnd(from: start)
        }
    }

    /// The captures of a label, if it is one of that kind.
    static func captureCount(_ label: TableBytes, _ kind: TreeNodeKind) -> Int {
        switch kind {
        case .root, .literal: return 0
        case .constrained: return 1
        case .capture, .pattern:
            var count = 0
            var isAtStart = true
            for offset in 0..<label.count {
                if isAtStart, label[offset] == PathBytes.brace { count += 1 }
                isAtStart = label[offset] == PathBytes.slash
            }
            return count
        }
    }
}
