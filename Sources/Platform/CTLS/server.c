// The listener's side: certificates by name, certificates of clients, stapled responses, protocols.
#include "internal.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    /// Of a DNS name.
    name_bytes_max = 253,
};

struct certificate {
    SSL_CTX *context;
    int64_t expiry;
    /// OCSP's, and until when it holds; 0 is without end.
    unsigned char *response;
    size_t response_count;
    int64_t response_end;
};

struct name {
    char text[name_bytes_max + 1];
    uint32_t certificate;
};

struct apic_tls_server {
    atomic_uint reference_count;
    int oldest_version;
    const uint8_t *protocols;
    size_t protocols_count;
    struct certificate *certificates;
    size_t certificate_count;
    /// Ascending; the first certificate with a name comes first.
    struct name *names;
    size_t name_count;
    size_t name_capacity;
    /// PEM; every context has its own store.
    unsigned char *authorities;
    size_t authorities_count;
    int asks_clients;
    int requires_clients;
    /// What tickets are bound to: those given under other rules for clients are not taken.
    unsigned char rules_digest[SSL_MAX_SID_CTX_LENGTH];
};

// MARK: Making

struct apic_tls_server *apic_tls_server_make(int oldest_version, const uint8_t *protocols, size_t protocols_count) {
    struct apic_tls_server *server = calloc(1, sizeof *server);
    if (!server) return NULL;
    atomic_init(&server->reference_count, 1);
    server->oldest_version = oldest_version;
    server->protocols = protocols;
    server->protocols_count = protocols_count;
    memcpy(server->rules_digest, "apic", 4);
    return server;
}

int apic_tls_server_ask_clients(
    struct apic_tls_server *server, struct apic_tls_bytes authorities, int is_required, struct apic_tls_problem *problem
) {
    SSL_CTX *probe = SSL_CTX_new(TLS_server_method());
    if (!probe) return apic_tls_refuse(problem, apic_tls_no_memory);
    const int kind = apic_tls_trust(probe, authorities, 1, problem);
    SSL_CTX_free(probe);
    if (kind != apic_tls_fine) return kind;
    server->authorities = malloc(authorities.count);
    if (!server->authorities) return apic_tls_refuse(problem, apic_tls_no_memory);
    memcpy(server->authorities, authorities.bytes, authorities.count);
    server->authorities_count = authorities.count;
    server->asks_clients = 1;
    server->requires_clients = is_required;
    unsigned int count = 0;
    EVP_Digest(authorities.bytes, authorities.count, server->rules_digest, &count, EVP_sha256(), NULL);
    server->rules_digest[0] ^= (unsigned char)(1 + is_required);
    return apic_tls_fine;
}

static int add_name(struct apic_tls_server *server, const unsigned char *text, int count) {
    if (count <= 0 || count > name_bytes_max) return 1;
    if (server->name_count == server->name_capacity) {
        const size_t capacity = server->name_capacity ? 2 * server->name_capacity : 16;
        struct name *grown = realloc(server->names, capacity * sizeof *grown);
        if (!grown) return 0;
        server->names = grown;
        server->name_capacity = capacity;
    }
    struct name *name = &server->names[server->name_count];
    for (int index = 0; index < count; index++) {
        const unsigned char byte = text[index];
        if (byte <= 0x20 || byte >= 0x7F) return 1;
        name->text[index] = (char)(byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte);
    }
    name->text[count] = 0;
    name->certificate = (uint32_t)server->certificate_count;
    server->name_count++;
    return 1;
}

static int add_names(struct apic_tls_server *server, X509 *certificate) {
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    int is_fine = 1;
    for (int index = 0; is_fine && index < sk_GENERAL_NAME_num(names); index++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, index);
        if (name->type != GEN_DNS) continue;
        is_fine = add_name(server, ASN1_STRING_get0_data(name->d.dNSName), ASN1_STRING_length(name->d.dNSName));
    }
    GENERAL_NAMES_free(names);
    return is_fine;
}

/// What an OCSP response says of one certificate; `NULL` if it speaks of others only.
static OCSP_SINGLERESP *find_single(OCSP_BASICRESP *basic, const X509 *certificate) {
    for (int index = 0; index < OCSP_resp_count(basic); index++) {
        OCSP_SINGLERESP *single = OCSP_resp_get0(basic, index);
        ASN1_INTEGER *serial = NULL;
        // That of a single response is const since OpenSSL 1.1; the function that reads it is not.
        OCSP_CERTID *id = (OCSP_CERTID *)(uintptr_t)OCSP_SINGLERESP_get0_id(single);
        if (OCSP_id_get0_info(NULL, NULL, NULL, &serial, id) != 1) continue;
        if (ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(certificate)) == 0) return single;
    }
    return NULL;
}

/// Checks an OCSP response as far as a server can: that it is a good one about its certificate, and until when.
static int take_response(struct certificate *certificate, const X509 *whose, struct apic_tls_bytes bytes) {
    const unsigned char *cursor = bytes.bytes;
    OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &cursor, (long)bytes.count);
    OCSP_BASICRESP *basic = response && OCSP_response_status(response) == OCSP_RESPONSE_STATUS_SUCCESSFUL
        ? OCSP_response_get1_basic(response)
        : NULL;
    OCSP_SINGLERESP *single = basic ? find_single(basic, whose) : NULL;
    int is_fine = 0;
    if (single) {
        ASN1_GENERALIZEDTIME *next = NULL;
        OCSP_single_get0_status(single, NULL, NULL, NULL, &next);
        certificate->response_end = apic_tls_seconds(next);
        certificate->response = malloc(bytes.count);
        certificate->response_count = bytes.count;
        if (certificate->response) memcpy(certificate->response, bytes.bytes, bytes.count);
        is_fine = certificate->response != NULL;
    }
    OCSP_BASICRESP_free(basic);
    OCSP_RESPONSE_free(response);
    return is_fine;
}

// MARK: Callbacks of handshakes

static const struct name *find(const struct apic_tls_server *server, const char *text) {
    size_t low = 0;
    size_t high = server->name_count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (strcmp(server->names[middle].text, text) < 0) low = middle + 1;
        else high = middle;
    }
    return low < server->name_count && strcmp(server->names[low].text, text) == 0 ? &server->names[low] : NULL;
}

/// Exact names before wildcards, which stand for one label.
static int choose_certificate(SSL *ssl, int *alert, void *argument) {
    (void)alert;
    const struct apic_tls_server *server = argument;
    const char *asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (!asked || strlen(asked) > name_bytes_max) return SSL_TLSEXT_ERR_NOACK;
    char text[name_bytes_max + 2];
    size_t count = 0;
    for (; asked[count]; count++) {
        const char byte = asked[count];
        text[count] = byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte;
    }
    text[count] = 0;
    const struct name *name = find(server, text);
    char *dot = name ? NULL : strchr(text, '.');
    if (dot && dot > text) {
        dot[-1] = '*';
        name = find(server, dot - 1);
    }
    if (!name) return SSL_TLSEXT_ERR_NOACK;
    if (name->certificate != 0) SSL_set_SSL_CTX(ssl, server->certificates[name->certificate].context);
    return SSL_TLSEXT_ERR_OK;
}

/// A client that speaks none of ours is told so (RFC 7301 section 3.2).
static int choose_protocol(
    SSL *ssl, const unsigned char **chosen, unsigned char *count, const unsigned char *offered, unsigned int offered_count,
    void *argument
) {
    (void)ssl;
    const struct apic_tls_server *server = argument;
    const int outcome = SSL_select_next_proto(
        (unsigned char **)(uintptr_t)chosen, count, server->protocols, (unsigned int)server->protocols_count, offered,
        offered_count
    );
    return outcome == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static int staple(SSL *ssl, void *argument) {
    const struct apic_tls_server *server = argument;
    const SSL_CTX *context = SSL_get_SSL_CTX(ssl);
    for (size_t index = 0; index < server->certificate_count; index++) {
        const struct certificate *certificate = &server->certificates[index];
        if (certificate->context != context) continue;
        const int is_old = certificate->response_end != 0 && certificate->response_end <= (int64_t)time(NULL);
        if (!certificate->response || is_old) return SSL_TLSEXT_ERR_NOACK;
        unsigned char *copy = OPENSSL_memdup(certificate->response, certificate->response_count);
        if (!copy) return SSL_TLSEXT_ERR_NOACK;
        SSL_set_tlsext_status_ocsp_resp(ssl, copy, (long)certificate->response_count);
        return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_NOACK;
}

// MARK: Adding

static int fill(
    struct apic_tls_server *server, SSL_CTX *context, struct apic_tls_bytes chain, struct apic_tls_bytes key,
    struct apic_tls_problem *problem
) {
    apic_tls_prepare(context, server->oldest_version);
    apic_tls_use_tickets(context);
    SSL_CTX_set_session_id_context(context, server->rules_digest, sizeof server->rules_digest);
    SSL_CTX_set_tlsext_servername_callback(context, choose_certificate);
    SSL_CTX_set_tlsext_servername_arg(context, server);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, server);
    SSL_CTX_set_tlsext_status_cb(context, staple);
    SSL_CTX_set_tlsext_status_arg(context, server);
    if (server->asks_clients) {
        const struct apic_tls_bytes authorities = {server->authorities, server->authorities_count};
        const int kind = apic_tls_trust(context, authorities, 1, problem);
        if (kind != apic_tls_fine) return kind;
        SSL_CTX_set_verify(
            context, SSL_VERIFY_PEER | (server->requires_clients ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), NULL
        );
    }
    return apic_tls_use_pair(context, chain, key, problem);
}

int apic_tls_server_add(
    struct apic_tls_server *server, struct apic_tls_bytes chain, struct apic_tls_bytes key,
    struct apic_tls_bytes response, struct apic_tls_problem *problem
) {
    struct certificate *grown =
        realloc(server->certificates, (server->certificate_count + 1) * sizeof *server->certificates);
    if (!grown) return apic_tls_refuse(problem, apic_tls_no_memory);
    server->certificates = grown;
    struct certificate added = {0};
    added.context = SSL_CTX_new(TLS_server_method());
    if (!added.context) return apic_tls_refuse(problem, apic_tls_no_memory);
    int kind = fill(server, added.context, chain, key, problem);
    X509 *certificate = SSL_CTX_get0_certificate(added.context);
    if (kind == apic_tls_fine && !add_names(server, certificate)) kind = apic_tls_refuse(problem, apic_tls_no_memory);
    if (kind == apic_tls_fine && response.count > 0 && !take_response(&added, certificate, response)) {
        kind = apic_tls_refuse(problem, apic_tls_bad_response);
    }
    if (kind != apic_tls_fine) {
        SSL_CTX_free(added.context);
        return kind;
    }
    added.expiry = apic_tls_seconds(X509_get0_notAfter(certificate));
    server->certificates[server->certificate_count++] = added;
    ERR_clear_error();
    return apic_tls_fine;
}

static int compare(const void *left, const void *right) {
    const struct name *a = left;
    const struct name *b = right;
    const int order = strcmp(a->text, b->text);
    return order != 0 ? order : (a->certificate > b->certificate) - (a->certificate < b->certificate);
}

int apic_tls_server_finish(struct apic_tls_server *server) {
    if (server->certificate_count == 0) return apic_tls_no_certificate;
    if (server->name_count > 0) qsort(server->names, server->name_count, sizeof *server->names, compare);
    return apic_tls_fine;
}

int64_t apic_tls_server_expiry(const struct apic_tls_server *server, size_t number) {
    return number < server->certificate_count ? server->certificates[number].expiry : 0;
}

void apic_tls_server_retain(struct apic_tls_server *server) {
    atomic_fetch_add_explicit(&server->reference_count, 1, memory_order_relaxed);
}

void apic_tls_server_release(struct apic_tls_server *server) {
    if (atomic_fetch_sub_explicit(&server->reference_count, 1, memory_order_acq_rel) != 1) return;
    for (size_t index = 0; index < server->certificate_count; index++) {
        SSL_CTX_free(server->certificates[index].context);
        free(server->certificates[index].response);
    }
    free(server->certificates);
    free(server->names);
    free(server->authorities);
    free(server);
}

// MARK: Opening

SSL *apic_tls_server_open(struct apic_tls_server *server) {
    SSL *ssl = SSL_new(server->certificates[0].context);
    if (ssl) SSL_set_accept_state(ssl);
    return ssl;
}
