/// Reads one JSON text into a tree, front to back, without recursion.
///
/// Unsafe operations hold because `place` never passes `count`, which the tree's text has, and because what is
/// unescaped is never longer than what it stands for.
struct JSONReader {
    private let count: Int
    private var place = 0
    /// Arrays and objects that are open, and the last value in each: `JSONTree.depthMax` of them.
    private var open = [16 of UInt32](repeating: 0)
    private var last = [16 of UInt32](repeating: 0)
    private var depth = 0

    init(count: Int) { self.count = count }

    /// Whether only blanks follow.
    mutating func isAtEnd(_ tree: borrowing JSONTree) -> Bool {
        skipBlanks(tree)
        return place == count
    }

    /// The text's value, with all that is within.
    mutating func readValue(_ tree: inout JSONTree) -> Bool {
        guard readItem(&tree, name: (0, 0)) else { return false }
        while depth > 0 {
            skipBlanks(tree)
            guard let byte = byte(tree) else { return false }
            let container = open[depth - 1]
            let isObject = tree[container].kind == .object
            if byte == (isObject ? 0x7D : 0x5D) {
                place += 1
                depth -= 1
                continue
            }
            if tree[container].child != 0 {
                guard byte == 0x2C else { return false }
                place += 1
                skipBlanks(tree)
            }
            var name = (start: 0, count: 0)
            if isObject {
                guard let text = readString(tree), isNew(text, in: container, tree) else { return false }
                name = text
                skipBlanks(tree)
                guard self.byte(tree) == 0x3A else { return false }
                place += 1
            }
            guard readItem(&tree, name: name) else { return false }
        }
        return true
    }

    private func byte(_ tree: borrowing JSONTree) -> UInt8? {
        guard place < count else { return nil }
        return unsafe tree.text[place]
    }

    private mutating func skipBlanks(_ tree: borrowing JSONTree) {
        while let byte = byte(tree), byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { place += 1 }
    }

    /// Whether no member of the object has the name yet, and it has room for one more.
    private func isNew(_ name: (start: Int, count: Int), in object: UInt32, _ tree: borrowing JSONTree) -> Bool {
        let text = unsafe UnsafeRawBufferPointer(start: tree.text + name.start, count: name.count)
        var memberCount = 0
        var index = tree[object].child
        while index != 0 {
            if unsafe JSONTree.areEqual(tree.nameBytes(index), text) { return false }
            memberCount += 1
            index = tree[index].next
        }
        return memberCount < JSONTree.memberCountMax
    }

    /// A string, a number, a word, or the beginning of an array or an object.
    private mutating func readItem(_ tree: inout JSONTree, name: (start: Int, count: Int)) -> Bool {
        skipBlanks(tree)
        var node = JSONNode()
        node.nameStart = UInt32(name.start)
        node.nameCount = UInt32(name.count)
        guard let first = byte(tree) else { return false }
        switch first {
        case 0x22:
            guard let text = readString(tree) else { return false }
            node.kind = .string
            (node.start, node.count) = (UInt32(text.start), UInt32(text.count))
        case 0x7B, 0x5B:
            node.kind = first == 0x7B ? .object : .array
            place += 1
        case 0x74:
            node.kind = .yes
            guard take("true", tree) else { return false }
        case 0x66:
            node.kind = .no
            guard take("false", tree) else { return false }
        case 0x6E:
            node.kind = .null
            guard take("null", tree) else { return false }
        default:
            node.kind = .number
            node.start = UInt32(place)
            guard skipNumber(tree) else { return false }
            node.count = UInt32(place) - node.start
        }
        return append(node, to: &tree)
    }

    private mutating func append(_ node: JSONNode, to tree: inout JSONTree) -> Bool {
        guard let index = tree.add(node) else { return false }
        if depth > 0 {
            let container = open[depth - 1]
            if tree[container].child == 0 {
                tree[container].child = index
            } else {
                tree[last[depth - 1]].next = index
            }
            last[depth - 1] = index
        }
        guard node.kind == .object || node.kind == .array else { return true }
        guard depth < min(JSONTree.depthMax, open.count) else { return false }
        open[depth] = index
        depth += 1
        return true
    }

    private mutating func take(_ word: StaticString, _ tree: borrowing JSONTree) -> Bool {
        guard count - place >= word.utf8CodeUnitCount else { return false }
        for index in 0..<word.utf8CodeUnitCount
        where unsafe tree.text[place + index] != word.utf8Start[index] { return false }
        place += word.utf8CodeUnitCount
        return true
    }

    // MARK: Numbers

    private mutating func skipNumber(_ tree: borrowing JSONTree) -> Bool {
        if byte(tree) == 0x2D { place += 1 }
        let isZero = byte(tree) == 0x30
        let digits = skipDigits(tree)
        guard digits == 1 || digits > 1 && !isZero else { return false }
        if byte(tree) == 0x2E {
            place += 1
            guard skipDigits(tree) > 0 else { return false }
        }
        guard let byte = byte(tree), byte | 0x20 == 0x65 else { return true }
        place += 1
        if let sign = self.byte(tree), sign == 0x2B || sign == 0x2D { place += 1 }
        return skipDigits(tree) > 0
    }

    private mutating func skipDigits(_ tree: borrowing JSONTree) -> Int {
        let start = place
        while let byte = byte(tree), byte &- 0x30 < 10 { place += 1 }
        return place - start
    }

    // MARK: Strings

    /// A string, unescaped where it stands.
    private mutating func readString(_ tree: borrowing JSONTree) -> (start: Int, count: Int)? {
        guard byte(tree) == 0x22 else { return nil }
        place += 1
        let start = place
        var end = place
        while let byte = byte(tree) {
            switch byte {
            case 0x22:
                place += 1
                return (start, end - start)
            case 0x5C:
                guard unescape(tree, &end) else { return nil }
            case 0..<0x20: return nil
            case 0x20..<0x80:
                unsafe tree.text[end] = byte
                place += 1
                end += 1
            default:
                let length = unsafe UTF8Sequence.length(tree.text + place, count: count - place)
                guard length > 0 else { return nil }
                for index in 0..<length { unsafe tree.text[end + index] = tree.text[place + index] }
                place += length
                end += length
            }
        }
        return nil
    }

    private mutating func unescape(_ tree: borrowing JSONTree, _ end: inout Int) -> Bool {
        place += 1
        guard let byte = byte(tree) else { return false }
        place += 1
        let plain: UInt8
        switch byte {
        case 0x22, 0x5C, 0x2F: plain = byte
        case 0x62: plain = 0x08
        case 0x66: plain = 0x0C
        case 0x6E: plain = 0x0A
        case 0x72: plain = 0x0D
        case 0x74: plain = 0x09
        case 0x75: return unescapeScalar(tree, &end)
        default: return false
        }
        unsafe tree.text[end] = plain
        end += 1
        return true
    }

    /// Behind `\u`: a character, for some of which it takes two.
    private mutating func unescapeScalar(_ tree: borrowing JSONTree, _ end: inout Int) -> Bool {
        guard var value = hexadecimal(tree) else { return false }
        if value & 0xF800 == 0xD800 {
            guard value < 0xDC00, byte(tree) == 0x5C else { return false }
            place += 1
            guard byte(tree) == 0x75 else { return false }
            place += 1
            guard let low = hexadecimal(tree), low & 0xFC00 == 0xDC00 else { return false }
            value = 0x1_0000 + (value & 0x3FF) << 10 + low & 0x3FF
        }
        // Six characters became three bytes at most, twelve became four.
        end += unsafe UTF8Sequence.write(value, to: tree.text + end)
        return true
    }

    private mutating func hexadecimal(_ tree: borrowing JSONTree) -> UInt32? {
        guard count - place >= 4 else { return nil }
        var value: UInt32 = 0
        for _ in 0..<4 {
            let byte = unsafe tree.text[place]
            let letter = byte | 0x20
            guard byte &- 0x30 < 10 || letter &- 0x61 < 6 else { return nil }
            value = value << 4 | UInt32(byte &- 0x30 < 10 ? byte - 0x30 : letter - 0x61 + 10)
            place += 1
        }
        return value
    }
}

/// Characters beyond ASCII in UTF-8 (RFC 3629).
enum UTF8Sequence {
    /// Bytes of the character that begins here; 0 if none does.
    ///
    /// - Parameters:
    ///   - bytes: the first one is not ASCII.
    ///   - count: how many there are.
    static func length(_ bytes: UnsafePointer<UInt8>, count: Int) -> Int {
        let first = unsafe bytes[0]
        let length = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0
        guard length > 0, count >= length else { return 0 }
        for index in 1..<length where unsafe bytes[index] & 0xC0 != 0x80 { return 0 }
        // Neither longer than needed, nor a surrogate, nor beyond the last character.
        let second = unsafe bytes[1]
        switch first {
        case 0xE0: return second >= 0xA0 ? length : 0
        case 0xED: return second < 0xA0 ? length : 0
        case 0xF0: return second >= 0x90 ? length : 0
        case 0xF4: return second < 0x90 ? length : 0
        default: return length
        }
    }

    /// - Returns: how many bytes were written, four at most.
    static func write(_ value: UInt32, to place: UnsafeMutablePointer<UInt8>) -> Int {
        func byte(_ value: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: value) }
        if value < 0x80 {
            unsafe place[0] = byte(value)
            return 1
        }
        if value < 0x800 {
            unsafe place[0] = byte(0xC0 | value >> 6)
            unsafe place[1] = byte(0x80 | value & 0x3F)
            return 2
        }
        if value < 0x1_0000 {
            unsafe place[0] = byte(0xE0 | value >> 12)
            unsafe place[1] = byte(0x80 | value >> 6 & 0x3F)
            unsafe place[2] = byte(0x80 | value & 0x3F)
            return 3
        }
        unsafe place[0] = byte(0xF0 | value >> 18)
        unsafe place[1] = byte(0x80 | value >> 12 & 0x3F)
        unsafe place[2] = byte(0x80 | value >> 6 & 0x3F)
        unsafe place[3] = byte(0x80 | value & 0x3F)
        return 4
    }
}
