// One connection over a nonblocking socket. OpenSSL reads and writes through a BIO of our own, which knows from the
// event loop whether there is anything to read, so that no system call is made only to hear that there is not.
#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

struct apic_tls_stream {
    SSL *ssl;
    int descriptor;
    /// The kernel may have bytes that were not read.
    uint8_t is_readable;
    /// An end or an error waits behind them.
    uint8_t is_ending;
    uint8_t has_read;
    uint8_t has_met_end;
    uint8_t is_plain;
    uint8_t is_server;
    uint8_t is_open;
    uint8_t failure;
    SSL_SESSION *session;
    struct apic_tls_identity *identity;
    struct apic_tls_server *server;
    struct apic_tls_client *client;
};

// MARK: The BIO

// As in net.c of CPlatform, calls are made without the wrappers that are cancellation points.

static int bio_read(BIO *bio, char *bytes, int room) {
    struct apic_tls_stream *stream = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (!stream->is_readable) {
        BIO_set_retry_read(bio);
        return -1;
    }
    long got;
    do got = syscall(SYS_recvfrom, stream->descriptor, bytes, (size_t)room, 0, 0, 0);
    while (got < 0 && errno == EINTR);
    if (got > 0) {
        // A short read has emptied the socket.
        if (got < room) stream->is_readable = stream->is_ending;
        // A TLS record never begins with a letter; a request's line always does.
        if (!stream->has_read && stream->is_server && bytes[0] >= 'A' && bytes[0] <= 'Z') {
            stream->is_plain = 1;
            return -1;
        }
        stream->has_read = 1;
        return (int)got;
    }
    stream->is_readable = 0;
    if (got == 0) {
        stream->has_met_end = 1;
        return 0;
    }
    if (errno == EAGAIN) BIO_set_retry_read(bio);
    return -1;
}

static int bio_write(BIO *bio, const char *bytes, int count) {
    struct apic_tls_stream *stream = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    long sent;
    do sent = syscall(SYS_sendto, stream->descriptor, bytes, (size_t)count, MSG_NOSIGNAL, 0, 0);
    while (sent < 0 && errno == EINTR);
    if (sent < 0 && errno == EAGAIN) BIO_set_retry_write(bio);
    return (int)sent;
}

static long bio_control(BIO *bio, int command, long number, void *pointer) {
    (void)number;
    (void)pointer;
    struct apic_tls_stream *stream = BIO_get_data(bio);
    switch (command) {
    case BIO_CTRL_FLUSH: return 1;
    case BIO_CTRL_EOF: return stream ? stream->has_met_end : 0;
    default: return 0;
    }
}

static BIO_METHOD *method;

static void make_method(void) {
    method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "apic");
    if (!method) return;
    BIO_meth_set_read(method, bio_read);
    BIO_meth_set_write(method, bio_write);
    BIO_meth_set_ctrl(method, bio_control);
}

// MARK: Opening and closing

static struct apic_tls_stream *open_stream(SSL *ssl, int descriptor) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_method);
    struct apic_tls_stream *stream = ssl ? calloc(1, sizeof *stream) : NULL;
    BIO *bio = stream && method ? BIO_new(method) : NULL;
    if (!bio) {
        free(stream);
        SSL_free(ssl);
        ERR_clear_error();
        return NULL;
    }
    stream->ssl = ssl;
    stream->descriptor = descriptor;
    BIO_set_data(bio, stream);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio);
    SSL_set_app_data(ssl, stream);
    return stream;
}

struct apic_tls_stream *apic_tls_accept(struct apic_tls_server *server, int descriptor) {
    struct apic_tls_stream *stream = open_stream(apic_tls_server_open(server), descriptor);
    if (!stream) return NULL;
    stream->is_server = 1;
    stream->server = server;
    apic_tls_server_retain(server);
    return stream;
}

struct apic_tls_stream *apic_tls_connect(
    struct apic_tls_client *client, int descriptor, const uint8_t *name, size_t name_count, int speaks_http2,
    void *session
) {
    SSL *ssl = apic_tls_client_open(client, name, name_count, speaks_http2, session);
    struct apic_tls_stream *stream = open_stream(ssl, descriptor);
    if (!stream) return NULL;
    stream->client = client;
    apic_tls_client_retain(client);
    return stream;
}

void apic_tls_free(struct apic_tls_stream *stream) {
    SSL_free(stream->ssl);
    SSL_SESSION_free(stream->session);
    free(stream->identity);
    if (stream->server) apic_tls_server_release(stream->server);
    if (stream->client) apic_tls_client_release(stream->client);
    free(stream);
}

void apic_tls_end_sending(struct apic_tls_stream *stream) {
    // Once is enough: it says that no more comes, and does not wait to hear the same.
    if (stream->is_open && SSL_shutdown(stream->ssl) < 0) ERR_clear_error();
}

void apic_tls_rest(struct apic_tls_stream *stream) { SSL_free_buffers(stream->ssl); }

void apic_tls_note(struct apic_tls_stream *stream, int is_readable, int is_ending) {
    if (is_readable) stream->is_readable = 1;
    if (is_ending) stream->is_ending = 1;
}

/// What a failed call of OpenSSL's means. Its queue of errors is empty afterwards, as it is before every call.
static int outcome(struct apic_tls_stream *stream, int result) {
    switch (SSL_get_error(stream->ssl, result)) {
    case SSL_ERROR_WANT_READ: return apic_tls_wants_read;
    case SSL_ERROR_WANT_WRITE: return apic_tls_wants_write;
    case SSL_ERROR_ZERO_RETURN: return apic_tls_ended;
    default:
        stream->is_open = 0;
        ERR_clear_error();
        return apic_tls_failed;
    }
}

// MARK: The handshake

static uint8_t reason(const struct apic_tls_stream *stream) {
    switch (SSL_get_verify_result(stream->ssl)) {
    case X509_V_OK: return stream->has_read ? apic_tls_failure_handshake : apic_tls_failure_closed;
    case X509_V_ERR_CERT_NOT_YET_VALID:
    case X509_V_ERR_CERT_HAS_EXPIRED: return apic_tls_failure_expired;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return apic_tls_failure_name;
    default: return apic_tls_failure_untrusted;
    }
}

int apic_tls_handshake(struct apic_tls_stream *stream) {
    const int result = SSL_do_handshake(stream->ssl);
    if (result == 1) {
        stream->is_open = 1;
        if (!stream->is_server || apic_tls_identify(stream->ssl, &stream->identity)) return 0;
        stream->failure = apic_tls_failure_expired;
        stream->is_open = 0;
        return apic_tls_failed;
    }
    const int code = outcome(stream, result);
    if (code != apic_tls_failed && code != apic_tls_ended) return code;
    if (stream->is_plain) return apic_tls_plain;
    stream->failure = reason(stream);
    return apic_tls_failed;
}

int apic_tls_is_resumed(const struct apic_tls_stream *stream) { return SSL_session_reused(stream->ssl); }

int apic_tls_speaks_http2(const struct apic_tls_stream *stream) {
    const unsigned char *protocol = NULL;
    unsigned int count = 0;
    SSL_get0_alpn_selected(stream->ssl, &protocol, &count);
    return count == 2 && memcmp(protocol, "h2", 2) == 0;
}

int apic_tls_failure(const struct apic_tls_stream *stream) { return stream->failure; }

const struct apic_tls_identity *apic_tls_identity_of(const struct apic_tls_stream *stream) { return stream->identity; }

// MARK: Sessions

int apic_tls_note_session(SSL *ssl, SSL_SESSION *session) {
    struct apic_tls_stream *stream = SSL_get_app_data(ssl);
    if (!stream || !SSL_SESSION_is_resumable(session)) return 0;
    SSL_SESSION_free(stream->session);
    stream->session = session;
    // The reference is ours now.
    return 1;
}

void *apic_tls_take_session(struct apic_tls_stream *stream) {
    SSL_SESSION *session = stream->session;
    stream->session = NULL;
    return session;
}

void apic_tls_free_session(void *session) { SSL_SESSION_free(session); }

// MARK: Data

long apic_tls_receive(struct apic_tls_stream *stream, void *bytes, size_t room, int *has_more) {
    size_t count = 0;
    while (count < room) {
        const size_t left = room - count;
        const int got = SSL_read(stream->ssl, (char *)bytes + count, left > INT32_MAX ? INT32_MAX : (int)left);
        if (got <= 0) {
            const int code = outcome(stream, got);
            // What ends behind data is found again by the next call.
            *has_more = count > 0 && code != apic_tls_wants_read;
            return count > 0 ? (long)count : code;
        }
        count += (size_t)got;
        if (!stream->is_readable && !SSL_has_pending(stream->ssl)) {
            *has_more = 0;
            return (long)count;
        }
    }
    *has_more = 1;
    return (long)count;
}

int apic_tls_is_quiet(struct apic_tls_stream *stream) {
    char byte;
    stream->is_readable = 1;
    const int got = SSL_peek(stream->ssl, &byte, 1);
    // The beginning of a record is no silence either.
    return got <= 0 && outcome(stream, got) == apic_tls_wants_read && !SSL_has_pending(stream->ssl);
}

struct part {
    const char *bytes;
    size_t count;
};

/// The bytes of the next record: where they lie if one part fills it or ends it, else gathered.
static struct part next_record(struct part *parts, size_t left, char *scratch) {
    while (parts->count == 0) parts++;
    if (parts->count >= apic_tls_record_bytes) return (struct part){parts->bytes, apic_tls_record_bytes};
    if (parts->count == left) return *parts;
    size_t count = 0;
    for (size_t wanted = left < apic_tls_record_bytes ? left : apic_tls_record_bytes; count < wanted; parts++) {
        const size_t room = wanted - count;
        const size_t taken = parts->count < room ? parts->count : room;
        memcpy(scratch + count, parts->bytes, taken);
        count += taken;
    }
    return (struct part){scratch, count};
}

long apic_tls_send3(
    struct apic_tls_stream *stream, const void *first, size_t first_count, const void *second, size_t second_count,
    const void *third, size_t third_count, void *scratch
) {
    struct part parts[3] = {{first, first_count}, {second, second_count}, {third, third_count}};
    size_t left = first_count + second_count + third_count;
    long sent = 0;
    while (left > 0) {
        const struct part record = next_record(parts, left, scratch);
        const int got = SSL_write(stream->ssl, record.bytes, (int)record.count);
        if (got <= 0) {
            const int code = outcome(stream, got);
            return sent > 0 && code != apic_tls_failed ? sent : code;
        }
        sent += got;
        left -= (size_t)got;
        size_t rest = (size_t)got;
        for (int index = 0; index < 3 && rest > 0; index++) {
            const size_t taken = parts[index].count < rest ? parts[index].count : rest;
            parts[index].bytes += taken;
            parts[index].count -= taken;
            rest -= taken;
        }
    }
    return sent;
}
