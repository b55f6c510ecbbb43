internal import GatewayTable

/// Texts, each stored once, in the order in which they first come.
///
/// Texts are compared as bytes: two strings that Unicode holds for equal are still two texts.
struct TextPool {
    private(set) var bytes: [UInt8] = []
    private var references: [TextReference] = []
    /// Open addressing: an index into `references`, or `TableLayout.none`. At most half are taken.
    private var slots = [UInt32](repeating: TableLayout.none, count: 1024)

    /// Distinct texts, the empty one aside.
    var count: Int { references.count }

    mutating func add(_ text: String) -> TextReference {
        var text = text
        return text.withUTF8 { add($0) }
    }

    mutating func add(_ text: [UInt8]) -> TextReference {
        text.withUnsafeBufferPointer { add($0) }
    }

    /// The number of a text that is not empty: equal texts have equal numbers.
    mutating func number(_ text: String) -> UInt32 {
        var text = text
        return text.withUTF8 { number($0) }
    }

    subscript(number: UInt32) -> ArraySlice<UInt8> {
        let reference = references[Int(number)]
        return bytes[Int(reference.offset)..<Int(reference.offset) + Int(reference.count)]
    }

    private mutating func add(_ text: UnsafeBufferPointer<UInt8>) -> TextReference {
        guard !text.isEmpty else { return TextReference() }
        return references[Int(number(text))]
    }

    private mutating func number(_ text: UnsafeBufferPointer<UInt8>) -> UInt32 {
        guard let start = text.baseAddress, !text.isEmpty else { preconditionFailure("the empty text has no number") }
        let hash = LiteralHash.hash(parent: 0, start, text.count)
        var slot = Int(LiteralHash.slot(hash, slotCount: UInt32(slots.count)))
        while slots[slot] != TableLayout.none {
            if isStored(text, as: slots[slot]) { return slots[slot] }
            slot = (slot + 1) % slots.count
        }
        let reference = TextReference(offset: UInt32(bytes.count), count: UInt32(text.count))
        bytes.append(contentsOf: text)
        references.append(reference)
        slots[slot] = UInt32(references.count - 1)
        if 2 * references.count > slots.count { grow() }
        return UInt32(references.count - 1)
    }

    private func isStored(_ text: UnsafeBufferPointer<UInt8>, as number: UInt32) -> Bool {
        let reference = references[Int(number)]
        guard Int(reference.count) == text.count else { return false }
        let start = Int(reference.offset)
        return bytes.withUnsafeBufferPointer { bytes in
            for index in text.indices where bytes[start + index] != text[index] { return false }
            return true
        }
    }

    private mutating func grow() {
        slots = [UInt32](repeating: TableLayout.none, count: 2 * slots.count)
        bytes.withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return }
            for (number, reference) in references.enumerated() {
                let hash = LiteralHash.hash(parent: 0, base + Int(reference.offset), Int(reference.count))
                var slot = Int(LiteralHash.slot(hash, slotCount: UInt32(slots.count)))
                while slots[slot] != TableLayout.none { slot = (slot + 1) % slots.count }
                slots[slot] = UInt32(number)
            }
        }
    }
}
