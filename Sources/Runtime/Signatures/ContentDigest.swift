internal import Digests

/// `Content-Digest` (RFC 9530 section 2).
enum ContentDigest {
    /// Whether the field speaks of this body: by one algorithm at least that is known and safe, `sha-256` or `sha-512`,
    /// and by none of them wrongly. Others are passed over.
    ///
    /// - Parameter scratch: for the digest as it is sent.
    static func holds(_ field: Bytes, of body: Bytes, _ scratch: Block) -> Bool {
        var reader = StructuredReader(field)
        var knownCount = 0
        while !reader.isAtEnd {
            guard let key = reader.key(), reader.take(0x3D), let item = reader.item(), item.kind == .bytes else {
                return false
            }
            let is256 = key.equals(Bytes("sha-256"))
            if is256 || key.equals(Bytes("sha-512")) {
                knownCount += 1
                var sent = ByteWriter(scratch)
                guard Base64.decode(item.content, into: &sent), !sent.isOverfull else { return false }
                guard is256 ? isSHA256(sent.written, of: body) : isSHA512(sent.written, of: body) else { return false }
            }
            guard reader.endMember() else { return false }
        }
        return knownCount > 0
    }

    private static func isSHA256(_ sent: Bytes, of body: Bytes) -> Bool {
        // The body's bytes are only read.
        let digest = unsafe SHA256.digest(UnsafeRawBufferPointer(body.buffer))
        return unsafe sent.count == 32 && digest == Digest256(bytes: sent.buffer)
    }

    private static func isSHA512(_ sent: Bytes, of body: Bytes) -> Bool {
        let digest = unsafe SHA512.digest(UnsafeRawBufferPointer(body.buffer))
        guard sent.count == digest.count else { return false }
        var difference: UInt8 = 0
        for index in 0..<digest.count { difference |= digest[index] ^ sent[index] }
        return difference == 0
    }
}
