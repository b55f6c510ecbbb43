#define _GNU_SOURCE
#include "signatures.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

struct apic_key {
    int family;
    int bits;
    /// `NULL` for a secret.
    EVP_PKEY *public;
    size_t secret_count;
    uint8_t secret[];
};

static const EVP_MD *digest_of(int bits) {
    return bits == 384 ? EVP_sha384() : bits == 512 ? EVP_sha512() : EVP_sha256();
}

static size_t field_count(int family) {
    return family == apic_family_p256 ? 32 : family == apic_family_p384 ? 48 : family == apic_family_p521 ? 66 : 0;
}

// MARK: Keys

static int family_of(EVP_PKEY *key) {
    switch (EVP_PKEY_get_base_id(key)) {
        case EVP_PKEY_RSA: return apic_family_rsa;
        case EVP_PKEY_ED25519: return apic_family_ed25519;
        case EVP_PKEY_EC: break;
        default: return -1;
    }
    char name[64];
    size_t count = 0;
    if (!EVP_PKEY_get_group_name(key, name, sizeof name, &count)) return -1;
    switch (OBJ_sn2nid(name)) {
        case NID_X9_62_prime256v1: return apic_family_p256;
        case NID_secp384r1: return apic_family_p384;
        case NID_secp521r1: return apic_family_p521;
        default: return -1;
    }
}

/// An exponent of 1 makes every message its own signature.
static int is_sound_exponent(EVP_PKEY *key) {
    BIGNUM *exponent = NULL;
    const int is_sound = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) && BN_is_odd(exponent)
        && !BN_is_one(exponent) && BN_num_bits(exponent) <= 64;
    BN_free(exponent);
    return is_sound;
}

/// Takes a key over if it is one that may check signatures.
static struct apic_key *adopt(EVP_PKEY *public, int *fault) {
    *fault = public ? apic_key_fine : apic_key_malformed;
    const int family = public ? family_of(public) : -1;
    if (public && family < 0) *fault = apic_key_foreign;
    if (*fault == apic_key_fine && family == apic_family_rsa) {
        if (EVP_PKEY_get_bits(public) < 2048 || !is_sound_exponent(public)) *fault = apic_key_weak;
        if (EVP_PKEY_get_bits(public) > 8192) *fault = apic_key_large;
    }
    if (*fault == apic_key_fine && field_count(family) > 0) {
        // That the point is on the curve, and of the right order.
        EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(public, NULL);
        if (!context || EVP_PKEY_public_check(context) != 1) *fault = apic_key_malformed;
        EVP_PKEY_CTX_free(context);
    }
    struct apic_key *key = *fault == apic_key_fine ? calloc(1, sizeof *key) : NULL;
    if (key) {
        key->family = family;
        key->bits = EVP_PKEY_get_bits(public);
        key->public = public;
    } else {
        if (*fault == apic_key_fine) *fault = apic_key_no_memory;
        EVP_PKEY_free(public);
    }
    ERR_clear_error();
    return key;
}

struct apic_key *apic_key_of_pem(struct apic_key_bytes text, int *fault) {
    if (text.count > 1 << 20) return adopt(NULL, fault);
    BIO *input = BIO_new_mem_buf(text.bytes, (int)text.count);
    EVP_PKEY *public = input ? PEM_read_bio_PUBKEY(input, NULL, NULL, NULL) : NULL;
    if (!public && input && BIO_reset(input) == 1) {
        X509 *certificate = PEM_read_bio_X509(input, NULL, NULL, NULL);
        if (certificate) public = X509_get_pubkey(certificate);
        X509_free(certificate);
    }
    BIO_free(input);
    return adopt(public, fault);
}

static EVP_PKEY *key_from(const char *type, OSSL_PARAM_BLD *builder) {
    EVP_PKEY *public = NULL;
    OSSL_PARAM *parameters = builder ? OSSL_PARAM_BLD_to_param(builder) : NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (!parameters || !context || EVP_PKEY_fromdata_init(context) != 1
        || EVP_PKEY_fromdata(context, &public, EVP_PKEY_PUBLIC_KEY, parameters) != 1) {
        EVP_PKEY_free(public);
        public = NULL;
    }
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    return public;
}

struct apic_key *apic_key_of_rsa(struct apic_key_bytes modulus, struct apic_key_bytes exponent, int *fault) {
    EVP_PKEY *public = NULL;
    if (modulus.count <= 2048 && exponent.count <= 16) {
        BIGNUM *n = BN_bin2bn(modulus.bytes, (int)modulus.count, NULL);
        BIGNUM *e = BN_bin2bn(exponent.bytes, (int)exponent.count, NULL);
        OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
        if (n && e && builder && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n)
            && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e)) {
            public = key_from("RSA", builder);
        }
        OSSL_PARAM_BLD_free(builder);
        BN_free(n);
        BN_free(e);
    }
    return adopt(public, fault);
}

struct apic_key *apic_key_of_point(int family, struct apic_key_bytes x, struct apic_key_bytes y, int *fault) {
    EVP_PKEY *public = NULL;
    const size_t count = field_count(family);
    const char *group = family == apic_family_p256 ? "P-256" : family == apic_family_p384 ? "P-384" : "P-521";
    if (count > 0 && x.count == count && y.count == count) {
        uint8_t point[1 + 2 * 66] = {4};
        memcpy(point + 1, x.bytes, count);
        memcpy(point + 1 + count, y.bytes, count);
        OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
        if (builder && OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, group, 0)
            && OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * count)) {
            public = key_from("EC", builder);
        }
        OSSL_PARAM_BLD_free(builder);
    }
    return adopt(public, fault);
}

struct apic_key *apic_key_of_ed25519(struct apic_key_bytes key, int *fault) {
    EVP_PKEY *public =
        key.count == 32 ? EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key.bytes, key.count) : NULL;
    return adopt(public, fault);
}

struct apic_key *apic_key_of_secret(struct apic_key_bytes secret, int *fault) {
    struct apic_key *key = calloc(1, sizeof *key + secret.count);
    *fault = key ? apic_key_fine : apic_key_no_memory;
    if (!key) return NULL;
    key->family = apic_family_secret;
    key->bits = (int)(8 * secret.count);
    key->secret_count = secret.count;
    memcpy(key->secret, secret.bytes, secret.count);
    return key;
}

void apic_key_free(struct apic_key *key) {
    if (!key) return;
    EVP_PKEY_free(key->public);
    OPENSSL_cleanse(key->secret, key->secret_count);
    free(key);
}

int apic_key_family(const struct apic_key *key) { return key->family; }
int apic_key_bits(const struct apic_key *key) { return key->bits; }

// MARK: Signatures

static int secret_holds(
    const struct apic_key *key, int bits, struct apic_key_bytes message, struct apic_key_bytes signature
) {
    uint8_t expected[EVP_MAX_MD_SIZE];
    unsigned int count = 0;
    if (!HMAC(
            digest_of(bits), key->secret, (int)key->secret_count, message.bytes, message.count, expected, &count
        )) {
        return 0;
    }
    return signature.count == count && CRYPTO_memcmp(expected, signature.bytes, count) == 0;
}

static int verify(
    EVP_PKEY *public, const EVP_MD *digest, int is_pss, struct apic_key_bytes message, struct apic_key_bytes signature
) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *options = NULL;
    int holds = context && EVP_DigestVerifyInit(context, &options, digest, NULL, public) == 1;
    if (holds && is_pss) {
        // RFC 7518 section 3.5: the salt is as long as the digest, and the mask is made by the same digest.
        holds = EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1
            && EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1;
    }
    holds = holds
        && EVP_DigestVerify(context, signature.bytes, signature.count, message.bytes, message.count) == 1;
    EVP_MD_CTX_free(context);
    return holds;
}

/// OpenSSL takes an ECDSA signature as DER.
static int point_holds(
    const struct apic_key *key, int bits, struct apic_key_bytes message, struct apic_key_bytes signature
) {
    const size_t count = field_count(key->family);
    if (signature.count != 2 * count) return 0;
    ECDSA_SIG *parts = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature.bytes, (int)count, NULL);
    BIGNUM *s = BN_bin2bn(signature.bytes + count, (int)count, NULL);
    int holds = 0;
    if (parts && r && s && ECDSA_SIG_set0(parts, r, s)) {
        r = s = NULL;
        uint8_t encoded[2 * 66 + 32];
        uint8_t *end = encoded;
        const int size = i2d_ECDSA_SIG(parts, NULL);
        if (size > 0 && (size_t)size <= sizeof encoded && i2d_ECDSA_SIG(parts, &end) == size) {
            holds = verify(key->public, digest_of(bits), 0, message, (struct apic_key_bytes){encoded, (size_t)size});
        }
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(parts);
    return holds;
}

int apic_signature_holds(
    const struct apic_key *key, int digest_bits, int is_pss, struct apic_key_bytes message,
    struct apic_key_bytes signature
) {
    int holds = 0;
    switch (key->family) {
        case apic_family_secret: holds = secret_holds(key, digest_bits, message, signature); break;
        case apic_family_rsa: holds = verify(key->public, digest_of(digest_bits), is_pss, message, signature); break;
        case apic_family_ed25519: holds = signature.count == 64 && verify(key->public, NULL, 0, message, signature); break;
        default: holds = point_holds(key, digest_bits, message, signature); break;
    }
    ERR_clear_error();
    return holds;
}
