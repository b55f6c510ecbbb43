#define _GNU_SOURCE 1
#include "fetch.h"
#include "library.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

struct apic_fetcher {
    const struct apic_curl *curl;
    CURL *handle;
};

struct apic_fetcher *apic_fetcher_make(char *problem, size_t problem_size) {
    const char *reason;
    const struct apic_curl *curl = apic_curl_open(&reason);
    if (!curl) {
        snprintf(problem, problem_size, "%s", reason);
        return NULL;
    }
    struct apic_fetcher *fetcher = calloc(1, sizeof *fetcher);
    if (fetcher) *fetcher = (struct apic_fetcher){curl, curl->easy_init()};
    if (fetcher && fetcher->handle) return fetcher;
    free(fetcher);
    snprintf(problem, problem_size, "no memory for libcurl");
    return NULL;
}

void apic_fetcher_free(struct apic_fetcher *fetcher) {
    if (!fetcher) return;
    fetcher->curl->easy_cleanup(fetcher->handle);
    free(fetcher);
}

struct transfer {
    const struct apic_fetch *fetch;
    struct apic_fetch_answer *answer;
};

static void note_tag(struct apic_fetch_answer *answer, const char *value, size_t count) {
    while (count > 0 && isspace((unsigned char)*value)) value++, count--;
    while (count > 0 && isspace((unsigned char)value[count - 1])) count--;
    if (count >= sizeof answer->etag) return;
    for (size_t index = 0; index < count; index++) {
        // It is sent back in a header line.
        if ((unsigned char)value[index] < 0x20 || value[index] == 0x7F) return;
    }
    memcpy(answer->etag, value, count);
    answer->etag[count] = 0;
}

static size_t take_header(char *line, size_t size, size_t count, void *context) {
    struct apic_fetch_answer *answer = ((struct transfer *)context)->answer;
    const size_t length = size * count;
    static const char tag[] = "etag:";
    if (length > 5 && memcmp(line, "HTTP/", 5) == 0) {
        // Another answer begins, behind those of proxies and interim ones.
        const char *space = memchr(line, ' ', length);
        answer->etag[0] = 0;
        answer->status = 0;
        for (const char *digit = space; digit && digit + 1 < line + length && isdigit((unsigned char)digit[1]); digit++) {
            if (answer->status < 1000) answer->status = answer->status * 10 + digit[1] - '0';
        }
    } else if (length >= sizeof tag - 1 && strncasecmp(line, tag, sizeof tag - 1) == 0) {
        note_tag(answer, line + sizeof tag - 1, length - (sizeof tag - 1));
    }
    return length;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *context) {
    struct transfer *transfer = context;
    struct apic_fetch_answer *answer = transfer->answer;
    const size_t length = size * count;
    if (answer->status != 200) return length;
    if (length > transfer->fetch->byte_count_max - answer->byte_count) {
        snprintf(
            answer->problem, sizeof answer->problem, "it has more than %llu bytes",
            (unsigned long long)transfer->fetch->byte_count_max
        );
        return 0;
    }
    for (size_t written = 0; written < length;) {
        const ssize_t part = write(transfer->fetch->descriptor, bytes + written, length - written);
        if (part < 0 && errno == EINTR) continue;
        if (part <= 0) {
            snprintf(answer->problem, sizeof answer->problem, "cannot write it: %s", strerror(errno));
            return 0;
        }
        written += (size_t)part;
    }
    answer->byte_count += length;
    return length;
}

/// - Returns: 0 if the library is too old to be told which protocols it may speak.
static int set_options(
    const struct apic_curl *curl, CURL *handle, const struct apic_fetch *fetch, struct transfer *transfer, char *detail
) {
    if (!apic_curl_address(curl, handle, fetch->url, "http,https", fetch->authorities)) return 0;
    curl->easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    curl->easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, fetch->connect_milliseconds);
    curl->easy_setopt(handle, CURLOPT_TIMEOUT_MS, fetch->total_milliseconds);
    curl->easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1024L);
    curl->easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, fetch->stall_seconds);
    curl->easy_setopt(handle, CURLOPT_ERRORBUFFER, detail);
    curl->easy_setopt(handle, CURLOPT_HEADERFUNCTION, take_header);
    curl->easy_setopt(handle, CURLOPT_HEADERDATA, transfer);
    curl->easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_body);
    curl->easy_setopt(handle, CURLOPT_WRITEDATA, transfer);
    if (fetch->certificate) {
        curl->easy_setopt(handle, CURLOPT_SSLCERT, fetch->certificate);
        curl->easy_setopt(handle, CURLOPT_SSLKEY, fetch->key ? fetch->key : fetch->certificate);
        // A key with a passphrase fails rather than ask the terminal.
        curl->easy_setopt(handle, CURLOPT_KEYPASSWD, "");
    }
    return 1;
}

int apic_fetch(struct apic_fetcher *fetcher, const struct apic_fetch *fetch, struct apic_fetch_answer *answer) {
    memset(answer, 0, sizeof *answer);
    const struct apic_curl *curl = fetcher->curl;
    struct transfer transfer = {fetch, answer};
    char detail[CURL_ERROR_SIZE] = "";
    curl->easy_reset(fetcher->handle);
    if (!set_options(curl, fetcher->handle, fetch, &transfer, detail)) {
        snprintf(answer->problem, sizeof answer->problem, "libcurl is older than 7.85");
        return -1;
    }
    struct curl_slist *fields = NULL;
    if (fetch->etag && fetch->etag[0]) {
        char field[apic_fetch_etag_size + 32];
        snprintf(field, sizeof field, "If-None-Match: %s", fetch->etag);
        fields = curl->slist_append(NULL, field);
        curl->easy_setopt(fetcher->handle, CURLOPT_HTTPHEADER, fields);
    }
    const CURLcode code = curl->easy_perform(fetcher->handle);
    curl->slist_free_all(fields);
    if (code == CURLE_OK && answer->status > 0) return 0;
    if (!answer->problem[0]) {
        snprintf(answer->problem, sizeof answer->problem, "%s", detail[0] ? detail : curl->easy_strerror(code));
    }
    return -1;
}
