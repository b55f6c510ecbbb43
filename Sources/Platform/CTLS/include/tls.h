#pragma once
// TLS by OpenSSL, in terms of plain types: what the data plane needs of it and nothing else. No function blocks, and
// none but those that open, shake hands or close allocates in steady state.
#include <stddef.h>
#include <stdint.h>

/// Certificates of listeners, chosen by the name that a client asks for, and the rules of their handshakes. Counted
/// references; once finished it never changes, so that threads share it.
struct apic_tls_server;
/// How handshakes with the servers of an upstream are done. Counted references; never changes.
struct apic_tls_client;
/// One connection, of one thread.
struct apic_tls_stream;

/// Why something was not taken.
enum {
    apic_tls_fine = 0,
    apic_tls_no_memory,
    apic_tls_no_certificate,
    apic_tls_no_key,
    apic_tls_key_locked,
    apic_tls_key_foreign,
    apic_tls_expired,
    apic_tls_not_yet_valid,
    apic_tls_bad_response,
    /// OpenSSL says no; the detail says why.
    apic_tls_rejected,
};

struct apic_tls_problem {
    int kind;
    /// One line in UTF-8, zero-terminated; may be empty.
    char detail[200];
};

/// Bytes of a file.
struct apic_tls_bytes {
    const void *bytes;
    size_t count;
};

// MARK: Listeners

/// - Parameters:
///   - oldest_version: 12 or 13.
///   - protocols: those of ALPN that are spoken, the preferred one first, each behind its length; read when clients
///     come, so it must last.
struct apic_tls_server *apic_tls_server_make(int oldest_version, const uint8_t *protocols, size_t protocols_count);
/// Adds a certificate; the first one is for clients that ask for no name or one that nobody has.
///
/// - Parameters:
///   - chain: PEM, the certificate itself first.
///   - key: PEM.
///   - response: of OCSP, DER; may be empty.
int apic_tls_server_add(
    struct apic_tls_server *server, struct apic_tls_bytes chain, struct apic_tls_bytes key,
    struct apic_tls_bytes response, struct apic_tls_problem *problem
);
/// Asks clients for certificates of these authorities. Before the first certificate is added.
int apic_tls_server_ask_clients(
    struct apic_tls_server *server, struct apic_tls_bytes authorities, int is_required, struct apic_tls_problem *problem
);
/// Makes the index of names; nothing may be added afterwards.
int apic_tls_server_finish(struct apic_tls_server *server);
/// When the certificate of this number ends, in seconds since 1970.
int64_t apic_tls_server_expiry(const struct apic_tls_server *server, size_t number);
void apic_tls_server_retain(struct apic_tls_server *server);
void apic_tls_server_release(struct apic_tls_server *server);

// MARK: Upstreams

/// - Parameters:
///   - authorities: PEM; those of the system if empty.
///   - chain, key: PEM, what the gateway shows if it is asked; may be empty.
struct apic_tls_client *apic_tls_client_make(
    int verifies, struct apic_tls_bytes authorities, struct apic_tls_bytes chain, struct apic_tls_bytes key,
    struct apic_tls_problem *problem
);
void apic_tls_client_retain(struct apic_tls_client *client);
void apic_tls_client_release(struct apic_tls_client *client);

// MARK: Connections

/// What a call came to, where it is not a count of bytes.
enum {
    apic_tls_wants_read = -1,
    apic_tls_wants_write = -2,
    /// The peer has said that it sends no more.
    apic_tls_ended = -3,
    /// Broken, or cut off without a word: nothing that came before can be taken for complete.
    apic_tls_failed = -4,
    /// The client speaks HTTP without TLS.
    apic_tls_plain = -5,
};

/// Why a handshake failed.
enum {
    apic_tls_failure_none = 0,
    /// The peer went away, in most cases before it said anything.
    apic_tls_failure_closed,
    apic_tls_failure_handshake,
    apic_tls_failure_expired,
    apic_tls_failure_name,
    apic_tls_failure_untrusted,
};

/// `NULL` if there is no memory.
struct apic_tls_stream *apic_tls_accept(struct apic_tls_server *server, int descriptor);
/// - Parameters:
///   - name: what the server must be called, and is asked for if it is no literal of an address.
///   - speaks_http2: HTTP/2 is offered (ALPN's `h2`) in place of HTTP/1.1.
///   - session: to resume, or `NULL`; still the caller's.
struct apic_tls_stream *apic_tls_connect(
    struct apic_tls_client *client, int descriptor, const uint8_t *name, size_t name_count, int speaks_http2,
    void *session
);
/// Says what the kernel told: there may be something to read; an end or an error waits behind it.
void apic_tls_note(struct apic_tls_stream *stream, int is_readable, int is_ending);
/// Goes on with the handshake; 0 when it is done.
int apic_tls_handshake(struct apic_tls_stream *stream);
/// Reads what there is, as far as there is room.
///
/// - Parameter has_more: set to 1 if another call may give more at once.
long apic_tls_receive(struct apic_tls_stream *stream, void *bytes, size_t room, int *has_more);
/// Sends three stretches, in few records: small ones are gathered in `scratch`, which has `apic_tls_record_bytes`.
///
/// - Returns: how many bytes are on their way, if there are any. What is not must be offered again, the same bytes in
///   the same order, though not at the same place.
long apic_tls_send3(
    struct apic_tls_stream *stream, const void *first, size_t first_count, const void *second, size_t second_count,
    const void *third, size_t third_count, void *scratch
);
enum { apic_tls_record_bytes = 16384 };
/// Whether nothing waits to be read but messages of TLS itself, which are taken.
int apic_tls_is_quiet(struct apic_tls_stream *stream);
/// Gives back the buffers of a connection that rests; they come again when they are needed.
void apic_tls_rest(struct apic_tls_stream *stream);
/// Says that no more is sent.
void apic_tls_end_sending(struct apic_tls_stream *stream);
/// Frees the connection; the descriptor stays open.
void apic_tls_free(struct apic_tls_stream *stream);

int apic_tls_is_resumed(const struct apic_tls_stream *stream);
/// Whether both sides agreed on HTTP/2 (ALPN's `h2`).
int apic_tls_speaks_http2(const struct apic_tls_stream *stream);
int apic_tls_failure(const struct apic_tls_stream *stream);
/// The newest session that the server gave, for the next connection; `NULL` if there is none since the last call.
void *apic_tls_take_session(struct apic_tls_stream *stream);
void apic_tls_free_session(void *session);

/// Who a client is, by its certificate. Texts that have no room, or bytes that could not be shown, are left out.
struct apic_tls_identity {
    uint8_t fingerprint[32];
    uint16_t subject_count;
    uint16_t names_count;
    /// As RFC 4514 writes it.
    char subject[256];
    /// `DNS:a.example,URI:spiffe://example/a`.
    char names[512];
};
/// `NULL` if the client showed none.
const struct apic_tls_identity *apic_tls_identity_of(const struct apic_tls_stream *stream);

/// What the first certificate of a chain in PEM says of itself.
///
/// - Parameters:
///   - fingerprint: 32 bytes: SHA-256.
///   - expiry: seconds since 1970.
/// - Returns: 0, or -1 if there is none.
int apic_tls_read_leaf(struct apic_tls_bytes chain, uint8_t *fingerprint, int64_t *expiry);

/// Lets OpenSSL keep small blocks for use again, so that records allocate nothing. At the very start, or never.
///
/// - Returns: whether it was early enough.
int apic_tls_pool_memory(void);

/// Overwrites bytes in a way that no compiler leaves out.
void apic_tls_wipe(void *bytes, size_t count);
