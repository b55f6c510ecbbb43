internal import CTLS

// References to what OpenSSL keeps, as plain values. Unsafe operations hold because whoever stores one has counted it
// (`Security` and the connections themselves), and because a connection belongs to one worker.

/// The certificates and rules of secure listeners.
@safe
struct TLSServer: BitwiseCopyable, @unchecked Sendable {
    /// What is spoken over TLS, the preferred one first: ALPN's names (RFC 7301 section 6), each behind its length.
    static func protocols(withHTTP2: Bool) -> StaticString {
        withHTTP2 ? "\u{2}h2\u{8}http/1.1" : "\u{8}http/1.1"
    }

    let pointer: OpaquePointer
}

/// How TLS is spoken with an upstream.
@safe
struct TLSClient: BitwiseCopyable, @unchecked Sendable {
    let pointer: OpaquePointer
}

/// A session of a server's, kept for the next connection to it.
@safe
struct TLSSession: BitwiseCopyable, @unchecked Sendable {
    let pointer: UnsafeMutableRawPointer

    func free() { unsafe apic_tls_free_session(pointer) }
}

/// Who a client is, by its certificate. Valid as long as the connection.
@safe
struct ClientIdentity {
    private let pointer: UnsafePointer<apic_tls_identity>

    fileprivate init(_ pointer: UnsafePointer<apic_tls_identity>) { unsafe self.pointer = pointer }

    /// SHA-256 of the certificate.
    var fingerprint: Bytes { bytes(\.fingerprint, count: 32) }
    /// As RFC 4514 writes it; empty if it is too long to keep.
    var subject: Bytes { bytes(\.subject, count: Int(unsafe pointer.pointee.subject_count)) }
    /// `DNS:a.example,URI:spiffe://example/a`.
    var names: Bytes { bytes(\.names, count: Int(unsafe pointer.pointee.names_count)) }

    private func bytes<Field>(_ field: KeyPath<apic_tls_identity, Field>, count: Int) -> Bytes {
        guard let offset = MemoryLayout<apic_tls_identity>.offset(of: field) else { return .empty }
        // The fields have room for what their counts say.
        return unsafe Bytes(
            (UnsafeRawPointer(pointer) + offset).assumingMemoryBound(to: UInt8.self),
            count: count
        )
    }
}

/// What a step of a handshake came to.
enum HandshakeOutcome {
    case done
    case waitsForInput
    case waitsForRoom
    case failed
    /// The client speaks HTTP without TLS.
    case plain
}

/// Why a handshake failed.
enum HandshakeFailure {
    case closed
    case handshake
    case expired
    case misnamed
    case untrusted
}

/// The TLS of one connection. `none` in sockets that have none.
@safe
struct TLSStream: BitwiseCopyable, @unchecked Sendable {
    private let pointer: OpaquePointer?

    private init(_ pointer: OpaquePointer?) { unsafe self.pointer = pointer }

    static var none: TLSStream { unsafe TLSStream(nil) }

    /// - Returns: `nil` if there is no memory.
    static func accept(_ server: TLSServer, _ descriptor: Int32) -> TLSStream? {
        guard let pointer = unsafe apic_tls_accept(server.pointer, descriptor) else { return nil }
        return unsafe TLSStream(pointer)
    }

    /// - Returns: `nil` if there is no memory, or the name can be none.
    static func connect(
        _ client: TLSClient,
        _ descriptor: Int32,
        name: Bytes,
        speaksHTTP2: Bool,
        session: TLSSession?
    ) -> TLSStream? {
        let pointer = unsafe apic_tls_connect(
            client.pointer,
            descriptor,
            name.base,
            name.count,
            speaksHTTP2 ? 1 : 0,
            session?.pointer
        )
        return unsafe pointer.map { unsafe TLSStream($0) }
    }

    private var stream: OpaquePointer { unsafe pointer.unsafelyUnwrapped }

    @inline(__always)
    func note(isReadable: Bool, isEnding: Bool) { unsafe apic_tls_note(stream, isReadable ? 1 : 0, isEnding ? 1 : 0) }

    func shakeHands() -> HandshakeOutcome {
        switch Int(unsafe apic_tls_handshake(stream)) {
        case 0: .done
        case apic_tls_wants_read: .waitsForInput
        case apic_tls_wants_write: .waitsForRoom
        case apic_tls_plain: .plain
        default: .failed
        }
    }

    var isResumed: Bool { unsafe apic_tls_is_resumed(stream) != 0 }
    /// Both sides agreed on HTTP/2.
    var speaksHTTP2: Bool { unsafe apic_tls_speaks_http2(stream) != 0 }

    var failure: HandshakeFailure {
        switch Int(unsafe apic_tls_failure(stream)) {
        case apic_tls_failure_closed: .closed
        case apic_tls_failure_expired: .expired
        case apic_tls_failure_name: .misnamed
        case apic_tls_failure_untrusted: .untrusted
        default: .handshake
        }
    }

    /// - Returns: bytes read, or one of `apic_tls_wants_read` and its kin.
    @inline(__always)
    func receive(_ block: Block, from start: Int, hasMore: inout Bool) -> Int {
        var more: Int32 = 0
        // The block has `blockBytes - start` bytes behind `start`.
        let count = unsafe apic_tls_receive(stream, block.base + start, Limits.blockBytes - start, &more)
        hasMore = more != 0
        return count
    }

    /// - Parameter scratch: room for a record.
    /// - Returns: bytes sent, or one of `apic_tls_wants_write` and its kin.
    @inline(__always)
    func send(_ first: Bytes, _ second: Bytes, _ third: Bytes, scratch: Block) -> Int {
        // The three stretches are valid for their counts until the call returns, and a block is larger than a record.
        unsafe apic_tls_send3(
            stream,
            first.base,
            first.count,
            second.base,
            second.count,
            third.base,
            third.count,
            scratch.base
        )
    }

    /// Whether nothing waits to be read but messages of TLS itself.
    var isQuiet: Bool { unsafe apic_tls_is_quiet(stream) != 0 }

    func rest() { unsafe apic_tls_rest(stream) }

    func endSending() { unsafe apic_tls_end_sending(stream) }

    func free() { unsafe apic_tls_free(stream) }

    /// The newest session that the server gave since the last call.
    func takeSession() -> TLSSession? {
        guard let session = unsafe apic_tls_take_session(stream) else { return nil }
        return unsafe TLSSession(pointer: session)
    }

    /// `nil` if the client showed no certificate.
    var identity: ClientIdentity? {
        guard let identity = unsafe apic_tls_identity_of(stream) else { return nil }
        return unsafe ClientIdentity(identity)
    }
}
