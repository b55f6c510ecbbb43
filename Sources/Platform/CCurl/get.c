#define _GNU_SOURCE 1
#include "get.h"
#include "library.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct transfer {
    uint8_t *body;
    size_t capacity;
    size_t count;
    int is_too_long;
    int64_t max_age;
    const uint32_t *must_stop;
};

static size_t take_body(char *bytes, size_t size, size_t count, void *context) {
    struct transfer *transfer = context;
    const size_t total = size * count;
    if (total > transfer->capacity - transfer->count) {
        transfer->is_too_long = 1;
        return 0;
    }
    memcpy(transfer->body + transfer->count, bytes, total);
    transfer->count += total;
    return total;
}

/// `max-age` of `Cache-Control`; `no-store` and `no-cache` are none at all.
static size_t take_header(char *bytes, size_t size, size_t count, void *context) {
    struct transfer *transfer = context;
    const size_t total = size * count;
    // A new answer, as behind a redirection.
    if (total > 5 && memcmp(bytes, "HTTP/", 5) == 0) transfer->max_age = -1;
    if (total < 15 || total > 512 || strncasecmp(bytes, "cache-control:", 14) != 0) return total;
    char line[513];
    memcpy(line, bytes, total);
    line[total] = 0;
    if (strcasestr(line, "no-store") || strcasestr(line, "no-cache")) {
        transfer->max_age = 0;
        return total;
    }
    const char *place = line;
    while ((place = strcasestr(place, "max-age="))) {
        // Not `s-maxage`, and not the end of another word.
        const char before = place[-1];
        place += 8;
        if (before == ' ' || before == ',' || before == ':' || before == '\t') {
            transfer->max_age = *place >= '0' && *place <= '9' ? strtoll(place, NULL, 10) : -1;
            break;
        }
    }
    return total;
}

static int note_progress(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d) {
    (void)a;
    (void)b;
    (void)c;
    (void)d;
    const struct transfer *transfer = context;
    return __atomic_load_n(transfer->must_stop, __ATOMIC_ACQUIRE) != 0;
}

/// - Returns: 0 if the library is too old to be told which protocols it may speak.
static int prepare(
    const struct apic_curl *curl, CURL *handle, struct transfer *transfer, const char *url, const char *authorities,
    long timeout
) {
    const char *protocols = strncasecmp(url, "https:", 6) == 0 ? "https" : "http,https";
    if (!apic_curl_address(curl, handle, url, protocols, authorities)) return 0;
    curl->easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 1L);
    curl->easy_setopt(handle, CURLOPT_MAXREDIRS, 3L);
    curl->easy_setopt(handle, CURLOPT_TIMEOUT_MS, timeout);
    curl->easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, timeout / 2);
    curl->easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_body);
    curl->easy_setopt(handle, CURLOPT_WRITEDATA, transfer);
    curl->easy_setopt(handle, CURLOPT_HEADERFUNCTION, take_header);
    curl->easy_setopt(handle, CURLOPT_HEADERDATA, transfer);
    curl->easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    curl->easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, note_progress);
    curl->easy_setopt(handle, CURLOPT_XFERINFODATA, transfer);
    return 1;
}

void apic_get(
    const char *url, const char *authorities, uint8_t *body, size_t capacity, long timeout_milliseconds,
    const uint32_t *must_stop, struct apic_got *got
) {
    memset(got, 0, sizeof *got);
    got->max_age = -1;
    const char *problem;
    const struct apic_curl *curl = apic_curl_open(&problem);
    CURL *handle = curl ? curl->easy_init() : NULL;
    if (!handle) {
        got->result = apic_get_no_library;
        return;
    }
    struct transfer transfer = {.body = body, .capacity = capacity, .max_age = -1, .must_stop = must_stop};
    char detail[CURL_ERROR_SIZE] = "";
    if (!prepare(curl, handle, &transfer, url, authorities, timeout_milliseconds)) {
        curl->easy_cleanup(handle);
        got->result = apic_get_no_library;
        return;
    }
    struct curl_slist *fields = curl->slist_append(NULL, "Accept: application/json, application/jwk-set+json");
    curl->easy_setopt(handle, CURLOPT_HTTPHEADER, fields);
    curl->easy_setopt(handle, CURLOPT_ERRORBUFFER, detail);
    const CURLcode code = curl->easy_perform(handle);
    curl->easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &got->status);
    got->count = transfer.count;
    got->max_age = transfer.max_age;
    if (transfer.is_too_long) {
        got->result = apic_get_too_long;
    } else if (code != CURLE_OK) {
        got->result = apic_get_failed;
        const char *reason = detail[0] ? detail : curl->easy_strerror(code);
        snprintf(got->detail, sizeof got->detail, "%s", reason);
    }
    curl->slist_free_all(fields);
    curl->easy_cleanup(handle);
}
