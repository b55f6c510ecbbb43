/// What authorization servers said of tokens, for as long as it is believed: beside each token the text of the answer,
/// so that what is asked of its members later can be looked up. Of a fixed size; memory is touched as far as it is
/// used.
///
/// Unsafe operations hold because every index is one that `known` handed out, and texts are no longer than their room.
@safe
struct IntrospectionCache: ~Copyable {
    /// Longer answers are not kept.
    static let textBytesMax = 4_096

    private struct Text: BitwiseCopyable {
        /// 0 if the server said no more than that the token is worth nothing.
        var count: Int32 = 0
        var bytes = InlineArray<4_096, UInt8>(repeating: 0)
    }

    let known: TokenCache
    private let texts: Slab<Text>

    init() {
        let known = TokenCache(setCount: 256)
        texts = Slab(zeroed: known.capacity)
        self.known = known
    }

    deinit { texts.deallocate() }

    /// What the server said of a known token; empty if it refused it.
    func text(_ index: Int32) -> Bytes {
        guard let offset = MemoryLayout<Text>.offset(of: \.bytes) else { return .empty }
        return texts.bytes(index, offset: offset, count: Int(texts[index].count))
    }

    /// - Precondition: the text has at most `textBytesMax` bytes.
    func setText(_ text: Bytes, of index: Int32) {
        texts[index].count = Int32(text.count)
        for offset in 0..<text.count { texts[index].bytes[offset] = text[offset] }
    }
}
