internal import Digests

/// What the gateway would make of a signed request, found by its own readers.
package enum SignatureRehearsal {
    /// - Parameters:
    ///   - head: of the request.
    ///   - label: of the signature that counts; empty if there may be only one.
    ///   - isKong: by Kong's scheme.
    /// - Returns: how many components are signed; `nil` if the request is not signed, or not well.
    package static func componentCount(of head: [UInt8], label: [UInt8], isKong: Bool, key: [UInt8]) -> Int? {
        // The readers look at the arrays' bytes only, and keep nothing of them.
        unsafe head.withUnsafeBufferPointer { bytes in
            unsafe label.withUnsafeBufferPointer { label in
                guard let base = bytes.baseAddress else { return nil }
                let name = unsafe label.baseAddress.map { unsafe Bytes($0, count: label.count) } ?? .empty
                return unsafe read(Bytes(base, count: bytes.count), label: name, isKong: isKong, HMACKey(key))
            }
        }
    }

    private static func read(_ bytes: Bytes, label: Bytes, isKong: Bool, _ key: HMACKey) -> Int? {
        var head = RequestHead()
        let bounds = RequestHeadBounds(headBytesMax: Limits.headBytesMax, fieldCountMax: Limits.fieldCountMax)
        guard bytes.count < Limits.blockBytes, head.parse(bytes, bounds) == .complete else { return nil }
        let fields = FieldsView(head.table, head.message)
        var fault = SignatureFault.none
        let signature: RequestSignature?
        if isKong {
            guard let index = fields.firstIndex(ofName: Bytes("authorization")) else { return nil }
            signature = RequestSignature.ofKong(fields.value(index), fields, fault: &fault)
        } else {
            signature = RequestSignature.ofMessage(fields, label: label, fault: &fault)
        }
        guard let signature else { return nil }
        let request = SignedRequest(
            fields: fields,
            method: head.method,
            authority: head.authority,
            path: head.path,
            query: head.query,
            isSecure: false,
            isOriginForm: true,
            version: "HTTP/1.1"
        )
        var base = SignatureBase(key.begin())
        guard signature.append(request, to: &base) else { return nil }
        let pool = BlockPool()
        let scratch = pool.take()
        defer {
            pool.give(scratch)
            pool.deallocate()
        }
        _ = base.matches(signature.code, scratch)
        return signature.componentCount
    }
}
