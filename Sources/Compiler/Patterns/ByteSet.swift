/// A set of bytes: 256 bits, compared and combined as four words.
struct ByteSet: Hashable, Sendable {
    private var words = SIMD4<UInt64>()

    init() {}

    init(_ ranges: ClosedRange<UInt8>...) {
        for range in ranges { insert(range) }
    }

    var isEmpty: Bool { words == SIMD4<UInt64>() }

    func contains(_ byte: UInt8) -> Bool {
        words[Int(byte >> 6)] & (1 << UInt64(byte & 63)) != 0
    }

    mutating func insert(_ byte: UInt8) {
        words[Int(byte >> 6)] |= 1 << UInt64(byte & 63)
    }

    mutating func insert(_ range: ClosedRange<UInt8>) {
        for byte in range { insert(byte) }
    }

    mutating func remove(_ byte: UInt8) {
        words[Int(byte >> 6)] &= ~(1 << UInt64(byte & 63))
    }

    mutating func formUnion(_ other: ByteSet) { words |= other.words }
    mutating func formIntersection(_ other: ByteSet) { words &= other.words }

    var inverted: ByteSet {
        var result = self
        result.words = ~words
        return result
    }
}

extension ByteSet {
    static let digits = ByteSet(0x30...0x39)
    static let letters = ByteSet(0x41...0x5A, 0x61...0x7A)
    static let hexDigits = ByteSet(0x30...0x39, 0x41...0x46, 0x61...0x66)
    /// What `\w` stands for.
    static let word = digits.union(letters).union(ByteSet(0x5F...0x5F))
    /// What `\s` stands for.
    static let space = ByteSet(0x09...0x0D, 0x20...0x20)

    /// `unreserved` of RFC 3986 section 2.3: never percent-encoded in a normalised path.
    static let unreserved = digits.union(letters).union(of: "-._~")

    /// `pchar` of RFC 3986 section 3.3 without `%`: what stands for itself in a segment.
    static let pathCharacters = unreserved.union(of: "!$&'()*+,;=:@")

    /// `tchar` of RFC 9110 section 5.6.2: what methods and field names are made of.
    static let token = digits.union(letters).union(of: "!#$%&'*+-.^_`|~")

    /// Every byte that a segment of a normalised path may hold: no control byte, no space, none of `/`, `\`, `?`, `#`
    /// (product: such requests are refused, or the byte ends the path).
    static let segmentAlphabet: ByteSet = {
        var set = ByteSet(0x21...0x7E, 0x80...0xFF)
        for byte in "/\\?#".utf8 { set.remove(byte) }
        return set
    }()

    /// The same of a whole path.
    static let pathAlphabet = segmentAlphabet.union(of: "/")

    func union(_ other: ByteSet) -> ByteSet {
        var result = self
        result.formUnion(other)
        return result
    }

    func union(of text: StaticString) -> ByteSet {
        var result = self
        for byte in text.description.utf8 { result.insert(byte) }
        return result
    }
}
