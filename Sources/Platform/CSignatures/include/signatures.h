#pragma once
// Signatures of tokens by OpenSSL's libcrypto, in plain types: public keys and shared secrets that check signatures, and
// nothing that makes one. Keys never change once they are made, so that threads share them. Nothing is left in
// OpenSSL's queue of errors, which TLS on the same thread looks at.
#include <stddef.h>
#include <stdint.h>

struct apic_key;

/// What a key is, and so which algorithms go with it.
enum {
    apic_family_secret = 0,
    apic_family_rsa,
    apic_family_p256,
    apic_family_p384,
    apic_family_p521,
    apic_family_ed25519,
};

/// Why a key was not made.
enum {
    apic_key_fine = 0,
    /// It is not what it is said to be.
    apic_key_malformed,
    /// RSA below 2048 bits, or with an exponent that protects nothing.
    apic_key_weak,
    /// RSA above 8192 bits: a check would take too long.
    apic_key_large,
    /// Of a kind that no algorithm here uses.
    apic_key_foreign,
    apic_key_no_memory,
};

struct apic_key_bytes {
    const uint8_t *bytes;
    size_t count;
};

/// A public key or a certificate as PEM.
struct apic_key *apic_key_of_pem(struct apic_key_bytes text, int *fault);
/// - Parameters: modulus and exponent, big-endian.
struct apic_key *apic_key_of_rsa(struct apic_key_bytes modulus, struct apic_key_bytes exponent, int *fault);
/// - Parameters: a family, and a point's coordinates in the length of the curve's field.
struct apic_key *apic_key_of_point(int family, struct apic_key_bytes x, struct apic_key_bytes y, int *fault);
/// - Parameter key: 32 bytes.
struct apic_key *apic_key_of_ed25519(struct apic_key_bytes key, int *fault);
struct apic_key *apic_key_of_secret(struct apic_key_bytes secret, int *fault);
/// Secrets are overwritten.
void apic_key_free(struct apic_key *key);

int apic_key_family(const struct apic_key *key);
/// Bits of an RSA modulus or of a secret.
int apic_key_bits(const struct apic_key *key);

/// Whether a signature is that of a message.
///
/// - Parameters:
///   - digest_bits: 256, 384 or 512; not looked at for Ed25519.
///   - is_pss: of RSA keys, whether by RSASSA-PSS rather than by PKCS #1 v1.5.
///   - signature: of ECDSA as in RFC 7518 section 3.4, both halves in full length.
int apic_signature_holds(
    const struct apic_key *key, int digest_bits, int is_pss, struct apic_key_bytes message,
    struct apic_key_bytes signature
);
