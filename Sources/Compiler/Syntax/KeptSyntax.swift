/// What the YAML of one file was read to, as bytes that a program may keep for the next build. It follows from the
/// file's bytes alone: not from the environment, other files or the file's place among them.
package struct KeptSyntax: Sendable {
    /// Changes whenever files are read otherwise, or the result is written otherwise.
    package static let version = 1

    private static let headByteCount = 12
    private static let nodeByteCount = 24

    package let bytes: ArraySlice<UInt8>

    /// - Parameter bytes: those of an earlier one. What is not is found out when it is used, and then read anew; but
    ///   who keeps them has to see that they did not change.
    package init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    /// Of a tree with one file.
    init(_ tree: SyntaxTree, root: NodeIndex) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.headByteCount + tree.nodeCount * Self.nodeByteCount + tree.looseText.count)
        func append(_ word: UInt32) {
            bytes.append(UInt8(truncatingIfNeeded: word))
            bytes.append(UInt8(truncatingIfNeeded: word >> 8))
            bytes.append(UInt8(truncatingIfNeeded: word >> 16))
            bytes.append(UInt8(truncatingIfNeeded: word >> 24))
        }
        append(UInt32(tree.nodeCount))
        append(UInt32(tree.looseText.count))
        append(root.rawValue)
        for node in tree.nodes {
            append(node.start)
            append(node.end)
            append(node.first)
            append(node.second)
            append(node.next.rawValue)
            append(UInt32(node.kind.rawValue) | UInt32(node.flags.rawValue) << 8)
        }
        bytes += tree.looseText
        self.bytes = bytes[...]
    }

    /// The tree of a file, and its root; `nil` if these are not the bytes of one.
    func tree(of file: [UInt8], firstFile: Int) -> (tree: SyntaxTree, root: NodeIndex)? {
        guard bytes.count >= Self.headByteCount else { return nil }
        let start = bytes.startIndex
        let nodeCount = Int(word(at: start))
        let looseStart = start + Self.headByteCount + nodeCount * Self.nodeByteCount
        let root = NodeIndex(rawValue: word(at: start + 8))
        guard looseStart + Int(word(at: start + 4)) == bytes.endIndex, Int(root.rawValue) < nodeCount else {
            return nil
        }
        let looseText = Array(bytes[looseStart...])
        var nodes: [SyntaxNode] = []
        nodes.reserveCapacity(nodeCount)
        for offset in stride(from: start + Self.headByteCount, to: looseStart, by: Self.nodeByteCount) {
            let last = word(at: offset + 20)
            guard let kind = SyntaxNode.Kind(rawValue: UInt8(truncatingIfNeeded: last)) else { return nil }
            var node = SyntaxNode(
                start: word(at: offset),
                end: word(at: offset + 4),
                file: UInt16(truncatingIfNeeded: firstFile),
                kind: kind,
                flags: SyntaxNode.Flags(rawValue: UInt8(truncatingIfNeeded: last >> 8))
            )
            node.first = word(at: offset + 8)
            node.second = word(at: offset + 12)
            node.next = NodeIndex(rawValue: word(at: offset + 16))
            let textCount = node.flags.contains(.loose) ? looseText.count : file.count
            guard Self.isSound(node, nodeCount: nodeCount, textCount: textCount) else { return nil }
            nodes.append(node)
        }
        return (SyntaxTree(file: file, firstFile: firstFile, nodes: nodes, looseText: looseText), root)
    }

    /// Whether all that a node leads to is there.
    private static func isSound(_ node: SyntaxNode, nodeCount: Int, textCount: Int) -> Bool {
        guard node.next == .none || node.next.rawValue < nodeCount else { return false }
        return switch node.kind {
        case .scalar: node.first <= node.second && node.second <= textCount
        case .list, .map: node.second == 0 || node.first < nodeCount
        case .alias: node.first < nodeCount
        }
    }

    /// - Precondition: four bytes are there.
    private func word(at offset: Int) -> UInt32 {
        UInt32(bytes[offset]) | UInt32(bytes[offset + 1]) << 8 | UInt32(bytes[offset + 2]) << 16
            | UInt32(bytes[offset + 3]) << 24
    }
}
