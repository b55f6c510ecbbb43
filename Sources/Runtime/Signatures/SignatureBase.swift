internal import Digests
internal import GatewayTable

/// What of a request can be signed.
struct SignedRequest {
    var fields: FieldsView
    var method: Bytes
    var authority: Bytes
    /// As the client sent it.
    var path: Bytes
    /// With its `?`; empty if there is none.
    var query: Bytes
    var isSecure: Bool
    /// The target is path and query, not a whole URL.
    var isOriginForm: Bool
    /// `HTTP/1.1`.
    var version: StaticString
}

/// The text that is signed, on its way into its code: it stands nowhere as a whole. It also knows which parts of the
/// request it has come by.
struct SignatureBase {
    private var code: HMACCode
    private(set) var parts: UInt32 = 0

    init(_ code: HMACCode) { self.code = code }

    mutating func add(_ text: StaticString) { add(Bytes(text)) }

    mutating func add(_ bytes: Bytes) {
        // Lent for the call only.
        unsafe code.update(UnsafeRawBufferPointer(bytes.buffer))
    }

    mutating func add(lowercased bytes: Bytes) {
        var start = 0
        while start < bytes.count {
            // Eight bytes at a time, in order.
            let count = min(8, bytes.count - start)
            var word: UInt64 = 0
            for index in 0..<count {
                word |= UInt64(ASCII.lowercased(bytes[start + index])) << UInt64(8 * index)
            }
            word = word.littleEndian
            unsafe withUnsafeBytes(of: &word) { unsafe code.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            start += count
        }
    }

    /// The value of a component of a message signature (RFC 9421 sections 2.1 and 2.2).
    ///
    /// - Returns: whether the request has it.
    mutating func add(component name: Bytes, of request: SignedRequest) -> Bool {
        guard name[0] == 0x40 else { return add(fields: name, of: request) }
        if name.equals(Bytes("@method")) {
            parts |= SignedParts.method
            add(request.method)
        } else if name.equals(Bytes("@authority")) {
            add(authorityOf: request)
        } else if name.equals(Bytes("@scheme")) {
            add(schemeOf: request)
        } else if name.equals(Bytes("@path")) {
            parts |= SignedParts.path
            add(request.path)
        } else if name.equals(Bytes("@query")) {
            parts |= SignedParts.query
            if request.query.isEmpty { add("?") } else { add(request.query) }
        } else if name.equals(Bytes("@target-uri")) {
            add(schemeOf: request)
            add("://")
            add(authorityOf: request)
            add(targetOf: request)
        } else if name.equals(Bytes("@request-target")), request.isOriginForm {
            add(targetOf: request)
        } else {
            return false
        }
        return true
    }

    /// Path and query.
    mutating func add(targetOf request: SignedRequest) {
        parts |= SignedParts.path | SignedParts.query
        add(request.path)
        add(request.query)
    }

    mutating func add(methodOf request: SignedRequest) {
        parts |= SignedParts.method
        add(request.method)
    }

    mutating func add(lowercasedMethodOf request: SignedRequest) {
        parts |= SignedParts.method
        add(lowercased: request.method)
    }

    /// Notes that a field is signed.
    mutating func note(field name: Bytes) {
        if name.equalsIgnoringCase(Bytes("host")) { parts |= SignedParts.authority }
        if name.equalsIgnoringCase(Bytes("content-digest")) { parts |= SignedParts.bodyDigest }
    }

    private mutating func add(schemeOf request: SignedRequest) {
        parts |= SignedParts.scheme
        add(request.isSecure ? "https" : "http")
    }

    /// In lower case, without the scheme's own port (RFC 9110 section 4.2.3).
    private mutating func add(authorityOf request: SignedRequest) {
        parts |= SignedParts.authority
        let own = request.isSecure ? Bytes(":443") : Bytes(":80")
        let authority = request.authority
        add(lowercased: authority.hasSuffix(own) ? authority[0..<authority.count - own.count] : authority)
    }

    /// The values of all fields of a name, which is in lower case, in order.
    private mutating func add(fields name: Bytes, of request: SignedRequest) -> Bool {
        for index in 0..<name.count
        where !ASCII.isTokenByte(name[index]) || ASCII.lowercased(name[index]) != name[index] { return false }
        guard var index = request.fields.firstIndex(ofName: name) else { return false }
        note(field: name)
        add(request.fields.value(index))
        while let next = request.fields.firstIndex(ofName: name, from: index + 1) {
            add(", ")
            add(request.fields.value(next))
            index = next
        }
        return true
    }

    /// Whether a code, as base64, is the one of what was added.
    ///
    /// - Parameter scratch: has room for it.
    consuming func matches(_ text: Bytes, _ scratch: Block) -> Bool {
        var given = ByteWriter(scratch)
        guard text.count == 44, Base64.decode(text, into: &given), given.count == 32 else { return false }
        var words = code.finish().words
        words = (words.0.littleEndian, words.1.littleEndian, words.2.littleEndian, words.3.littleEndian)
        // The bytes of the tuple are those of the code, in order.
        return unsafe withUnsafeBytes(of: &words) {
            unsafe Digests.constantTimeEqual($0, UnsafeRawBufferPointer(given.written.buffer))
        }
    }
}
