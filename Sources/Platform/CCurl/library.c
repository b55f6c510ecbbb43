#define _GNU_SOURCE 1
#include "library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static struct apic_curl curl;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static char why[256];

static void open_library(void) {
    void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        snprintf(why, sizeof why, "cannot open libcurl: %s", dlerror());
        return;
    }
    const struct {
        const char *name;
        void *place;
    } names[] = {
        {"curl_global_init", &curl.global_init}, {"curl_easy_init", &curl.easy_init},
        {"curl_easy_reset", &curl.easy_reset}, {"curl_easy_setopt", &curl.easy_setopt},
        {"curl_easy_perform", &curl.easy_perform}, {"curl_easy_getinfo", &curl.easy_getinfo},
        {"curl_easy_strerror", &curl.easy_strerror}, {"curl_easy_cleanup", &curl.easy_cleanup},
        {"curl_slist_append", &curl.slist_append}, {"curl_slist_free_all", &curl.slist_free_all},
    };
    for (size_t index = 0; index < sizeof names / sizeof names[0]; index++) {
        void *found = dlsym(library, names[index].name);
        if (!found) {
            snprintf(why, sizeof why, "libcurl has no `%s`", names[index].name);
            return;
        }
        // POSIX lets an object pointer be one to a function; C says nothing of it.
        memcpy(names[index].place, &found, sizeof found);
    }
    if (curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) snprintf(why, sizeof why, "libcurl does not start");
}

int apic_curl_address(
    const struct apic_curl *curl, CURL *handle, const char *url, const char *protocols, const char *authorities
) {
    if (curl->easy_setopt(handle, CURLOPT_PROTOCOLS_STR, protocols) != CURLE_OK) return 0;
    if (curl->easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS_STR, protocols) != CURLE_OK) return 0;
    curl->easy_setopt(handle, CURLOPT_URL, url);
    curl->easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl->easy_setopt(handle, CURLOPT_USERAGENT, "apic-gateway");
    curl->easy_setopt(handle, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (authorities) {
        curl->easy_setopt(handle, CURLOPT_CAINFO, authorities);
        // Nobody else: the system's folder would be believed beside it.
        curl->easy_setopt(handle, CURLOPT_CAPATH, NULL);
    }
    return 1;
}

const struct apic_curl *apic_curl_open(const char **problem) {
    pthread_once(&once, open_library);
    *problem = why;
    return why[0] ? NULL : &curl;
}
