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

/// The library; `NULL` if there is none that will do, and `problem` is one line for people.
const struct apic_curl *apic_curl_open(const char **problem);
