internal import Glibc

/// An answer that is stored, or on its way into the store.
///
/// Unsafe operations hold because only the store makes, moves and frees the memory, and never while it is being read.
@safe
struct StoredAnswer: BitwiseCopyable {
    /// Key, selection and head, and the body.
    fileprivate var text = Memory()
    fileprivate var body = Memory()
    fileprivate var keyCount = 0
    fileprivate var selectionCount = 0
    fileprivate var headCount = 0
    fileprivate var bodyCount = 0
    /// Among those whose hashes end alike, and in the list of free places.
    fileprivate var next: Int32 = -1
    /// Its neighbours by when they were used last.
    fileprivate var newer: Int32 = -1
    fileprivate var older: Int32 = -1
    /// Exchanges that send it.
    fileprivate var readerCount: Int32 = 0
    fileprivate var isListed = false
    fileprivate var hash: UInt64 = 0
    var pathHash: UInt64 = 0
    /// Microseconds of the monotonic clock: when its request was sent, and when it came.
    var requested: UInt64 = 0
    var received: UInt64 = 0
    fileprivate(set) var rule = StorageRule()
    /// It is being asked for anew behind an exchange that got it.
    var isBeingRenewed = false

    fileprivate var headStart: Int { keyCount + selectionCount }

    /// Bytes that it takes, with its place.
    fileprivate var byteCount: Int {
        MemoryLayout<StoredAnswer>.stride + MemoryLayout<Int32>.stride + text.capacity + body.capacity
    }

    fileprivate subscript(_ piece: Piece) -> Memory {
        get { piece == .text ? text : body }
        set { if piece == .text { text = newValue } else { body = newValue } }
    }

    /// Seconds since it was made (RFC 9111 section 4.2.3).
    func age(now: UInt64) -> UInt32 {
        UInt32(min(UInt64(rule.age) + (now - min(received, now)) / 1_000_000, UInt64(Int32.max)))
    }

    /// Whether it may still be used so many seconds behind its freshness.
    func isWithin(_ seconds: UInt32, now: UInt64) -> Bool {
        UInt64(age(now: now)) < UInt64(rule.lifetime) + UInt64(seconds)
    }
}

private enum Piece {
    case text
    case body
}

@safe
private struct Memory: BitwiseCopyable {
    var base: UnsafeMutablePointer<UInt8>?
    var capacity = 0
}

/// The answers that a worker has stored: found by the hash of their key, and given up in the order in which they were
/// last used. Answers that are on their way count, too.
struct AnswerStore {
    /// A length is written in so many digits, zeros in front, so that it has its place before it is known.
    static let lengthDigitCount = 10

    private let places = Slab<StoredAnswer>(zeroed: Limits.cacheAnswerCountMax)
    /// By the end of the hash: one more than the first place, so that untouched memory is empty.
    private let buckets = Slab<Int32>(zeroed: Limits.cacheAnswerCountMax)
    private var free: Int32 = -1
    private var madeCount: Int32 = 0
    private var newest: Int32 = -1
    private var oldest: Int32 = -1
    /// Bytes of all of them, and of those that cannot be freed, as they are being sent or on their way.
    private(set) var byteCount = 0
    private var heldByteCount = 0
    /// Those that can be found.
    private(set) var listedCount = 0
    private(set) var evictedCount: UInt64 = 0

    subscript(place: Int32) -> StoredAnswer { places[place] }

    // MARK: Finding

    /// The first place where an answer with a hash may be, or -1.
    func first(_ hash: UInt64) -> Int32 { buckets[bucket(hash)] - 1 }

    func next(_ place: Int32) -> Int32 { places[place].next }

    func isOf(_ place: Int32, _ hash: UInt64, _ key: Bytes) -> Bool {
        places[place].hash == hash && self.key(place).equals(key)
    }

    private func bucket(_ hash: UInt64) -> Int { Int(hash % UInt64(Limits.cacheAnswerCountMax)) }

    func key(_ place: Int32) -> Bytes { stretch(places[place].text, 0, places[place].keyCount) }

    func selection(_ place: Int32) -> Bytes {
        stretch(places[place].text, places[place].keyCount, places[place].selectionCount)
    }

    /// - Returns: bytes that are valid until the answer gets another head.
    func head(_ place: Int32) -> Bytes { stretch(places[place].text, places[place].headStart, places[place].headCount) }

    func body(_ place: Int32) -> Bytes { stretch(places[place].body, 0, places[place].bodyCount) }

    private func stretch(_ memory: Memory, _ start: Int, _ count: Int) -> Bytes {
        assert(start + count <= memory.capacity)
        guard let base = unsafe memory.base else { return .empty }
        return unsafe Bytes(base + start, count: count)
    }

    /// An exchange begins to send it, or has to do with it.
    mutating func pin(_ place: Int32) {
        places[place].readerCount += 1
        if places[place].readerCount == 1 { heldByteCount += places[place].byteCount }
        use(place)
    }

    /// An exchange has sent it, or an answer on its way comes to nothing.
    mutating func release(_ place: Int32) {
        places[place].readerCount -= 1
        guard places[place].readerCount == 0 else { return }
        heldByteCount -= places[place].byteCount
        if !places[place].isListed { forget(place) }
    }

    private mutating func use(_ place: Int32) {
        guard places[place].isListed else { return }
        unlink(place)
        link(place)
    }

    /// Nobody finds it any more; who sends it, goes on.
    mutating func remove(_ place: Int32) {
        guard places[place].isListed else { return }
        places[place].isListed = false
        listedCount -= 1
        unlink(place)
        var other = first(places[place].hash)
        if other == place {
            buckets[bucket(places[place].hash)] = places[place].next + 1
        } else {
            while places[other].next != place { other = places[other].next }
            places[other].next = places[place].next
        }
        if places[place].readerCount == 0 { forget(place) }
    }

    mutating func removeAll() {
        while oldest >= 0 { remove(oldest) }
    }

    private mutating func forget(_ place: Int32) {
        unsafe Glibc.free(places[place].text.base)
        unsafe Glibc.free(places[place].body.base)
        byteCount -= places[place].byteCount
        places[place] = StoredAnswer()
        places[place].next = free
        free = place
    }

    // MARK: Storing

    /// Begins an answer that has no reader but the exchange that brings it.
    ///
    /// - Parameters:
    ///   - bodyCount: what is known of its size, or 0.
    ///   - byteCountMax: of all answers together.
    /// - Returns: -1 if there is no room.
    mutating func begin(
        hash: UInt64,
        key: Bytes,
        selection: Bytes,
        head: Bytes,
        bodyCount: Int,
        byteCountMax: Int
    ) -> Int32 {
        let place = takePlace()
        guard place >= 0 else { return -1 }
        places[place] = StoredAnswer()
        places[place].hash = hash
        places[place].readerCount = 1
        byteCount += places[place].byteCount
        heldByteCount += places[place].byteCount
        let start = key.count + selection.count
        guard heldByteCount + start + head.count + bodyCount <= byteCountMax,
            reserve(place, .text, start + head.count, byteCountMax),
            reserve(place, .body, min(bodyCount, Limits.cacheBodyBytesAhead), byteCountMax)
        else {
            release(place)
            return -1
        }
        (places[place].keyCount, places[place].selectionCount) = (key.count, selection.count)
        places[place].headCount = head.count
        write(places[place].text, key, at: 0)
        write(places[place].text, selection, at: key.count)
        write(places[place].text, head, at: start)
        return place
    }

    /// A place that nobody has, or -1: one that was used before, a new one, or that of the answer used longest ago.
    private mutating func takePlace() -> Int32 {
        if free < 0, Int(madeCount) < Limits.cacheAnswerCountMax {
            madeCount += 1
            return madeCount - 1
        }
        guard free >= 0 || evict() else { return -1 }
        let place = free
        free = places[place].next
        return place
    }

    /// Adds what came of the body.
    ///
    /// - Returns: whether there is room for it.
    mutating func append(_ place: Int32, _ bytes: Bytes, bodyCountMax: Int, byteCountMax: Int) -> Bool {
        let (old, count) = (places[place].bodyCount, places[place].bodyCount + bytes.count)
        guard count <= bodyCountMax else { return false }
        if count > places[place].body.capacity {
            let isRoomy = reserve(place, .body, min(max(count, 2 * old), bodyCountMax), byteCountMax)
            guard isRoomy || reserve(place, .body, count, byteCountMax) else { return false }
        }
        write(places[place].body, bytes, at: old)
        places[place].bodyCount = count
        return true
    }

    /// Gives a stored answer another head, which says the length of its body.
    ///
    /// - Returns: whether there is room for it.
    mutating func setHead(_ place: Int32, _ head: Bytes, byteCountMax: Int) -> Bool {
        let start = places[place].headStart
        guard reserve(place, .text, start + head.count, byteCountMax) else { return false }
        places[place].headCount = head.count
        write(places[place].text, head, at: start)
        return true
    }

    mutating func setTimes(_ place: Int32, _ rule: StorageRule, requested: UInt64, received: UInt64) {
        places[place].requested = requested
        places[place].received = received
        places[place].rule = rule
    }

    mutating func setRenewed(_ place: Int32, _ isBeing: Bool) { places[place].isBeingRenewed = isBeing }

    mutating func setPath(_ place: Int32, _ hash: UInt64) { places[place].pathHash = hash }

    /// The answer is whole, and can be found from now on. The exchange that brought it reads it no more. It takes the
    /// place of one with the same key and selection; of those with the same key there are no more than a few.
    ///
    /// - Precondition: the head ends with a length of `lengthDigitCount` digits.
    mutating func commit(_ place: Int32) {
        if places[place].bodyCount < places[place].body.capacity {
            _ = resize(place, .body, to: places[place].bodyCount)
        }
        writeLength(place)
        let hash = places[place].hash
        var (other, sameCount, last) = (first(hash), 0, Int32(-1))
        while other >= 0 {
            let following = places[other].next
            if isOf(other, hash, key(place)) {
                if selection(other).equals(selection(place)) {
                    remove(other)
                } else {
                    (sameCount, last) = (sameCount + 1, other)
                }
            }
            other = following
        }
        // New ones come first, so that the last one is the oldest.
        if sameCount >= Limits.cacheVariantCountMax { remove(last) }
        places[place].isListed = true
        release(place)
        places[place].next = first(hash)
        buckets[bucket(hash)] = place + 1
        listedCount += 1
        link(place)
    }

    /// Says in the head how long the body became.
    private func writeLength(_ place: Int32) {
        guard let base = unsafe places[place].text.base else { return }
        var rest = places[place].bodyCount
        // The digits stand before the two line ends of the head.
        var digit = places[place].headStart + places[place].headCount - 4
        for _ in 0..<AnswerStore.lengthDigitCount {
            digit -= 1
            unsafe base[digit] = UInt8(0x30 + rest % 10)
            rest /= 10
        }
    }

    private func write(_ memory: Memory, _ bytes: Bytes, at offset: Int) {
        guard let base = unsafe memory.base else { return }
        assert(offset + bytes.count <= memory.capacity)
        // The piece was reserved for these bytes.
        unsafe _ = memcpy(base + offset, bytes.base, bytes.count)
    }

    /// Makes a piece of an answer so large, at the cost of others.
    ///
    /// - Precondition: the answer is held by the exchange that brings it.
    /// - Returns: whether there is room; if not, nothing was given up for it.
    private mutating func reserve(_ place: Int32, _ piece: Piece, _ capacity: Int, _ byteCountMax: Int) -> Bool {
        let more = capacity - places[place][piece].capacity
        guard more > 0 else { return true }
        guard heldByteCount + more <= byteCountMax else { return false }
        while byteCount + more > byteCountMax { guard evict() else { return false } }
        return resize(place, piece, to: capacity)
    }

    private mutating func resize(_ place: Int32, _ piece: Piece, to capacity: Int) -> Bool {
        let old = places[place][piece]
        guard let memory = unsafe realloc(old.base, max(capacity, 1)) else { return false }
        unsafe places[place][piece].base = memory.assumingMemoryBound(to: UInt8.self)
        places[place][piece].capacity = capacity
        byteCount += capacity - old.capacity
        heldByteCount += capacity - old.capacity
        return true
    }

    // MARK: Order

    /// Gives up the one that was used longest ago. Those that are being sent are passed over, since nothing would be
    /// free of them; each of them is in use, so that it counts as used now.
    private mutating func evict() -> Bool {
        for _ in 0..<Limits.cacheHeldCountMax {
            guard oldest >= 0 else { return false }
            if places[oldest].readerCount > 0 {
                use(oldest)
                continue
            }
            evictedCount += 1
            remove(oldest)
            return true
        }
        return false
    }

    private mutating func link(_ place: Int32) {
        places[place].older = newest
        places[place].newer = -1
        if newest >= 0 { places[newest].newer = place } else { oldest = place }
        newest = place
    }

    private mutating func unlink(_ place: Int32) {
        let (newer, older) = (places[place].newer, places[place].older)
        if newer >= 0 { places[newer].older = older } else { newest = older }
        if older >= 0 { places[older].newer = newer } else { oldest = newer }
    }
}
