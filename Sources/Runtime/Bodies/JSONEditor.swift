internal import GatewayTable

/// What is wrong with a body that shall be edited.
enum BodyFault: UInt8, BitwiseCopyable {
    case none = 0
    /// Not JSON, or no object.
    case malformed
    /// It does not fit when it is edited.
    case tooLarge
}

/// Writes a JSON object anew with some members taken away, set or added. What is not named stays byte for byte: numbers
/// keep their digits and strings their escapes. Only the objects on the way to what is named lose the space between
/// their members.
///
/// A member that stands twice is a trap, since parsers disagree on which of the two counts: what is removed is removed
/// wherever it stands, and what is set stands once. Names are compared by what they mean, however they are escaped.
struct JSONEditor {
    private let view: TableView
    private let operations: RangeRecord
    private var scanner: JSONScanner
    private(set) var output: ByteWriter

    /// - Precondition: there are at most 32 operations, and none of their paths leads through another one's.
    init(_ text: Bytes, _ operations: RangeRecord, _ view: TableView, into output: ByteWriter) {
        self.view = view
        self.operations = operations
        scanner = JSONScanner(text)
        self.output = output
    }

    mutating func run() -> BodyFault {
        scanner.skipSpace()
        guard scanner.next == JSONByte.openBrace else { return .malformed }
        let all: UInt32 = operations.count >= 32 ? .max : 1 << operations.count - 1
        guard editObject(depth: 0, all) else { return .malformed }
        scanner.skipSpace()
        guard scanner.isAtEnd else { return .malformed }
        return output.isOverfull ? .tooLarge : .none
    }

    /// Edits the object that begins here.
    ///
    /// - Parameters:
    ///   - depth: names on the way to it; paths are not longer than tables let them be, which bounds the recursion.
    ///   - mask: operations whose paths lead to it.
    private mutating func editObject(depth: Int, _ mask: UInt32) -> Bool {
        _ = scanner.skip(JSONByte.openBrace)
        output.append(byte: JSONByte.openBrace)
        // Operations that need nothing more in this object.
        var done: UInt32 = 0
        var isFirst = true
        scanner.skipSpace()
        if !scanner.skip(JSONByte.closeBrace) {
            repeat {
                scanner.skipSpace()
                guard editMember(depth: depth, mask, &done, &isFirst) else { return false }
                scanner.skipSpace()
            } while scanner.skip(JSONByte.comma)
            guard scanner.skip(JSONByte.closeBrace) else { return false }
        }
        addMissing(mask & ~done, depth: depth, &isFirst)
        output.append(byte: JSONByte.closeBrace)
        return true
    }

    private mutating func editMember(depth: Int, _ mask: UInt32, _ done: inout UInt32, _ isFirst: inout Bool) -> Bool {
        let start = scanner.position
        guard scanner.next == JSONByte.quote, scanner.skipString() else { return false }
        let name = scanner.text[start..<scanner.position]
        scanner.skipSpace()
        guard scanner.skip(JSONByte.colon) else { return false }
        scanner.skipSpace()
        let named = matching(name[1..<name.count - 1], depth: depth, mask)
        let valueStart = scanner.position
        guard named != 0 else {
            guard scanner.skipValue() else { return false }
            begin(name, &isFirst)
            output.append(scanner.text[valueStart..<scanner.position])
            return true
        }
        let operation = self.operation(named.trailingZeroBitCount)
        defer { done |= named }
        guard Int(operation.names.count) == depth + 1 else {
            begin(name, &isFirst)
            if scanner.next == JSONByte.openBrace { return editObject(depth: depth + 1, named) }
            // Something else than an object stands there: nothing is in it, and nothing can be put into it.
            guard scanner.skipValue() else { return false }
            output.append(scanner.text[valueStart..<scanner.position])
            return true
        }
        guard scanner.skipValue() else { return false }
        switch BodyOperationKind(rawValue: operation.kind) {
        case .set:
            guard done & named == 0 else { return true }
            begin(name, &isFirst)
            output.append(Bytes(view.bytes(operation.value)))
        case .add:
            begin(name, &isFirst)
            output.append(scanner.text[valueStart..<scanner.position])
        case .remove, nil: break
        }
        return true
    }

    /// The members that are set or added and were not there, with the objects on the way to them.
    private mutating func addMissing(_ mask: UInt32, depth: Int, _ isFirst: inout Bool) {
        var rest = mask
        while rest != 0 {
            let operation = self.operation(rest.trailingZeroBitCount)
            guard operation.kind != BodyOperationKind.remove.rawValue else {
                rest &= rest - 1
                continue
            }
            let name = self.name(of: operation, at: depth)
            var group: UInt32 = 0
            for bit in bits(rest) where self.name(of: self.operation(bit), at: depth).equals(name) { group |= 1 << bit }
            if !isFirst { output.append(byte: JSONByte.comma) }
            isFirst = false
            output.append(byte: JSONByte.quote)
            output.append(json: name)
            output.append("\":")
            if Int(operation.names.count) == depth + 1 {
                output.append(Bytes(view.bytes(operation.value)))
            } else {
                output.append(byte: JSONByte.openBrace)
                var isFirstBelow = true
                addMissing(group, depth: depth + 1, &isFirstBelow)
                output.append(byte: JSONByte.closeBrace)
            }
            rest &= ~group
        }
    }

    private mutating func begin(_ name: Bytes, _ isFirst: inout Bool) {
        if !isFirst { output.append(byte: JSONByte.comma) }
        isFirst = false
        output.append(name)
        output.append(byte: JSONByte.colon)
    }

    // MARK: Operations

    private func operation(_ number: Int) -> BodyOperationRecord {
        view.bodyOperations[operations.first + UInt32(number)]
    }

    private func name(of operation: BodyOperationRecord, at depth: Int) -> Bytes {
        Bytes(view.bytes(view.tokenTexts[operation.names.first + UInt32(depth)]))
    }

    /// Which of the operations have a name, as it stands between its quotes, at a depth of their paths.
    private func matching(_ name: Bytes, depth: Int, _ mask: UInt32) -> UInt32 {
        var matching: UInt32 = 0
        for bit in bits(mask) where name.equalsUnescaped(self.name(of: operation(bit), at: depth)) {
            matching |= 1 << bit
        }
        return matching
    }

    private func bits(_ mask: UInt32) -> BitNumbers { BitNumbers(rest: mask) }
}

/// The numbers of the bits that are set, ascending.
private struct BitNumbers: Sequence, IteratorProtocol {
    var rest: UInt32

    mutating func next() -> Int? {
        guard rest != 0 else { return nil }
        defer { rest &= rest - 1 }
        return rest.trailingZeroBitCount
    }
}

extension Bytes {
    /// Whether this is a text, when its escapes are taken for what they stand for.
    ///
    /// - Precondition: it is the inside of a well-formed JSON string.
    func equalsUnescaped(_ text: Bytes) -> Bool {
        guard firstIndex(of: JSONByte.backslash) != nil else { return equals(text) }
        var index = 0
        var matched = 0
        while index < count {
            guard self[index] == JSONByte.backslash else {
                guard matched < text.count, text[matched] == self[index] else { return false }
                index += 1
                matched += 1
                continue
            }
            var escape = JSONEscape()
            guard escape.read(self, at: index) else { return false }
            for offset in 0..<escape.byteCount {
                guard matched < text.count, text[matched] == escape.bytes[offset] else { return false }
                matched += 1
            }
            index += escape.length
        }
        return matched == text.count
    }
}
