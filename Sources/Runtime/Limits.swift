/// Every bound of the data plane that a spec cannot set, each with its unit in its name.
enum Limits {
    /// A block holds a head, or what is on its way of a body. Offsets into it fit 16 bits.
    static let blockBytes = 65_536
    /// Bytes between blocks: an odd number of cache lines.
    static let blockGapBytes = 832
    /// Blocks that a worker keeps for reuse.
    static let spareBlockCountMax = 256
    /// A spec may set the bound on a request's head up to this.
    static let headBytesMax = 61_440
    /// Head of an upstream's answer.
    static let answerHeadBytesMax = 61_440
    /// Header fields of a message; a spec may set fewer for requests.
    static let fieldCountMax = 256
    /// Request target, in bytes (RFC 9112 section 3 recommends at least 8000).
    static let targetBytesMax = 16_384
    static let methodBytesMax = 32
    static let hostBytesMax = 255
    /// Chunk sizes have at most so many hexadecimal digits, a chunk line so many bytes, a trailer section so many.
    static let chunkSizeDigitsMax = 15
    static let chunkLineBytesMax = 256
    static let trailerBytesMax = 8_192
    /// Connections accepted at once before others get their turn.
    static let acceptCountMax = 64
    /// Moves of one exchange's body before others get their turn.
    static let relayTurnsMax = 16
    /// Requests answered from one read before others get their turn.
    static let pipelineTurnsMax = 32
    /// File descriptors that a worker can index.
    static let descriptorMax = 262_144
    /// Bytes of an answer's body that are copied behind its head rather than sent from where they were read.
    static let copiedBodyBytesMax = 8_192
    /// Interim answers (1xx) of one exchange.
    static let interimAnswerCountMax = 16
    /// Request ids taken over from a request.
    static let requestIDBytesMax = 64
    /// Keys presented by a request; longer ones are nobody's.
    static let keyBytesMax = 1_024
    /// Bytes of an answered request's body that are read and thrown away so that the connection can go on.
    static let drainedBodyBytesMax: UInt64 = 262_144
    /// Time to read what a client still sends after it was refused, so that the answer is not lost to a reset.
    static let lingerMilliseconds: UInt32 = 2_000
    /// A connection over TLS that rests for so long gives back its buffers of some 33 KiB.
    static let secureRestMilliseconds: UInt32 = 3_000
    /// Clients of a worker that were turned away and may still be sending; beyond it they are closed at once.
    static let turnedAwayCountMax = 64
    /// Addresses whose connections are counted at once; a power of two, of which three quarters are used.
    static let addressCountMax = 65_536
    /// Windows of one rate limit.
    static let ratesPerLimitMax = 4
    /// Live counts of rate limits; beyond it the least used give way.
    static let rateCountMax = 262_144
}
