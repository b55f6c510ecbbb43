internal import CCrypto

/// A public key of Ed25519 (RFC 8032).
///
/// Unsafe operations hold because what is lent to libcrypto lives until the call returns, and has as many bytes as is
/// said.
package struct Ed25519Key: Hashable, Sendable {
    /// 32 of them.
    package let bytes: [UInt8]

    /// Reads PEM (`BEGIN PUBLIC KEY`); `nil` if there is no such key in it.
    package init?(pem: [UInt8]) {
        defer { ERR_clear_error() }
        let parsed: OpaquePointer? = unsafe pem.withUnsafeBytes { buffer in
            let bio = unsafe BIO_new_mem_buf(buffer.baseAddress, Int32(clamping: buffer.count))
            guard let bio = unsafe bio else { return nil }
            defer { unsafe BIO_free(bio) }
            return unsafe PEM_read_bio_PUBKEY(bio, nil, nil, nil)
        }
        guard let parsed = unsafe parsed else { return nil }
        defer { unsafe EVP_PKEY_free(parsed) }
        guard unsafe EVP_PKEY_get_id(parsed) == EVP_PKEY_ED25519 else { return nil }
        var raw = [UInt8](repeating: 0, count: 32)
        var count = raw.count
        guard unsafe EVP_PKEY_get_raw_public_key(parsed, &raw, &count) == 1, count == raw.count else { return nil }
        bytes = raw
    }

    /// Whether a signature is this key's, of this message.
    package func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        defer { ERR_clear_error() }
        let key = unsafe EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes, bytes.count)
        guard let key = unsafe key, let context = unsafe EVP_MD_CTX_new() else { return false }
        defer {
            unsafe EVP_MD_CTX_free(context)
            unsafe EVP_PKEY_free(key)
        }
        guard unsafe EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1 else { return false }
        return unsafe EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}
