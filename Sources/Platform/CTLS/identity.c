// Who a client is, as its certificate says.
#include "internal.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

static void write_subject(X509 *certificate, struct apic_tls_identity *identity) {
    BIO *bio = BIO_new(BIO_s_mem());
    if (!bio) return;
    if (X509_NAME_print_ex(bio, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253) >= 0) {
        char *text = NULL;
        const long count = BIO_get_mem_data(bio, &text);
        // A part of a name could be another one's name.
        if (count > 0 && count <= (long)sizeof identity->subject) {
            memcpy(identity->subject, text, (size_t)count);
            identity->subject_count = (uint16_t)count;
        }
    }
    BIO_free(bio);
}

static int is_clear(const unsigned char *bytes, int count) {
    for (int index = 0; index < count; index++) {
        if (bytes[index] <= 0x20 || bytes[index] >= 0x7F || bytes[index] == ',') return 0;
    }
    return count > 0;
}

static void append(struct apic_tls_identity *identity, const char *kind, const ASN1_STRING *name) {
    const unsigned char *bytes = ASN1_STRING_get0_data(name);
    const int count = ASN1_STRING_length(name);
    const size_t kind_count = strlen(kind);
    const size_t comma = identity->names_count > 0;
    if (!is_clear(bytes, count)) return;
    if (identity->names_count + comma + kind_count + (size_t)count > sizeof identity->names) return;
    char *end = identity->names + identity->names_count;
    if (comma) *end++ = ',';
    memcpy(end, kind, kind_count);
    memcpy(end + kind_count, bytes, (size_t)count);
    identity->names_count = (uint16_t)(end + kind_count + (size_t)count - identity->names);
}

static void write_names(X509 *certificate, struct apic_tls_identity *identity) {
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    for (int index = 0; index < sk_GENERAL_NAME_num(names); index++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, index);
        switch (name->type) {
        case GEN_DNS: append(identity, "DNS:", name->d.dNSName); break;
        case GEN_URI: append(identity, "URI:", name->d.uniformResourceIdentifier); break;
        case GEN_EMAIL: append(identity, "email:", name->d.rfc822Name); break;
        default: break;
        }
    }
    GENERAL_NAMES_free(names);
}

int apic_tls_identify(SSL *ssl, struct apic_tls_identity **found) {
    X509 *certificate = SSL_get0_peer_certificate(ssl);
    if (!certificate) return 1;
    // A resumed session is not verified again, and may outlive its certificate.
    if (X509_cmp_current_time(X509_get0_notAfter(certificate)) <= 0) return 0;
    struct apic_tls_identity *identity = calloc(1, sizeof *identity);
    if (!identity) return 0;
    unsigned int count = 0;
    X509_digest(certificate, EVP_sha256(), identity->fingerprint, &count);
    write_subject(certificate, identity);
    write_names(certificate, identity);
    ERR_clear_error();
    *found = identity;
    return 1;
}
