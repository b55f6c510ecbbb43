/// Lays files over each other, left to right: maps deeply, everything else replaced, `null` deletes.
///
/// Every node keeps the file that it came from, so that a diagnostic names the file with the mistake.
struct FileMerge {
    private var tree: SyntaxTree

    /// The merged root; the tree gets new nodes for the maps that were merged.
    static func merge(_ roots: [NodeIndex], in tree: inout SyntaxTree) -> NodeIndex? {
        guard var merged = roots.first else { return nil }
        guard roots.count > 1 else { return merged }
        var merge = FileMerge(tree: tree)
        for overlay in roots.dropFirst() { merged = merge.merge(merged, with: overlay) }
        tree = merge.tree
        return merged
    }

    private mutating func merge(_ base: NodeIndex, with overlay: NodeIndex) -> NodeIndex {
        guard tree[base].kind == .map, tree[overlay].kind == .map else { return overlay }
        var changes: [String: NodeIndex] = [:]
        let additions = Array(tree.entries(of: overlay))
        for (key, value) in additions { changes[tree.text(of: key)] = value }

        var children: [NodeIndex] = []
        for (key, value) in Array(tree.entries(of: base)) {
            let change = changes.removeValue(forKey: tree.text(of: key))
            if let change, tree.isNull(change) { continue }
            children.append(key)
            children.append(change.map { merge(value, with: $0) } ?? value)
        }
        for (key, value) in additions where changes[tree.text(of: key)] != nil && !tree.isNull(value) {
            children.append(key)
            children.append(withoutDeletions(value))
        }
        return map(like: base, children: children)
    }

    /// A map that only the overlay has, without the entries in it that delete.
    private mutating func withoutDeletions(_ overlay: NodeIndex) -> NodeIndex {
        guard tree[overlay].kind == .map else { return overlay }
        var children: [NodeIndex] = []
        for (key, value) in Array(tree.entries(of: overlay)) where !tree.isNull(value) {
            children.append(key)
            children.append(withoutDeletions(value))
        }
        return map(like: overlay, children: children)
    }

    /// Copies the children, because a node knows its next sibling; what is below them is shared.
    private mutating func map(like model: NodeIndex, children: [NodeIndex]) -> NodeIndex {
        var previous = NodeIndex.none
        var map = tree[model]
        map.next = .none
        map.first = NodeIndex.none.rawValue
        map.second = UInt32(truncatingIfNeeded: children.count / 2)
        for child in children {
            var copy = tree[child]
            copy.next = .none
            let index = tree.append(copy)
            if previous == .none { map.first = index.rawValue } else { tree[previous].next = index }
            previous = index
        }
        return tree.append(map)
    }
}
