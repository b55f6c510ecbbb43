#pragma once
// What the files of this target share.
#include "tls.h"

#include <openssl/ssl.h>

/// Ciphers, groups, versions and modes that both sides have in common.
void apic_tls_prepare(SSL_CTX *context, int oldest_version);
/// Notes a problem, with OpenSSL's reason if it has one, and forgets OpenSSL's.
int apic_tls_refuse(struct apic_tls_problem *problem, int kind);
/// A certificate with its chain and key.
int apic_tls_use_pair(
    SSL_CTX *context, struct apic_tls_bytes chain, struct apic_tls_bytes key, struct apic_tls_problem *problem
);
/// - Parameter asks: whether clients are told the authorities' names.
int apic_tls_trust(
    SSL_CTX *context, struct apic_tls_bytes authorities, int asks, struct apic_tls_problem *problem
);
int64_t apic_tls_seconds(const ASN1_TIME *time);
/// Encrypts and decrypts tickets with keys of the process.
void apic_tls_use_tickets(SSL_CTX *context);

SSL *apic_tls_server_open(struct apic_tls_server *server);
/// - Returns: `NULL` for a name that cannot be one, or without memory.
SSL *apic_tls_client_open(
    struct apic_tls_client *client, const uint8_t *name, size_t name_count, int speaks_http2, void *session
);
/// OpenSSL's callback for sessions that a server gives.
int apic_tls_note_session(SSL *ssl, SSL_SESSION *session);
/// - Parameter found: set if the client showed a certificate.
/// - Returns: 0 if what it showed holds no longer.
int apic_tls_identify(SSL *ssl, struct apic_tls_identity **found);
