/// The sockets that copies of requests come from: behind those of streams, and as many as there may be.
struct MirrorSockets: BitwiseCopyable {
    /// The index of the first one.
    let first: Int32
    private var free: Int32 = -1
    private var madeCount: Int32 = 0

    init(first: Int32) { self.first = first }

    /// Those that were used once.
    var used: Range<Int32> { first..<first + madeCount }

    /// A socket that is free, or -1.
    mutating func take(_ sockets: Slab<Socket>) -> Int32 {
        if free >= 0 {
            let socket = free
            free = sockets[socket].poolNext
            return socket
        }
        guard Int(madeCount) < Limits.mirrorCountMax else { return -1 }
        madeCount += 1
        return first + madeCount - 1
    }

    mutating func give(_ socket: Int32, _ sockets: Slab<Socket>) {
        sockets[socket].poolNext = free
        free = socket
    }
}
