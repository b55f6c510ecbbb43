/// One value of a JSON text.
package struct JSONNode: BitwiseCopyable {
    package enum Kind: UInt8, BitwiseCopyable {
        case null
        case no
        case yes
        case number
        case string
        case array
        case object
    }

    package var kind = Kind.null
    /// Of a member: where its name stands, unescaped.
    package var nameStart: UInt32 = 0
    package var nameCount: UInt32 = 0
    /// Of a string, where its text stands, unescaped; of a number, where it stands as written.
    package var start: UInt32 = 0
    package var count: UInt32 = 0
    /// The first value within; 0 if there is none.
    package var child: UInt32 = 0
    /// The next value in the same array or object; 0 if there is none.
    package var next: UInt32 = 0

    package init() {}
}

/// A JSON text (RFC 8259) as nodes, in memory that is allocated once: a text is read, and the next one takes its place.
///
/// Stricter than the RFC: no name stands twice in an object, however it is escaped; the text is UTF-8 with whole
/// surrogate pairs, and nothing but blanks stands around the value. Depth, values and bytes are bounded. Strings are
/// unescaped where they stand.
///
/// Unsafe operations hold because every index is below a count that was checked when it was handed out.
@safe
package struct JSONTree: ~Copyable {
    package static let depthMax = 16
    /// Members of one object: each is compared with those before it.
    package static let memberCountMax = 128

    let text: UnsafeMutablePointer<UInt8>
    package let byteCountMax: Int
    let nodes: UnsafeMutablePointer<JSONNode>
    package let nodeCountMax: Int
    /// Bytes of the text.
    var count = 0
    /// The first one is the text's value. 0 if nothing was read.
    package private(set) var nodeCount = 0

    package init(byteCountMax: Int, nodeCountMax: Int) {
        self.byteCountMax = byteCountMax
        self.nodeCountMax = nodeCountMax
        unsafe text = .allocate(capacity: byteCountMax)
        unsafe nodes = .allocate(capacity: nodeCountMax)
    }

    deinit {
        unsafe text.deallocate()
        unsafe nodes.deallocate()
    }

    /// Reads a text.
    ///
    /// - Returns: whether it is well-formed; if not, the tree is empty.
    package mutating func read(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count <= byteCountMax else {
            clear()
            return false
        }
        if let base = bytes.baseAddress {
            unsafe UnsafeMutableRawPointer(text).copyMemory(from: base, byteCount: bytes.count)
        }
        return readText(count: bytes.count)
    }

    package mutating func read(_ bytes: [UInt8]) -> Bool {
        unsafe bytes.withUnsafeBytes { unsafe read($0) }
    }

    /// Reads what stands at the beginning of `text`.
    mutating func readText(count: Int) -> Bool {
        clear()
        self.count = count
        var reader = JSONReader(count: count)
        guard reader.readValue(&self), reader.isAtEnd(self) else {
            clear()
            return false
        }
        return true
    }

    package mutating func clear() {
        nodeCount = 0
        count = 0
    }

    /// - Returns: the new node's index, or `nil` if there is no room.
    mutating func add(_ node: JSONNode) -> UInt32? {
        guard nodeCount < nodeCountMax else { return nil }
        unsafe (nodes + nodeCount).initialize(to: node)
        nodeCount += 1
        return UInt32(nodeCount - 1)
    }

    /// - Precondition: `index` is below `nodeCount`.
    package subscript(index: UInt32) -> JSONNode {
        unsafeAddress {
            precondition(Int(index) < nodeCount)
            return unsafe UnsafePointer(nodes + Int(index))
        }
        unsafeMutableAddress {
            precondition(Int(index) < nodeCount)
            return unsafe nodes + Int(index)
        }
    }

    // MARK: Asking

    /// The text of a string or a number; valid until the next text is read.
    package func bytes(_ index: UInt32) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: text + Int(self[index].start), count: Int(self[index].count))
    }

    package func nameBytes(_ index: UInt32) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: text + Int(self[index].nameStart), count: Int(self[index].nameCount))
    }

    /// The member of an object with a name, or `nil`.
    package func member(_ object: UInt32, _ name: UnsafeRawBufferPointer) -> UInt32? {
        guard self[object].kind == .object else { return nil }
        var index = self[object].child
        while index != 0 {
            if unsafe JSONTree.areEqual(nameBytes(index), name) { return index }
            index = self[index].next
        }
        return nil
    }

    package func member(_ object: UInt32, _ name: StaticString) -> UInt32? {
        unsafe member(object, UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }

    /// The text of a member that is a string, or `nil`.
    package func string(_ object: UInt32, _ name: StaticString) -> UnsafeRawBufferPointer? {
        guard let index = member(object, name), self[index].kind == .string else { return nil }
        return unsafe bytes(index)
    }

    package func isString(_ index: UInt32, _ text: StaticString) -> Bool {
        guard self[index].kind == .string else { return false }
        return unsafe JSONTree.areEqual(
            bytes(index),
            UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        )
    }

    package static func areEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        guard left.count == right.count else { return false }
        for index in 0..<left.count where unsafe left[index] != right[index] { return false }
        return true
    }
}
