/// A node of a `SyntaxTree`.
struct NodeIndex: Hashable, Sendable {
    /// No node: the end of a list of siblings.
    static let none = NodeIndex(rawValue: .max)

    let rawValue: UInt32

    init(rawValue: UInt32) { self.rawValue = rawValue }

    fileprivate init(_ index: Int) { self.rawValue = UInt32(truncatingIfNeeded: index) }
}

/// One scalar, list or map: 24 bytes, linked by indices. Not a class per node: a spec has a million of them.
struct SyntaxNode: Sendable {
    enum Kind: UInt8, Sendable {
        /// `content` is the range of its text.
        case scalar
        /// `content.lowerBound` is the first item, `content.upperBound` the number of items.
        case list
        /// `content.lowerBound` is the first key, `content.upperBound` the number of entries. Keys and values
        /// alternate.
        case map
        /// `content.lowerBound` is the node that it stands for.
        case alias
    }

    struct Flags: OptionSet, Sendable {
        let rawValue: UInt8

        /// Written without quotes, so that `null` and `~` mean no value.
        static let plain = Flags(rawValue: 1)
        /// The text is in `SyntaxTree.looseText`, because it differs from the bytes of the file (escapes, folding).
        static let loose = Flags(rawValue: 2)
        /// There is a `${` in the text.
        static let reference = Flags(rawValue: 4)
        /// A scalar that is reported already: whoever meets it says nothing. A map that lacks entries whose keys were
        /// refused: nothing is missed in it.
        static let refused = Flags(rawValue: 8)
    }

    var start: UInt32
    var end: UInt32
    var first: UInt32 = 0
    var second: UInt32 = 0
    var next = NodeIndex.none
    var file: UInt16
    var kind: Kind
    var flags: Flags = []
}

/// The files of a build as trees of scalars, lists and maps with positions. Maps keep the order of the file and have
/// no key twice; what a scalar means is decided by the schema, not here.
struct SyntaxTree: Sendable {
    private(set) var nodes: [SyntaxNode] = []
    /// Bytes of each file; the first has the index `firstFile`.
    let files: [[UInt8]]
    /// A build of several specs reads each into a tree of its own; positions count the files of all.
    let firstFile: Int
    /// Text of scalars that is not found verbatim in a file.
    private(set) var looseText: [UInt8] = []

    init(files: [[UInt8]], firstFile: Int = 0) {
        self.files = files
        self.firstFile = firstFile
    }

    /// Of one file that was read before.
    init(file: [UInt8], firstFile: Int, nodes: [SyntaxNode], looseText: [UInt8]) {
        files = [file]
        self.firstFile = firstFile
        self.nodes = nodes
        self.looseText = looseText
    }

    func bytes(ofFile file: Int) -> [UInt8] { files[file - firstFile] }

    subscript(index: NodeIndex) -> SyntaxNode {
        get { nodes[Int(index.rawValue)] }
        set { nodes[Int(index.rawValue)] = newValue }
    }

    var nodeCount: Int { nodes.count }

    mutating func append(_ node: SyntaxNode) -> NodeIndex {
        nodes.append(node)
        return NodeIndex(nodes.count - 1)
    }

    mutating func reserve(nodeCount: Int) { nodes.reserveCapacity(nodes.count + nodeCount) }

    /// Stores text for a scalar whose `loose` flag is set; returns its range.
    mutating func appendLooseText(_ text: some Collection<UInt8>) -> Range<UInt32> {
        let start = UInt32(truncatingIfNeeded: looseText.count)
        looseText.append(contentsOf: text)
        return start..<UInt32(truncatingIfNeeded: looseText.count)
    }

    // MARK: Reading

    /// The node itself, or what it is an alias of.
    func resolved(_ index: NodeIndex) -> NodeIndex {
        var index = index
        while self[index].kind == .alias { index = NodeIndex(rawValue: self[index].first) }
        return index
    }

    func span(of index: NodeIndex) -> SourceSpan {
        let node = self[index]
        return SourceSpan(file: UInt32(node.file), start: node.start, end: node.end)
    }

    /// The text of a scalar.
    func text(of index: NodeIndex) -> String { String(decoding: bytes(of: index), as: UTF8.self) }

    /// The text of a scalar as UTF-8.
    func bytes(of index: NodeIndex) -> ArraySlice<UInt8> {
        let node = self[index]
        let range = Int(node.first)..<Int(node.second)
        return node.flags.contains(.loose) ? looseText[range] : files[Int(node.file) - firstFile][range]
    }

    /// Whether a scalar says that there is no value: nothing at all, `~` or `null`, without quotes.
    func isNull(_ index: NodeIndex) -> Bool {
        let node = self[index]
        guard node.kind == .scalar, node.flags.contains(.plain) else { return false }
        guard node.second - node.first <= 4 else { return false }
        switch text(of: index) {
        case "", "~", "null", "Null", "NULL": return true
        default: return false
        }
    }

    /// `a list`, `a map`, `text`, for messages.
    func describe(_ index: NodeIndex) -> String {
        switch self[index].kind {
        case .list: "a list"
        case .map: "a map"
        case .scalar: isNull(index) ? "nothing" : "text"
        case .alias: "an alias"
        }
    }

    /// The items of a list, aliases resolved.
    func items(of index: NodeIndex) -> Items { Items(tree: self, upcoming: firstChild(of: index)) }

    /// The entries of a map, aliases resolved.
    func entries(of index: NodeIndex) -> Entries { Entries(items: items(of: index)) }

    private func firstChild(of index: NodeIndex) -> NodeIndex {
        let node = self[index]
        return node.second == 0 ? .none : NodeIndex(rawValue: node.first)
    }

    /// Siblings, one after another.
    struct Items: Sequence, IteratorProtocol {
        fileprivate let tree: SyntaxTree
        fileprivate var upcoming: NodeIndex

        mutating func next() -> NodeIndex? {
            guard upcoming != .none else { return nil }
            defer { upcoming = tree[upcoming].next }
            return tree.resolved(upcoming)
        }
    }

    /// Siblings, two and two.
    struct Entries: Sequence, IteratorProtocol {
        fileprivate var items: Items

        mutating func next() -> (key: NodeIndex, value: NodeIndex)? {
            guard let key = items.next(), let value = items.next() else { return nil }
            return (key, value)
        }
    }
}
