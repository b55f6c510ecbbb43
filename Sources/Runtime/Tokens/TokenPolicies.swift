internal import CPlatform
internal import Digests
internal import GatewayTable
internal import Tokens

/// The keys by which a bundle's token policies check, loaded: those of its own, and those that are fetched. One of a
/// generation.
///
/// Unsafe operations hold because `words` has a place for every policy, and rings live as long as the object.
@safe
package final class TokenPolicies: @unchecked Sendable {
    /// By policy: keys of the bundle's own; `nil` if there are none.
    private let own: [KeySet?]
    /// By policy; `nil` if it fetches none.
    private let rings: [KeyRing?]
    private let words: UnsafeMutablePointer<UnsafePointer<UInt64>?>

    init(own: [KeySet?], rings: [KeyRing?]) {
        self.own = own
        self.rings = rings
        unsafe words = .allocate(capacity: max(rings.count, 1))
        for (index, ring) in rings.enumerated() {
            unsafe (words + index).initialize(to: ring.map { unsafe $0.versionWord })
        }
    }

    deinit { unsafe words.deallocate() }

    /// Every ring once.
    package var distinctRings: [KeyRing] {
        var seen: Set<KeyRing.Name> = []
        return rings.compactMap { $0 }.filter { seen.insert($0.name).inserted }
    }

    /// For workers, as long as the object lives.
    var versions: KeyVersions { unsafe KeyVersions(words: words) }

    /// What the keys of a policy say of a signature.
    enum Verdict {
        case holds
        case doesNotHold
        case unknownKey
        /// Keys are to be fetched, and none came yet.
        case noKeysYet
    }

    /// Checks the signature of a token that was read.
    func judge(
        _ token: UnsafeRawBufferPointer,
        _ reader: borrowing TokenReader,
        policy: UInt32,
        allowed: UInt32
    ) -> Verdict {
        let message = unsafe UnsafeRawBufferPointer(rebasing: token[..<reader.signedCount])
        var verdict = KeySet.Verdict.unknownKey
        let ring = rings[Int(policy)]
        let fetched = ring?.keys
        for keys in [own[Int(policy)], fetched] {
            guard let keys else { continue }
            let one = unsafe keys.judge(
                reader.signature,
                of: message,
                by: reader.algorithm,
                id: reader.keyID,
                allowed: allowed
            )
            switch one {
            case .holds: return .holds
            case .doesNotHold: verdict = .doesNotHold
            case .unknownKey: break
            }
        }
        switch verdict {
        case .holds: return .holds
        case .doesNotHold: return .doesNotHold
        case .unknownKey:
            guard let ring else { return .unknownKey }
            ring.askForKeys()
            return fetched == nil ? .noKeysYet : .unknownKey
        }
    }
}

/// How often the fetched keys of a policy have changed; valid as long as the policies that it is of.
@safe
struct KeyVersions: BitwiseCopyable, @unchecked Sendable {
    fileprivate let words: UnsafeMutablePointer<UnsafePointer<UInt64>?>

    /// 0 where none are fetched, and before they came.
    ///
    /// - Precondition: `policy` is that of a record of the table.
    @inline(__always)
    subscript(policy: UInt32) -> UInt64 {
        guard let word = unsafe words[Int(policy)] else { return 0 }
        return unsafe apic_load_acquire_u64(word)
    }
}
