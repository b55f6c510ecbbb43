internal import GatewayTable

/// Where the literal children of all nodes are found: open addressing over parent and first segment.
enum LiteralSlots {
    /// - Returns: the slots, about three quarters of them taken; none if no node is hashed.
    static func make(_ nodes: [TreeNodeRecord], _ text: [UInt8]) -> [UInt32] {
        var hashes: [(node: UInt32, hash: UInt32)] = []
        hashes.reserveCapacity(nodes.count)
        text.withUnsafeBufferPointer { text in
            guard let base = text.baseAddress else { return }
            for (index, node) in nodes.enumerated() {
                guard let kind = TreeNodeKind(rawValue: node.arrival), kind.isHashed else { continue }
                let start = base + Int(node.labelOffset)
                var count = 0
                while count < Int(node.labelByteCount), start[count] != UInt8(ascii: "/") { count += 1 }
                let hash = LiteralHash.hash(parent: node.parent, start, count)
                hashes.append((UInt32(index), hash))
            }
        }
        guard !hashes.isEmpty else { return [] }
        var slotCount = hashes.count + hashes.count / 3 + 1
        while true {
            if let slots = place(hashes, slotCount) { return slots }
            // Children crowd by accident; elsewhere they do not.
            slotCount += slotCount / 8 + 1
        }
    }

    /// The slots, unless a search could be longer than a table allows.
    private static func place(_ hashes: [(node: UInt32, hash: UInt32)], _ slotCount: Int) -> [UInt32]? {
        var slots = [UInt32](repeating: TableLayout.none, count: slotCount)
        for (node, hash) in hashes {
            var slot = Int(LiteralHash.slot(hash, slotCount: UInt32(slotCount)))
            while slots[slot] != TableLayout.none { slot = slot + 1 == slotCount ? 0 : slot + 1 }
            slots[slot] = LiteralHash.word(hash, node: node)
        }
        return LiteralHash.longestRun(slots) <= TableLayout.literalRunCountMax ? slots : nil
    }
}
