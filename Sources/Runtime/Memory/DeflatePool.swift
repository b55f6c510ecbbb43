internal import CZlib

/// An answer that is being compressed.
///
/// Unsafe operations hold because the stream is made and used by its pool only, and never moves.
@safe
struct Deflation: BitwiseCopyable {
    fileprivate var stream: UnsafeMutablePointer<z_stream>? = nil
    /// In the list of free ones.
    fileprivate var next: Int32 = -1
    /// What waits to be compressed: a stretch of the upstream's input block.
    var start: Int32 = 0
    var end: Int32 = 0
    /// Something went in that may not have come out.
    var owesFlush = false

    fileprivate init() {}

    var hasInput: Bool { start < end }
}

/// The streams of zlib with which a worker compresses answers. Each is some 264 KiB; they are made when they are first
/// needed, up to a bound, and then used again.
struct DeflatePool {
    /// What has to come out of a stream.
    enum Goal {
        /// As much as zlib likes.
        case anything
        /// Everything that went in.
        case piece
        /// Everything, and the end.
        case end
    }

    struct Progress {
        var takenCount: Int
        var madeCount: Int
        /// The goal is reached.
        var isDone: Bool
    }

    private let places = Slab<Deflation>(capacity: Limits.deflationCountMax, repeating: Deflation())
    private var free: Int32 = -1
    private var madeCount: Int32 = 0

    subscript(place: Int32) -> Deflation {
        get { places[place] }
        nonmutating set { places[place] = newValue }
    }

    /// A stream that begins, or -1: as many answers are being compressed as may be, or memory is out.
    mutating func take(level: Int32) -> Int32 {
        var place = free
        if place < 0 {
            guard Int(madeCount) < Limits.deflationCountMax, let stream = unsafe makeStream() else { return -1 }
            place = madeCount
            madeCount += 1
            unsafe places[place].stream = stream
        } else {
            free = places[place].next
        }
        guard let stream = unsafe places[place].stream else { preconditionFailure("a place without a stream") }
        // Neither fails on a stream of its own making; before the first byte a change of level flushes nothing.
        _ = unsafe deflateReset(stream)
        _ = unsafe deflateParams(stream, level, Z_DEFAULT_STRATEGY)
        (places[place].start, places[place].end, places[place].owesFlush) = (0, 0, false)
        return place
    }

    mutating func give(_ place: Int32) {
        places[place].next = free
        free = place
    }

    private func makeStream() -> UnsafeMutablePointer<z_stream>? {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        unsafe stream.initialize(to: unsafe z_stream())
        // 16 more than the window's bits is gzip around it (zlib.h); 8 is the usual memory.
        let size = unsafe Int32(MemoryLayout<z_stream>.size)
        let result = unsafe deflateInit2_(
            stream,
            Z_DEFAULT_COMPRESSION,
            Z_DEFLATED,
            15 + 16,
            8,
            Z_DEFAULT_STRATEGY,
            ZLIB_VERSION,
            size
        )
        guard result == Z_OK else {
            unsafe stream.deallocate()
            return nil
        }
        return unsafe stream
    }

    /// Compresses bytes into a stretch of a block.
    ///
    /// - Precondition: `start + room` is no more than the block has.
    func run(_ place: Int32, _ input: Bytes, into block: Block, from start: Int, room: Int, _ goal: Goal) -> Progress {
        guard let stream = unsafe places[place].stream else { preconditionFailure("a place without a stream") }
        let flush =
            switch goal {
            case .anything: Z_NO_FLUSH
            case .piece: Z_SYNC_FLUSH
            case .end: Z_FINISH
            }
        // zlib reads no more of the input and writes no more into the block than is said here; both outlive the call.
        unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: input.base)
        unsafe stream.pointee.avail_in = UInt32(input.count)
        unsafe stream.pointee.next_out = block.base + start
        unsafe stream.pointee.avail_out = UInt32(room)
        let result = unsafe deflate(stream, flush)
        let left = unsafe (input: Int(stream.pointee.avail_in), room: Int(stream.pointee.avail_out))
        let isDone =
            switch goal {
            case .anything: left.input == 0
            case .piece: left.input == 0 && left.room > 0
            case .end: result == Z_STREAM_END
            }
        return Progress(takenCount: input.count - left.input, madeCount: room - left.room, isDone: isDone)
    }
}
