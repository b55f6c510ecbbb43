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
    /// Microseconds that a worker with many requests in flight rests longer than it must, to wake for several events.
    static let wakePauseMicrosecondsMax = 50
    /// Requests answered from one read before others get their turn.
    static let pipelineTurnsMax = 32
    /// File descriptors that a worker can index.
    static let descriptorMax = 262_144
    /// Bytes of an answer's body that are copied behind its head rather than sent from where they were read.
    static let copiedBodyBytesMax = 8_192
    /// Answers that a worker compresses at once; beyond it they are sent as they are.
    static let deflationCountMax = 64
    /// What chunked framing adds around a block's worth of a body, its end included; and how much must fit between it.
    static let chunkFramingBytes = 16
    static let compressionRoomMin = 1_024
    /// Clients and streams that wait for a turn while their worker is overloaded, a power of two; and how many of them
    /// are turned away and let in before those that are being served have another turn.
    static let arrivalCountMax = 65_536
    static let refusedArrivalsPerTurn = 64
    static let admittedArrivalsPerTurn = 8
    /// For how long new requests wait behind others for each one that was turned away, and at most after the last one.
    static let orderingMicrosecondsPerRefusal: UInt64 = 500
    static let orderingMicrosecondsMax: UInt64 = 1_000_000
    /// Answers that a worker stores, a power of two; those of one URI that differ by what they were chosen by; and
    /// fields that one may be chosen by.
    static let cacheAnswerCountMax = 65_536
    static let cacheVariantCountMax = 16
    static let cacheVaryCountMax = 16
    /// Answers in use that are passed over when room is made.
    static let cacheHeldCountMax = 1_024
    /// Bytes for a body that are taken before any of it has come.
    static let cacheBodyBytesAhead = 65_536
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
    /// Slots of a hash that are looked at before chance is left to the turns.
    static let hashStepsMax = 64
    /// Requests in flight to a target that are never too many for a hash.
    static let hashFloor: UInt64 = 4
    /// Reports of targets that failed too often and were not read yet; a power of two.
    static let ejectionCountMax = 256
    /// Probes that are under way at once.
    static let probeCountMax = 128
    /// Head of an answer to a probe.
    static let probeHeadBytesMax = 16_384
    /// Bytes of an authorizer's answer that are read over so that its connection can go on, and of its fields that are
    /// passed on.
    static let verdictBodyBytesMax = 65_536
    static let verdictLineBytesMax = 16_384
    /// Copies of requests that a worker has in flight.
    static let mirrorCountMax = 128
    /// Keys that limits on requests in flight count at once; a power of two.
    static let concurrencyKeyCountMax = 65_536
    /// Live counts of rate limits; beyond it the least used give way.
    static let rateCountMax = 262_144

    // HTTP/2. What a session keeps for its peer is bounded by these: a stream has a head of `headBytesMax`, what its
    // window admits of its body, and an output block; a session has `streamCountMax` of them and one block each way.

    /// Streams of one connection that may be open at once (SETTINGS_MAX_CONCURRENT_STREAMS).
    static let streamCountMax: UInt32 = 128
    /// Streams of all connections of a worker; a spec's bound on connections holds for them, too.
    static let workerStreamCountMax = 65_536
    /// Streams of one connection to an upstream that may be open at once; its peer may admit fewer.
    static let upstreamStreamCountMax: UInt32 = 100
    /// Body bytes that a peer may send of one stream before they are read on: the protocol's initial window, and
    /// less than a block.
    static let streamWindowBytes = 65_535
    /// Body bytes that a peer may send of all streams at once. They are acknowledged when they arrive: each stream's
    /// own window bounds what is kept.
    static let sessionWindowBytes: Int32 = 1_048_576
    /// A serialised frame: header and at most 16 384 bytes, which peers take without being asked.
    static let frameBytesMax = 9 + 16_384
    /// A header block, unpacked and counted as RFC 9113 section 6.5.2 does. One above the bound of heads is answered
    /// 431; above this the connection ends.
    static let headerListBytesMax = 262_144
    /// Streams that a client may cancel, or make the gateway cancel, in a row and for good (CVE-2023-44487).
    static let resetBurstMax: Int32 = 200
    static let resetsPerSecond: Int32 = 50
    /// Frames that carry no request and no body, in a row, for good, and for every frame that does.
    static let idleFrameBurstMax: Int32 = 4_096
    static let idleFramesPerSecond: Int32 = 200
    static let idleFramesPerFrame: Int32 = 8
    /// Frames that wait to be sent when a peer does not read; beyond it nothing more is read from it.
    static let outboundFrameCountMax = 1_024
    /// Acknowledgements among them (SETTINGS, PING); beyond it the connection ends.
    static let outboundAcknowledgementCountMax = 256
    /// CONTINUATION frames of one header block (CVE-2024-28182).
    static let continuationCountMax = 8
    /// Settings in one SETTINGS frame.
    static let settingCountMax = 32
    /// Bytes of the sessions' own memory that a worker keeps for reuse.
    static let sessionMemoryBytesMax = 16_777_216
    /// Time for an upstream to answer a ping, after a request that it did not answer in time.
    static let pongMilliseconds: UInt32 = 5_000
    /// Time for a client to hear that the connection will end, before it does.
    static let retireMilliseconds: UInt32 = 1_000
}
