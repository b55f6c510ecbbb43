/// A key with what is said about it.
package struct SigningKey: Sendable {
    /// `kid`; empty if it has none.
    package var id: [UInt8]
    /// The one algorithm that it goes with; `nil` for an RSA key of a set that does not say, for which whoever uses the
    /// set has.
    package var algorithm: SignatureAlgorithm?
    package var key: VerificationKey

    package init(id: [UInt8], algorithm: SignatureAlgorithm?, key: VerificationKey) {
        self.id = id
        self.algorithm = algorithm
        self.key = key
    }

    /// Whether tokens of an algorithm may be checked by this key.
    ///
    /// - Parameter allowed: algorithms by their bits; of several for an RSA key that does not say, it is the first one.
    func takes(_ algorithm: SignatureAlgorithm, allowed: UInt32) -> Bool {
        guard key.family == algorithm.family, allowed >> UInt32(algorithm.rawValue) & 1 != 0 else { return false }
        if let own = self.algorithm { return own == algorithm }
        let first = SignatureAlgorithm.allCases.first { candidate in
            candidate.family == key.family && allowed >> UInt32(candidate.rawValue) & 1 != 0
        }
        return first == algorithm
    }
}

/// Keys that believe in the same tokens. A set never changes: another one takes its place.
package final class KeySet: Sendable {
    /// Keys of a set; more are left out.
    package static let keyCountMax = 64
    /// Keys that are tried for a token that does not say which one is meant.
    package static let tryCountMax = 4

    package let keys: [SigningKey]

    package init(_ keys: [SigningKey]) { self.keys = Array(keys.prefix(KeySet.keyCountMax)) }

    /// What the keys say of a signature.
    package enum Verdict: Sendable {
        case holds
        case doesNotHold
        /// There is no key of this name for this algorithm.
        case unknownKey
    }

    /// Checks a signature by the key that a token names, or by those that have no name.
    ///
    /// - Parameters:
    ///   - id: `kid`; empty if the token has none.
    ///   - allowed: algorithms by their bits.
    package func judge(
        _ signature: UnsafeRawBufferPointer,
        of message: UnsafeRawBufferPointer,
        by algorithm: SignatureAlgorithm,
        id: UnsafeRawBufferPointer,
        allowed: UInt32
    ) -> Verdict {
        var verdict = Verdict.unknownKey
        var tries = 0
        for key in keys where key.takes(algorithm, allowed: allowed) {
            // A token without a name may be any key's; a key without a name checks any token.
            let isMeant = unsafe id.isEmpty || key.id.isEmpty || id.elementsEqual(key.id)
            guard isMeant, tries < KeySet.tryCountMax else { continue }
            tries += 1
            if unsafe key.key.holds(signature, of: message, by: algorithm) { return .holds }
            verdict = .doesNotHold
        }
        return verdict
    }
}
