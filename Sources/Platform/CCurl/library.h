#pragma once
// libcurl, opened when it is first asked for.
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

/// What is used of the library, by the names that it has there.
struct apic_curl {
    CURLcode (*global_init)(long flags);
    CURL *(*easy_init)(void);
    void (*easy_reset)(CURL *);
    CURLcode (*easy_setopt)(CURL *, CURLoption, ...);
    CURLcode (*easy_perform)(CURL *);
    CURLcode (*easy_getinfo)(CURL *, CURLINFO, ...);
    const char *(*easy_strerror)(CURLcode);
    void (*easy_cleanup)(CURL *);
    struct curl_slist *(*slist_append)(struct curl_slist *, const char *);
    void (*slist_free_all)(struct curl_slist *);
};

/// Says of a transfer what all have in common: where it goes, by which protocols, and who is believed there.
///
/// - Parameters:
///   - protocols: `http`, `https` or both, with a comma.
///   - authorities: path to those that servers must prove to be of, as PEM; `NULL` is the system's.
/// - Returns: 0 if the library is too old to be told by which protocols.
int apic_curl_address(
    const struct apic_curl *curl, CURL *handle, const char *url, const char *protocols, const char *authorities
);

/// The library; `NULL` if there is none that will do, and `problem` is one line for people.
const struct apic_curl *apic_curl_open(const char **problem);
