/// Keys as text: PEM, or JSON Web Keys (RFC 7517), alone or in a set.
package enum WebKeys {
    /// Bytes of a set.
    package static let byteCountMax = 512 * 1024
    private static let nodeCountMax = 16_384

    /// The keys of a file or of a spec: a public key or a certificate as PEM, a JSON Web Key, or a set of them.
    ///
    /// - Parameters:
    ///   - algorithm: of keys that do not say theirs, and what those that do must agree with.
    ///   - id: of a key that has none.
    /// - Throws: what is wrong with one of them.
    package static func keys(
        in text: UnsafeRawBufferPointer,
        algorithm: SignatureAlgorithm?,
        id: [UInt8]
    ) throws(KeyFault) -> [SigningKey] {
        guard let first = unsafe text.first(where: { $0 > 0x20 }), first == 0x7B else {
            return [try unsafe pemKey(text, algorithm: algorithm, id: id)]
        }
        var tree = JSONTree(byteCountMax: text.count, nodeCountMax: min(nodeCountMax, text.count + 1))
        guard unsafe tree.read(text), tree[0].kind == .object else { throw .malformed }
        guard let list = tree.member(0, "keys") else {
            return [try key(0, of: tree, algorithm: algorithm, id: id)]
        }
        guard tree[list].kind == .array else { throw .malformed }
        var keys: [SigningKey] = []
        var index = tree[list].child
        while index != 0, keys.count < KeySet.keyCountMax {
            keys.append(try key(index, of: tree, algorithm: algorithm, id: id))
            index = tree[index].next
        }
        return keys
    }

    /// What of a fetched set can check signatures. Secrets and private keys are passed over, as is what is weak or
    /// unknown: a set is for many readers.
    ///
    /// - Returns: `nil` if it is no set.
    package static func set(_ text: UnsafeRawBufferPointer) -> [SigningKey]? {
        var tree = JSONTree(byteCountMax: max(text.count, 1), nodeCountMax: nodeCountMax)
        guard unsafe tree.read(text), tree[0].kind == .object, let list = tree.member(0, "keys"),
            tree[list].kind == .array
        else { return nil }
        var keys: [SigningKey] = []
        var index = tree[list].child
        while index != 0, keys.count < KeySet.keyCountMax {
            if let key = try? self.key(index, of: tree, algorithm: nil, id: []) { keys.append(key) }
            index = tree[index].next
        }
        return keys
    }

    private static func pemKey(
        _ text: UnsafeRawBufferPointer,
        algorithm: SignatureAlgorithm?,
        id: [UInt8]
    ) throws(KeyFault) -> SigningKey {
        if unsafe contains(text, "PRIVATE KEY-----") { throw .isPrivate }
        let key = try unsafe VerificationKey(pem: text)
        return SigningKey(id: id, algorithm: try pinned(key, algorithm, nil), key: key)
    }

    private static func contains(_ text: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard text.count >= count else { return false }
        for start in 0...text.count - count {
            var matched = 0
            // Both are read within their counts.
            while matched < count, unsafe text[start + matched] == word.utf8Start[matched] { matched += 1 }
            if matched == count { return true }
        }
        return false
    }

    // MARK: JSON Web Keys

    private static func key(
        _ index: UInt32,
        of tree: borrowing JSONTree,
        algorithm: SignatureAlgorithm?,
        id: [UInt8]
    ) throws(KeyFault) -> SigningKey {
        guard tree[index].kind == .object else { throw .malformed }
        if tree.member(index, "d") != nil || tree.member(index, "k") != nil { throw .isPrivate }
        try checkUse(index, of: tree)
        let key = try publicKey(index, of: tree)
        var own: SignatureAlgorithm?
        if let name = tree.member(index, "alg") {
            guard tree[name].kind == .string, let known = unsafe SignatureAlgorithm(named: tree.bytes(name)) else {
                throw .foreign
            }
            own = known
        }
        let name = unsafe tree.string(index, "kid").map { unsafe Array($0) } ?? id
        return SigningKey(id: name, algorithm: try pinned(key, algorithm, own), key: key)
    }

    /// A key for encryption checks no signature.
    private static func checkUse(_ index: UInt32, of tree: borrowing JSONTree) throws(KeyFault) {
        if let use = tree.member(index, "use"), !tree.isString(use, "sig") { throw .foreign }
        guard let operations = tree.member(index, "key_ops") else { return }
        guard tree[operations].kind == .array else { throw .malformed }
        var operation = tree[operations].child
        while operation != 0 {
            if tree.isString(operation, "verify") { return }
            operation = tree[operation].next
        }
        throw .foreign
    }

    private static func publicKey(_ index: UInt32, of tree: borrowing JSONTree) throws(KeyFault) -> VerificationKey {
        guard let type = tree.member(index, "kty") else { throw .malformed }
        if tree.isString(type, "RSA") {
            return try VerificationKey(
                modulus: try bytes("n", of: index, tree),
                exponent: try bytes("e", of: index, tree)
            )
        }
        guard let curve = tree.member(index, "crv") else {
            throw tree.isString(type, "EC") || tree.isString(type, "OKP") ? .malformed : .foreign
        }
        if tree.isString(type, "OKP") {
            guard tree.isString(curve, "Ed25519") else { throw .foreign }
            return try VerificationKey(ed25519: try bytes("x", of: index, tree))
        }
        guard tree.isString(type, "EC") else { throw .foreign }
        let family: KeyFamily
        if tree.isString(curve, "P-256") {
            family = .p256
        } else if tree.isString(curve, "P-384") {
            family = .p384
        } else if tree.isString(curve, "P-521") {
            family = .p521
        } else {
            throw .foreign
        }
        return try VerificationKey(family, x: try bytes("x", of: index, tree), y: try bytes("y", of: index, tree))
    }

    private static func bytes(
        _ name: StaticString,
        of index: UInt32,
        _ tree: borrowing JSONTree
    ) throws(KeyFault) -> [UInt8] {
        guard let text = unsafe tree.string(index, name), let bytes = unsafe Base64URL.decode(text) else {
            throw .malformed
        }
        return bytes
    }

    /// The one algorithm of a key: what its kind leaves open, it says itself, or whoever names it.
    private static func pinned(
        _ key: VerificationKey,
        _ wanted: SignatureAlgorithm?,
        _ own: SignatureAlgorithm?
    ) throws(KeyFault) -> SignatureAlgorithm? {
        let pinned = own ?? wanted ?? key.family.algorithm
        guard let pinned else { return nil }
        guard pinned.family == key.family, wanted == nil || wanted == pinned else { throw .ofOtherAlgorithm }
        return pinned
    }
}
