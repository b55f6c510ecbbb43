internal import GatewayTable

/// Finds a credential by the digest of its key. Open addressing over memory that the generation owns: looking up
/// allocates, retains and locks nothing.
///
/// Unsafe operations hold because every slot is below the capacity, every entry below the count, and because a
/// generation's index is not used behind the generation.
@safe
package struct CredentialIndex: @unchecked Sendable {
    /// The bytes of a digest in order, eight at a time, as little-endian integers.
    package typealias Digest = (UInt64, UInt64, UInt64, UInt64)

    /// Indices of records; `none` marks a free slot.
    private let slots: UnsafeMutablePointer<UInt32>
    /// By record.
    private let digests: UnsafeMutablePointer<Digest>
    /// A power of two, minus one.
    private let mask: Int

    /// An index with room for `count` records and nothing in it.
    init(capacityFor count: Int) {
        var slotCount = 4
        while slotCount < 2 * count { slotCount *= 2 }
        mask = slotCount - 1
        unsafe slots = .allocate(capacity: slotCount)
        unsafe slots.initialize(repeating: TableLayout.none, count: slotCount)
        unsafe digests = .allocate(capacity: max(count, 1))
        unsafe digests.initialize(repeating: (0, 0, 0, 0), count: max(count, 1))
    }

    /// - Precondition: nobody uses the index any more.
    func deallocate() {
        unsafe slots.deallocate()
        unsafe digests.deallocate()
    }

    /// Adds a record.
    ///
    /// - Precondition: `record` is below the count that the index was made for, and not in it yet.
    /// - Returns: the record that already has this digest, if there is one; the new one is then not added.
    func insert(_ record: UInt32, digest: Digest) -> UInt32? {
        var slot = Int(truncatingIfNeeded: digest.0) & mask
        while true {
            let there = unsafe slots[slot]
            if there == TableLayout.none { break }
            if unsafe CredentialIndex.equal(digests[Int(there)], digest) { return there }
            slot = (slot + 1) & mask
        }
        unsafe slots[slot] = record
        unsafe digests[Int(record)] = digest
        return nil
    }

    /// The credential record with this digest, or `TableLayout.none`.
    ///
    /// Only digests are compared, and each comparison looks at all 32 bytes, so its time tells nothing about a key.
    package func find(digest: Digest) -> UInt32 {
        var slot = Int(truncatingIfNeeded: digest.0) & mask
        while true {
            let record = unsafe slots[slot]
            // At least half of the slots are free: the search ends.
            if record == TableLayout.none { return record }
            if unsafe CredentialIndex.equal(digests[Int(record)], digest) { return record }
            slot = (slot + 1) & mask
        }
    }

    /// Whether two indices know the same keys for the same records.
    func isEqual(to other: CredentialIndex, count: Int) -> Bool {
        // Both were made for `count` records.
        (0..<count).allSatisfy { unsafe CredentialIndex.equal(digests[$0], other.digests[$0]) }
    }

    private static func equal(_ left: Digest, _ right: Digest) -> Bool {
        (left.0 ^ right.0) | (left.1 ^ right.1) | (left.2 ^ right.2) | (left.3 ^ right.3) == 0
    }
}
