#define _GNU_SOURCE 1
#include "fetch.h"

#include <ctype.h>
#include <curl/curl.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

// The functions of libcurl that are used; curl.h's macros that check types are for direct calls only.
#undef curl_easy_setopt
#undef curl_easy_getinfo
static struct {
    CURLcode (*global_init)(long flags);
    CURL *(*init)(void);
    void (*reset)(CURL *);
    CURLcode (*setopt)(CURL *, CURLoption, ...);
    CURLcode (*perform)(CURL *);
    void (*cleanup)(CURL *);
    const char *(*strerror)(CURLcode);
    struct curl_slist *(*append)(struct curl_slist *, const char *);
    void (*free_all)(struct curl_slist *);
} curl;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char open_problem[apic_fetch_problem_size];

static void *find(void *library, const char *name) {
    void *symbol = dlsym(library, name);
    if (!symbol && !open_problem[0]) snprintf(open_problem, sizeof open_problem, "libcurl has no `%s`", name);
    return symbol;
}

static void open_library(void) {
    void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        snprintf(open_problem, sizeof open_problem, "cannot open libcurl: %s", dlerror());
        return;
    }
    // POSIX lets an object pointer be one to a function here; C says nothing of it.
    *(void **)&curl.global_init = find(library, "curl_global_init");
    *(void **)&curl.init = find(library, "curl_easy_init");
    *(void **)&curl.reset = find(library, "curl_easy_reset");
    *(void **)&curl.setopt = find(library, "curl_easy_setopt");
    *(void **)&curl.perform = find(library, "curl_easy_perform");
    *(void **)&curl.cleanup = find(library, "curl_easy_cleanup");
    *(void **)&curl.strerror = find(library, "curl_easy_strerror");
    *(void **)&curl.append = find(library, "curl_slist_append");
    *(void **)&curl.free_all = find(library, "curl_slist_free_all");
    if (open_problem[0]) return;
    if (curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        snprintf(open_problem, sizeof open_problem, "libcurl does not start");
    }
}

struct apic_fetcher {
    CURL *handle;
};

struct apic_fetcher *apic_fetcher_make(char *problem, size_t problem_size) {
    pthread_once(&once, open_library);
    if (open_problem[0]) {
        snprintf(problem, problem_size, "%s", open_problem);
        return NULL;
    }
    struct apic_fetcher *fetcher = calloc(1, sizeof *fetcher);
    if (fetcher) fetcher->handle = curl.init();
    if (fetcher && fetcher->handle) return fetcher;
    free(fetcher);
    snprintf(problem, problem_size, "no memory for libcurl");
    return NULL;
}

void apic_fetcher_free(struct apic_fetcher *fetcher) {
    if (!fetcher) return;
    curl.cleanup(fetcher->handle);
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

static void set_options(CURL *handle, const struct apic_fetch *fetch, struct transfer *transfer, char *detail) {
    curl.setopt(handle, CURLOPT_URL, fetch->url);
    curl.setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl.setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    curl.setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl.setopt(handle, CURLOPT_USERAGENT, "apic-gateway");
    curl.setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, fetch->connect_milliseconds);
    curl.setopt(handle, CURLOPT_TIMEOUT_MS, fetch->total_milliseconds);
    curl.setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1024L);
    curl.setopt(handle, CURLOPT_LOW_SPEED_TIME, fetch->stall_seconds);
    curl.setopt(handle, CURLOPT_ERRORBUFFER, detail);
    curl.setopt(handle, CURLOPT_HEADERFUNCTION, take_header);
    curl.setopt(handle, CURLOPT_HEADERDATA, transfer);
    curl.setopt(handle, CURLOPT_WRITEFUNCTION, take_body);
    curl.setopt(handle, CURLOPT_WRITEDATA, transfer);
    curl.setopt(handle, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (fetch->authorities) {
        curl.setopt(handle, CURLOPT_CAINFO, fetch->authorities);
        // Nobody else: the system's folder would be believed beside it.
        curl.setopt(handle, CURLOPT_CAPATH, NULL);
    }
    if (fetch->certificate) {
        curl.setopt(handle, CURLOPT_SSLCERT, fetch->certificate);
        curl.setopt(handle, CURLOPT_SSLKEY, fetch->key ? fetch->key : fetch->certificate);
        // A key with a passphrase fails rather than ask the terminal.
        curl.setopt(handle, CURLOPT_KEYPASSWD, "");
    }
}

int apic_fetch(struct apic_fetcher *fetcher, const struct apic_fetch *fetch, struct apic_fetch_answer *answer) {
    memset(answer, 0, sizeof *answer);
    struct transfer transfer = {fetch, answer};
    char detail[CURL_ERROR_SIZE] = "";
    curl.reset(fetcher->handle);
    set_options(fetcher->handle, fetch, &transfer, detail);
    struct curl_slist *fields = NULL;
    if (fetch->etag && fetch->etag[0]) {
        char field[apic_fetch_etag_size + 32];
        snprintf(field, sizeof field, "If-None-Match: %s", fetch->etag);
        fields = curl.append(NULL, field);
        curl.setopt(fetcher->handle, CURLOPT_HTTPHEADER, fields);
    }
    const CURLcode code = curl.perform(fetcher->handle);
    curl.free_all(fields);
    if (code == CURLE_OK && answer->status > 0) return 0;
    if (!answer->problem[0]) {
        snprintf(answer->problem, sizeof answer->problem, "%s", detail[0] ? detail : curl.strerror(code));
    }
    return -1;
}
