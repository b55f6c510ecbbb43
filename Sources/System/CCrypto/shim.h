// SHA256_Init and its kin are the only way to keep a half-done digest in plain memory, without an allocation and a
// lookup per use. OpenSSL 3 calls them deprecated; they use the same accelerated code.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
