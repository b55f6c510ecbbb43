internal import Digests
internal import GatewayTable

/// A token that was checked, and what came out.
struct VerifiedToken: BitwiseCopyable {
    var digest: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    /// Number of the bundle by which it was checked; 0 is a free place.
    var generation: UInt64 = 0
    var keyVersion: UInt64 = 0
    /// Seconds since 1970 from which it has to be checked again.
    var expires: Int64 = 0
    /// Who the token is about, as a number: what rate limits count by.
    var subject: UInt64 = 0
    var policy: UInt32 = 0
    /// `TableLayout.none` if it names none.
    var consumer = TableLayout.none
    var credential = TableLayout.none
    /// When it was used last, for choosing what gives way.
    var lastUse: UInt32 = 0
}

/// Tokens that a worker has checked: while a token's end is ahead and nothing changed by which it was checked, it need
/// not be checked again. Of a fixed size, in sets of four; in a set that is full the one gives way that was used least
/// recently.
///
/// A token is known by its digest under a key that nobody outside the process knows, so that nobody can make another
/// one with the digest of a good one, nor fill one set on purpose.
struct TokenCache: ~Copyable {
    private static let wayCount = 4
    private let setCount: Int
    private let entries: Slab<VerifiedToken>
    private let key = HMACKey(SystemRandom.bytes(count: 32))

    /// - Parameter setCount: of four tokens each.
    init(setCount: Int = 1_024) {
        self.setCount = setCount
        entries = Slab(zeroed: TokenCache.wayCount * setCount)
    }

    var capacity: Int { entries.capacity }

    deinit { entries.deallocate() }

    func digest(_ token: Bytes) -> (UInt64, UInt64, UInt64, UInt64) {
        unsafe key.authenticate(UnsafeRawBufferPointer(token.buffer)).words
    }

    /// The entry of a token, which holds now for this policy of this bundle; -1 if there is none.
    func find(
        _ digest: (UInt64, UInt64, UInt64, UInt64),
        policy: UInt32,
        generation: UInt64,
        keyVersion: UInt64,
        seconds: Int64
    ) -> Int32 {
        let first = firstIndex(digest)
        for index in first..<first + Int32(TokenCache.wayCount)
        where entries[index].generation == generation && entries[index].policy == policy
            && TokenCache.areEqual(entries[index].digest, digest)
        {
            guard entries[index].keyVersion == keyVersion, seconds < entries[index].expires else { return -1 }
            entries[index].lastUse = UInt32(truncatingIfNeeded: seconds)
            return index
        }
        return -1
    }

    subscript(index: Int32) -> VerifiedToken { entries[index] }

    /// Takes a token in, where the same one was, or nothing, or something that holds no more, or what was used least
    /// recently.
    ///
    /// - Returns: its place.
    @discardableResult
    func insert(_ token: VerifiedToken, seconds: Int64) -> Int32 {
        let first = firstIndex(token.digest)
        var place = first
        var best = Int64.max
        for index in first..<first + Int32(TokenCache.wayCount) {
            let entry = entries[index]
            if entry.policy == token.policy, TokenCache.areEqual(entry.digest, token.digest) {
                place = index
                break
            }
            let isDead = entry.generation != token.generation || entry.expires <= seconds
            let worth = isDead ? -1 : Int64(entry.lastUse)
            if worth < best { (place, best) = (index, worth) }
        }
        entries[place] = token
        entries[place].lastUse = UInt32(truncatingIfNeeded: seconds)
        return place
    }

    private func firstIndex(_ digest: (UInt64, UInt64, UInt64, UInt64)) -> Int32 {
        Int32(truncatingIfNeeded: digest.3 % UInt64(setCount)) * Int32(TokenCache.wayCount)
    }

    private static func areEqual(
        _ left: (UInt64, UInt64, UInt64, UInt64),
        _ right: (UInt64, UInt64, UInt64, UInt64)
    ) -> Bool {
        (left.0 ^ right.0) | (left.1 ^ right.1) | (left.2 ^ right.2) | (left.3 ^ right.3) == 0
    }
}
