// The upstream's side: whom to believe, and what to show.
#include "internal.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct apic_tls_client {
    atomic_uint reference_count;
    SSL_CTX *context;
    int verifies;
};

static const unsigned char http1[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
static const unsigned char http2[] = {2, 'h', '2'};

struct apic_tls_client *apic_tls_client_make(
    int verifies, struct apic_tls_bytes authorities, struct apic_tls_bytes chain, struct apic_tls_bytes key,
    struct apic_tls_problem *problem
) {
    struct apic_tls_client *client = calloc(1, sizeof *client);
    SSL_CTX *context = client ? SSL_CTX_new(TLS_client_method()) : NULL;
    if (!context) {
        free(client);
        apic_tls_refuse(problem, apic_tls_no_memory);
        return NULL;
    }
    atomic_init(&client->reference_count, 1);
    client->context = context;
    client->verifies = verifies;
    apic_tls_prepare(context, 12);
    SSL_CTX_set_verify(context, verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_alpn_protos(context, http1, sizeof http1);
    // Sessions are kept by the worker, one for each server.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, apic_tls_note_session);
    int kind = apic_tls_fine;
    if (authorities.count > 0) {
        kind = apic_tls_trust(context, authorities, 0, problem);
    } else if (verifies && SSL_CTX_set_default_verify_paths(context) != 1) {
        kind = apic_tls_refuse(problem, apic_tls_rejected);
    }
    if (kind == apic_tls_fine && chain.count > 0) kind = apic_tls_use_pair(context, chain, key, problem);
    ERR_clear_error();
    if (kind == apic_tls_fine) return client;
    apic_tls_client_release(client);
    return NULL;
}

void apic_tls_client_retain(struct apic_tls_client *client) {
    atomic_fetch_add_explicit(&client->reference_count, 1, memory_order_relaxed);
}

void apic_tls_client_release(struct apic_tls_client *client) {
    if (atomic_fetch_sub_explicit(&client->reference_count, 1, memory_order_acq_rel) != 1) return;
    SSL_CTX_free(client->context);
    free(client);
}

SSL *apic_tls_client_open(
    struct apic_tls_client *client, const uint8_t *name, size_t name_count, int speaks_http2, void *session
) {
    char text[256];
    if (name_count >= sizeof text) return NULL;
    memcpy(text, name, name_count);
    text[name_count] = 0;
    SSL *ssl = SSL_new(client->context);
    if (!ssl) return NULL;
    SSL_set_connect_state(ssl);
    if (speaks_http2 && SSL_set_alpn_protos(ssl, http2, sizeof http2) != 0) {
        SSL_free(ssl);
        return NULL;
    }
    unsigned char address[16];
    int is_fine;
    if (inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1) {
        is_fine = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), text);
    } else {
        SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        is_fine = SSL_set_tlsext_host_name(ssl, text) == 1 && SSL_set1_host(ssl, text) == 1;
    }
    if (!is_fine) {
        SSL_free(ssl);
        ERR_clear_error();
        return NULL;
    }
    if (session && SSL_set_session(ssl, session) != 1) ERR_clear_error();
    return ssl;
}
