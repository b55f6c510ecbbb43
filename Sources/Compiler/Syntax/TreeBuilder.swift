/// Builds the tree of one file from events in the order of the text, and checks what YAML leaves open: keys twice,
/// aliases, depth, size.
struct TreeBuilder {
    /// Whatever ends the reading of a file at once.
    struct Stop: Error {}

    private struct Frame {
        var node: NodeIndex
        var lastChild = NodeIndex.none
        var childCount = 0
        /// Nodes of the collection with aliases written out, itself included.
        var weight = 1
        /// Levels below it, itself included.
        var height = 1
        var anchor: String?
    }

    private struct Anchor {
        var node: NodeIndex
        /// `nil` while its value is being read.
        var size: (weight: Int, height: Int)?
    }

    var tree: SyntaxTree
    var diagnostics: [Diagnostic] = []
    private(set) var root: NodeIndex?
    private let file: UInt16
    private var frames: [Frame] = []
    private var anchors: [String: Anchor] = [:]
    private var expandedNodeCount: Int
    private let nodeCountMax: Int

    /// - Parameter expandedNodeCount: what aliases of earlier files stand for.
    init(
        tree: SyntaxTree,
        file: Int,
        expandedNodeCount: Int,
        nodeCountMax: Int = SyntaxLimits.nodeCountMax
    ) {
        self.nodeCountMax = nodeCountMax
        self.tree = tree
        self.file = UInt16(truncatingIfNeeded: file)
        self.expandedNodeCount = expandedNodeCount
    }

    var expansion: Int { expandedNodeCount }

    // MARK: Events

    /// A scalar whose text is `tree.bytes(ofFile: file)[text]`.
    mutating func scalar(
        _ span: Range<UInt32>,
        text: Range<UInt32>,
        flags: SyntaxNode.Flags,
        anchor: String?
    ) throws(Stop) {
        var node = SyntaxNode(start: span.lowerBound, end: span.upperBound, file: file, kind: .scalar, flags: flags)
        node.first = text.lowerBound
        node.second = text.upperBound
        let index = try append(node)
        if let anchor { anchors[anchor] = Anchor(node: index, size: (1, 1)) }
        attach(index, weight: 1, height: 1)
    }

    mutating func begin(_ kind: SyntaxNode.Kind, _ span: Range<UInt32>, anchor: String?) throws(Stop) {
        let node = SyntaxNode(start: span.lowerBound, end: span.upperBound, file: file, kind: kind)
        let index = try append(node)
        if let anchor { anchors[anchor] = Anchor(node: index, size: nil) }
        frames.append(Frame(node: index, anchor: anchor))
        guard frames.count <= SyntaxLimits.depthMax else { throw stop(nestedTooDeep(at: index)) }
    }

    /// - Parameter end: of a collection in brackets; a block ends where its last child ends.
    mutating func end(at end: UInt32?) throws(Stop) {
        guard let frame = frames.popLast() else { return }
        let index = frame.node
        let childCount = tree[index].kind == .map ? frame.childCount / 2 : frame.childCount
        tree[index].second = UInt32(truncatingIfNeeded: childCount)
        if let end {
            tree[index].end = end
        } else if frame.lastChild != .none {
            tree[index].end = max(tree[frame.lastChild].end, tree[index].end)
        }
        if tree[index].kind == .map { try finishMap(index, childCount: frame.childCount) }
        if let anchor = frame.anchor { anchors[anchor] = Anchor(node: index, size: (frame.weight, frame.height)) }
        attach(index, weight: frame.weight, height: frame.height)
    }

    mutating func alias(_ name: String, _ span: Range<UInt32>) throws(Stop) {
        let position = SourceSpan(file: UInt32(file), start: span.lowerBound, end: span.upperBound)
        guard let anchor = anchors[name] else {
            diagnostics.append(
                Diagnostic(
                    .unknownAlias,
                    "there is no anchor `&\(name)` before this alias",
                    at: position,
                    help: Spelling.suggestion(for: name, among: anchors.keys.sorted()).map { "did you mean `*\($0)`?" }
                        ?? "mark the value to repeat with `&\(name)`, further up in the same file"
                )
            )
            return try refusedScalar(span)
        }
        guard let size = anchor.size else {
            diagnostics.append(
                Diagnostic(
                    .recursiveAlias,
                    "`*\(name)` stands inside the value that it repeats",
                    at: position,
                    related: [.init(tree.span(of: anchor.node), "`&\(name)` begins here")],
                    help: "write the value out, or take the alias elsewhere"
                )
            )
            return try refusedScalar(span)
        }
        expandedNodeCount += size.weight
        guard expandedNodeCount <= SyntaxLimits.expandedNodeCountMax else {
            throw stop(
                Diagnostic(
                    .aliasesExpandTooFar,
                    "written out, the aliases up to `*\(name)` make more than \(SyntaxLimits.expandedNodeCountMax) values",
                    at: position,
                    help: "aliases of aliases multiply: write out the inner ones, or shorten the lists"
                )
            )
        }
        var node = SyntaxNode(start: span.lowerBound, end: span.upperBound, file: file, kind: .alias)
        node.first = anchor.node.rawValue
        let index = try append(node)
        guard frames.count + size.height <= SyntaxLimits.depthMax else { throw stop(nestedTooDeep(at: index)) }
        attach(index, weight: size.weight, height: size.height)
    }

    /// Stands where something was that is reported already.
    private mutating func refusedScalar(_ span: Range<UInt32>) throws(Stop) {
        try scalar(span, text: span, flags: .refused, anchor: nil)
    }

    // MARK: Nodes

    private mutating func append(_ node: SyntaxNode) throws(Stop) -> NodeIndex {
        guard tree.nodeCount < nodeCountMax else {
            throw stop(
                Diagnostic(
                    .tooManyNodes,
                    "a spec may hold \(nodeCountMax) keys and values, and here is one more",
                    at: SourceSpan(file: UInt32(file), start: node.start, end: node.end),
                    help: "split the gateway into several"
                )
            )
        }
        return tree.append(node)
    }

    private mutating func attach(_ index: NodeIndex, weight: Int, height: Int) {
        guard !frames.isEmpty else {
            root = index
            return
        }
        let top = frames.count - 1
        if frames[top].lastChild == .none {
            tree[frames[top].node].first = index.rawValue
        } else {
            tree[frames[top].lastChild].next = index
        }
        frames[top].lastChild = index
        frames[top].childCount += 1
        frames[top].weight += weight
        frames[top].height = max(frames[top].height, height + 1)
    }

    private mutating func stop(_ diagnostic: Diagnostic) -> Stop {
        diagnostics.append(diagnostic)
        return Stop()
    }

    private func nestedTooDeep(at index: NodeIndex) -> Diagnostic {
        Diagnostic(
            .nestedTooDeep,
            "lists and maps are nested more than \(SyntaxLimits.depthMax) levels deep",
            at: tree.span(of: index),
            help: "a spec needs about ten levels: is a bracket or an alias too many?"
        )
    }

    // MARK: Maps

    /// Reports keys that are no words or that stand twice, takes them out, and merges what `<<` names.
    private mutating func finishMap(_ map: NodeIndex, childCount: Int) throws(Stop) {
        var keys = KeySet(expectedCount: childCount / 2)
        var kept: [NodeIndex] = []
        kept.reserveCapacity(childCount)
        var merges: [NodeIndex] = []
        var key = NodeIndex(rawValue: tree[map].first)
        for _ in 0..<childCount / 2 {
            let value = tree[key].next
            let following = tree[value].next
            let word = tree.resolved(key)
            if tree[word].kind != .scalar || tree.isNull(word) {
                if !tree[word].flags.contains(.refused) { reportKey(key) }
                tree[map].flags.insert(.refused)
            } else if isMergeKey(word) {
                merges.append(value)
            } else if let first = keys.insert(word, in: tree) {
                reportDuplicate(key, first: first)
            } else {
                kept.append(key)
                kept.append(value)
            }
            key = following
        }
        for merge in merges { try self.merge(merge, into: &kept, keys: &keys) }
        guard kept.count != childCount || !merges.isEmpty else { return }
        relink(map, to: kept)
    }

    private mutating func relink(_ map: NodeIndex, to children: [NodeIndex]) {
        tree[map].second = UInt32(truncatingIfNeeded: children.count / 2)
        guard let first = children.first, let last = children.last else { return }
        tree[map].first = first.rawValue
        for (child, next) in zip(children, children.dropFirst()) { tree[child].next = next }
        tree[last].next = .none
    }

    private func isMergeKey(_ key: NodeIndex) -> Bool {
        tree[key].flags.contains(.plain) && tree.bytes(of: key).elementsEqual("<<".utf8)
    }

    /// Copies the entries whose keys are new; the copies share what is below them.
    private mutating func merge(
        _ merged: NodeIndex,
        into kept: inout [NodeIndex],
        keys: inout KeySet
    ) throws(Stop) {
        let value = tree.resolved(merged)
        let sources = tree[value].kind == .list ? Array(tree.items(of: value)) : [value]
        for source in sources where !tree[source].flags.contains(.refused) {
            guard tree[source].kind == .map else {
                diagnostics.append(
                    Diagnostic(
                        .badMergeKey,
                        "`<<` merges maps, and this is \(tree.describe(source))",
                        at: tree.span(of: source == value ? merged : source),
                        help: "write `<<: *name`, where `&name` marks a map further up"
                    )
                )
                continue
            }
            for (key, value) in Array(tree.entries(of: source)) where keys.insert(key, in: tree) == nil {
                kept.append(try append(tree[key]))
                kept.append(try append(tree[value]))
            }
        }
    }

    private mutating func reportKey(_ key: NodeIndex) {
        let word = tree.resolved(key)
        let what = tree[word].kind == .scalar ? "nothing" : tree.describe(word)
        diagnostics.append(
            Diagnostic(
                .keyIsNoScalar,
                "a key must be a word, and this is \(what)",
                at: tree.span(of: key),
                help: "write `name: …`; a key that looks like a list or a map goes into quotes"
            )
        )
    }

    private mutating func reportDuplicate(_ key: NodeIndex, first: NodeIndex) {
        diagnostics.append(
            Diagnostic(
                .duplicateKey,
                "the key `\(tree.text(of: tree.resolved(key)).excerpt)` stands twice in this map",
                at: tree.span(of: key),
                related: [.init(tree.span(of: first), "it is here first")],
                help: "delete one of them, or merge what they say"
            )
        )
    }
}

/// The keys of one map. Few keys are compared one by one, many by hash, so that both cost little.
struct KeySet {
    private static let linearCountMax = 8
    private var keys: [NodeIndex] = []
    private var byText: [ArraySlice<UInt8>: NodeIndex] = [:]

    init(expectedCount: Int) { keys.reserveCapacity(min(expectedCount, Self.linearCountMax)) }

    /// Adds a key, or returns the one with the same text that is there already.
    mutating func insert(_ key: NodeIndex, in tree: SyntaxTree) -> NodeIndex? {
        let text = tree.bytes(of: key)
        if byText.isEmpty {
            if let first = keys.first(where: { tree.bytes(of: $0).elementsEqual(text) }) { return first }
            guard keys.count == Self.linearCountMax else {
                keys.append(key)
                return nil
            }
            for earlier in keys { byText[tree.bytes(of: earlier)] = earlier }
        }
        if let first = byText[text] { return first }
        byText[text] = key
        return nil
    }
}
