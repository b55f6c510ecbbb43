internal import CCurl
internal import Digests
internal import Tokens

/// One attempt to fetch keys. It waits for a server, and so belongs on a thread that may.
enum KeyFetch {
    static func fetch(_ name: KeyRing.Name, _ stop: StopFlag) -> KeyFetchOutcome {
        do throws(Failure) {
            let url = name.isIssuer ? try keysURL(ofIssuer: name, stop) : name.url
            let answer = try get(url, name, stop)
            let keys = unsafe answer.body.withUnsafeBytes { unsafe WebKeys.set($0) }
            guard let keys else { throw Failure("the answer is no set of JSON Web Keys") }
            guard !keys.isEmpty else { throw Failure("no key of the set can check tokens") }
            let digest = SHA256.digest(answer.body).hex
            return .keys(KeySet(keys), digest: digest, maxAgeSeconds: answer.maxAgeSeconds)
        } catch {
            return .failure(error.reason)
        }
    }

    private struct Failure: Error {
        var reason: String

        init(_ reason: String) { self.reason = reason }
    }

    /// OpenID Connect Discovery section 4: the metadata must be of the issuer that it was asked for.
    private static func keysURL(ofIssuer name: KeyRing.Name, _ stop: StopFlag) throws(Failure) -> String {
        let base = name.url.hasSuffix("/") ? String(name.url.dropLast()) : name.url
        let answer = try get(base + "/.well-known/openid-configuration", name, stop)
        var tree = JSONTree(byteCountMax: max(answer.body.count, 1), nodeCountMax: 4_096)
        guard tree.read(answer.body), tree[0].kind == .object else {
            throw Failure("the issuer's metadata is no JSON object")
        }
        guard let issuer = unsafe tree.string(0, "issuer"), unsafe issuer.elementsEqual(name.url.utf8) else {
            throw Failure("the issuer's metadata is of another issuer")
        }
        guard let place = unsafe tree.string(0, "jwks_uri") else {
            throw Failure("the issuer's metadata has no `jwks_uri`")
        }
        let url = unsafe String(decoding: place, as: UTF8.self)
        let scheme = url.lowercased()
        let isSecure = scheme.hasPrefix("https://")
        guard isSecure || scheme.hasPrefix("http://"), url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw Failure("`jwks_uri` of the issuer's metadata is no URL")
        }
        guard isSecure || !name.url.lowercased().hasPrefix("https://") else {
            throw Failure("`jwks_uri` of the issuer's metadata leads away from https")
        }
        return url
    }

    private static func get(
        _ url: String,
        _ name: KeyRing.Name,
        _ stop: StopFlag
    ) throws(Failure) -> (body: [UInt8], maxAgeSeconds: Int64) {
        var got = apic_got()
        let body = unsafe [UInt8](unsafeUninitializedCapacity: WebKeys.byteCountMax) { buffer, count in
            // Every byte that is counted was written; texts live until the call returns.
            let authorities = name.authorities.isEmpty ? nil : name.authorities
            unsafe withOptionalCString(authorities) { authorities in
                unsafe apic_get(
                    url,
                    authorities,
                    buffer.baseAddress,
                    buffer.count,
                    KeyFetchLimits.timeoutMilliseconds,
                    stop.word,
                    &got
                )
            }
            count = got.count
        }
        switch Int(got.result) {
        case apic_get_done: break
        case apic_get_no_library: throw Failure("libcurl.so.4 of version 7.85 or later is not installed")
        case apic_get_too_long: throw Failure("the answer has more than \(WebKeys.byteCountMax) bytes")
        default: throw Failure(detail(got))
        }
        guard got.status == 200 else { throw Failure("the server answered \(got.status)") }
        return (body, got.max_age)
    }

    private static func detail(_ got: apic_got) -> String {
        var got = got
        // The text is zero-terminated within its array.
        let text = unsafe withUnsafeBytes(of: &got.detail) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        return text.isEmpty ? "the transfer failed" : text
    }

    private static func withOptionalCString(_ text: String?, _ body: (UnsafePointer<CChar>?) -> Void) {
        guard let text else { return body(nil) }
        unsafe text.withCString { unsafe body($0) }
    }
}
