// What a certificate says of itself, without a connection.
#include "internal.h"

#include <openssl/err.h>
#include <openssl/pem.h>

int apic_tls_read_leaf(struct apic_tls_bytes chain, uint8_t *fingerprint, int64_t *expiry) {
    BIO *bio = BIO_new_mem_buf(chain.bytes, (int)chain.count);
    if (!bio) return -1;
    X509 *certificate = PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL);
    BIO_free(bio);
    ERR_clear_error();
    if (!certificate) return -1;
    unsigned int count = 0;
    const int is_fine = X509_digest(certificate, EVP_sha256(), fingerprint, &count) == 1 && count == 32;
    *expiry = apic_tls_seconds(X509_get0_notAfter(certificate));
    X509_free(certificate);
    return is_fine ? 0 : -1;
}
