// Tickets of sessions (RFC 5077, RFC 8446 section 4.6.1): all that is remembered of a session is with the client,
// encrypted with keys that the process makes, shares among its threads, and forgets.
#include "internal.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

enum {
    /// A key encrypts for so long; it decrypts for as long again, twice.
    period_seconds = 3600,
    key_count = 3,
    session_seconds = 2 * period_seconds,
};

struct ticket_key {
    unsigned char name[16];
    unsigned char cipher[32];
    unsigned char mac[32];
};

/// The newest first. Only handshakes come here, so one lock serves all threads.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct ticket_key keys[key_count];
static time_t newest_since;
static int known_count;

static time_t seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/// - Precondition: the lock is held.
static int rotate(void) {
    const time_t now = seconds();
    // After a long rest the old keys have had their time, too.
    if (known_count > 0 && now - newest_since >= key_count * period_seconds) {
        OPENSSL_cleanse(keys, sizeof keys);
        known_count = 0;
    }
    if (known_count > 0 && now - newest_since < period_seconds) return 1;
    struct ticket_key fresh;
    if (RAND_bytes((unsigned char *)&fresh, sizeof fresh) != 1) return known_count > 0;
    memmove(keys + 1, keys, (key_count - 1) * sizeof keys[0]);
    keys[0] = fresh;
    OPENSSL_cleanse(&fresh, sizeof fresh);
    newest_since = now;
    if (known_count < key_count) known_count++;
    return 1;
}

/// - Returns: the key's age in rotations, or -1 if nobody has it.
static int find(const unsigned char *name, struct ticket_key *key) {
    int age = -1;
    pthread_mutex_lock(&lock);
    if (rotate()) {
        for (int index = 0; index < known_count && age < 0; index++) {
            if (!name || memcmp(keys[index].name, name, sizeof keys[index].name) == 0) age = index;
        }
    }
    if (age >= 0) *key = keys[age];
    pthread_mutex_unlock(&lock);
    return age;
}

static int use(const struct ticket_key *key, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, unsigned char *iv, int encrypts) {
    OSSL_PARAM parameters[3] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)key->mac, sizeof key->mac),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char[]){"sha256"}, 0),
        OSSL_PARAM_construct_end(),
    };
    return EVP_MAC_CTX_set_params(mac, parameters) == 1
        && EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, key->cipher, iv, encrypts) == 1;
}

static int ticket(
    SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int encrypts
) {
    (void)ssl;
    struct ticket_key key;
    const int age = find(encrypts ? NULL : name, &key);
    // A ticket of nobody's is no failure: the handshake is a full one.
    if (age < 0) return encrypts ? -1 : 0;
    int result = -1;
    if (encrypts) {
        memcpy(name, key.name, sizeof key.name);
        if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) == 1 && use(&key, cipher, mac, iv, 1)) result = 1;
    } else if (use(&key, cipher, mac, iv, 0)) {
        // 2: good, but to be replaced by a ticket of the newest key.
        result = age == 0 ? 1 : 2;
    }
    OPENSSL_cleanse(&key, sizeof key);
    return result;
}

void apic_tls_use_tickets(SSL_CTX *context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_timeout(context, session_seconds);
    // One is enough to come back with; a client that opens several connections gets one from each.
    SSL_CTX_set_num_tickets(context, 1);
    SSL_CTX_set_tlsext_ticket_key_evp_cb(context, ticket);
}
