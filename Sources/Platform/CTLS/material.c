// Certificates and keys out of PEM, and what every context has in common.
#define _GNU_SOURCE
#include "internal.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void apic_tls_wipe(void *bytes, size_t count) { OPENSSL_cleanse(bytes, count); }

int apic_tls_refuse(struct apic_tls_problem *problem, int kind) {
    problem->kind = kind;
    const unsigned long error = ERR_peek_last_error();
    const char *reason = error ? ERR_reason_error_string(error) : NULL;
    if (problem->detail[0] == 0 && reason) snprintf(problem->detail, sizeof problem->detail, "%s", reason);
    ERR_clear_error();
    return kind;
}

int64_t apic_tls_seconds(const ASN1_TIME *time) {
    struct tm parts;
    if (!time || !ASN1_TIME_to_tm(time, &parts)) return 0;
    return (int64_t)timegm(&parts);
}

void apic_tls_prepare(SSL_CTX *context, int oldest_version) {
    SSL_CTX_set_min_proto_version(context, oldest_version == 13 ? TLS1_3_VERSION : TLS1_2_VERSION);
    // Forward secrecy and authenticated encryption only. TLS 1.3 has nothing else; AES-128 costs the least.
    SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM+AES128:ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL");
    SSL_CTX_set_ciphersuites(
        context, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
    );
    SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384");
    // A client without AES in hardware puts ChaCha20 first, and gets it.
    SSL_CTX_set_options(
        context,
        SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA
    );
    // What is sent of a chain is what its file holds. Buffers stay with a connection, so that no record allocates; `apic_tls_rest` gives them back.
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
    SSL_CTX_clear_mode(context, SSL_MODE_RELEASE_BUFFERS);
    // One system call for a record, not one for its head and one for its body.
    SSL_CTX_set_read_ahead(context, 1);
    // A peer's chain is kept in memory while hands are shaken.
    SSL_CTX_set_max_cert_list(context, 32 * 1024);
    SSL_CTX_set_verify_depth(context, 8);
}

/// Keys that need a passphrase are refused: nobody is there to say it.
static int no_passphrase(char *buffer, int size, int is_writing, void *was_asked) {
    (void)buffer;
    (void)size;
    (void)is_writing;
    *(int *)was_asked = 1;
    return -1;
}

static int use_key(SSL_CTX *context, struct apic_tls_bytes key, struct apic_tls_problem *problem) {
    BIO *bio = BIO_new_mem_buf(key.bytes, (int)key.count);
    if (!bio) return apic_tls_refuse(problem, apic_tls_no_memory);
    int was_asked = 0;
    EVP_PKEY *parsed = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, &was_asked);
    BIO_free(bio);
    if (!parsed) return apic_tls_refuse(problem, was_asked ? apic_tls_key_locked : apic_tls_no_key);
    X509 *certificate = SSL_CTX_get0_certificate(context);
    int kind = apic_tls_fine;
    if (!certificate || X509_check_private_key(certificate, parsed) != 1) {
        ERR_clear_error();
        kind = apic_tls_refuse(problem, apic_tls_key_foreign);
    } else if (SSL_CTX_use_PrivateKey(context, parsed) != 1) {
        kind = apic_tls_refuse(problem, apic_tls_rejected);
    }
    EVP_PKEY_free(parsed);
    return kind;
}

static int check_dates(X509 *certificate, struct apic_tls_problem *problem) {
    const int64_t now = (int64_t)time(NULL);
    const int64_t start = apic_tls_seconds(X509_get0_notBefore(certificate));
    const int64_t end = apic_tls_seconds(X509_get0_notAfter(certificate));
    if (start <= now && now < end) return apic_tls_fine;
    const time_t shown = (time_t)(now < start ? start : end);
    struct tm parts;
    gmtime_r(&shown, &parts);
    strftime(problem->detail, sizeof problem->detail, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return apic_tls_refuse(problem, now < start ? apic_tls_not_yet_valid : apic_tls_expired);
}

/// Whether reading PEM stopped because there is no more, and not because something is wrong.
static int is_at_end_of_pem(void) {
    const unsigned long error = ERR_peek_last_error();
    return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

int apic_tls_use_pair(
    SSL_CTX *context, struct apic_tls_bytes chain, struct apic_tls_bytes key, struct apic_tls_problem *problem
) {
    BIO *bio = BIO_new_mem_buf(chain.bytes, (int)chain.count);
    if (!bio) return apic_tls_refuse(problem, apic_tls_no_memory);
    int kind = apic_tls_fine;
    X509 *certificate = PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL);
    if (!certificate) {
        kind = apic_tls_refuse(problem, apic_tls_no_certificate);
    } else if (SSL_CTX_use_certificate(context, certificate) != 1) {
        kind = apic_tls_refuse(problem, apic_tls_rejected);
    } else {
        kind = check_dates(certificate, problem);
    }
    X509_free(certificate);
    while (kind == apic_tls_fine) {
        X509 *next = PEM_read_bio_X509(bio, NULL, NULL, NULL);
        if (!next) {
            if (!is_at_end_of_pem()) kind = apic_tls_refuse(problem, apic_tls_rejected);
            break;
        }
        if (SSL_CTX_add0_chain_cert(context, next) != 1) {
            X509_free(next);
            kind = apic_tls_refuse(problem, apic_tls_rejected);
        }
    }
    ERR_clear_error();
    BIO_free(bio);
    return kind == apic_tls_fine ? use_key(context, key, problem) : kind;
}

int apic_tls_trust(
    SSL_CTX *context, struct apic_tls_bytes authorities, int asks, struct apic_tls_problem *problem
) {
    BIO *bio = BIO_new_mem_buf(authorities.bytes, (int)authorities.count);
    if (!bio) return apic_tls_refuse(problem, apic_tls_no_memory);
    X509_STORE *store = SSL_CTX_get_cert_store(context);
    // Whatever the file names is believed, be it a root or not.
    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
    int kind = apic_tls_fine;
    int count = 0;
    for (X509 *next; kind == apic_tls_fine && (next = PEM_read_bio_X509(bio, NULL, NULL, NULL)); count++) {
        if (X509_STORE_add_cert(store, next) != 1 || (asks && SSL_CTX_add_client_CA(context, next) != 1)) {
            kind = apic_tls_refuse(problem, apic_tls_rejected);
        }
        X509_free(next);
    }
    if (kind == apic_tls_fine && !is_at_end_of_pem()) kind = apic_tls_refuse(problem, apic_tls_rejected);
    if (kind == apic_tls_fine && count == 0) {
        ERR_clear_error();
        kind = apic_tls_refuse(problem, apic_tls_no_certificate);
    }
    ERR_clear_error();
    BIO_free(bio);
    return kind;
}
