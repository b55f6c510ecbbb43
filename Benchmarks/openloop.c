// An open-loop load generator: requests are due at instants that no answer can delay (a Poisson process), and a
// request's latency runs from the instant at which it was due, whether or not a connection was free. So a gateway that
// stalls is charged for everything that it kept waiting (no coordinated omission).
//
//     openloop PORT PATH CONNECTIONS RATE SECONDS WARM-UP [shed]
//
// Writes one line: counts, the generator's own lateness, and percentiles of latency in microseconds. Exit status 1 if a
// request failed; with `shed`, an answer of 503 is none of those, and is counted by itself, and answers that are missing
// 2 s after the end are taken for such that came then. One thread, HTTP/1.1 with keep-alive, answers with Content-Length. Built by `latency` when needed.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { headMax = 16384, connectionsMax = 4096 };

struct connection {
    int fd;
    uint64_t due;        // of the request in flight
    size_t held;         // bytes of the head
    size_t left;         // bytes of the body that are yet to come
    int isInBody;
    int isShed;
    int isAsked;         // and not answered yet
    char head[headMax];
};

static struct connection *connections;
static int *freeOnes, freeCount;
static uint64_t *dueOnes;            // what no connection was free for, in order
static size_t dueHead, dueTail, dueSize;
static uint32_t *latencies, *lateness, *shedLatencies;
static size_t latencyCount, latenessCount, shedCount, missingCount, sampleSize;
static int maySeeShed;
static uint64_t measureFrom;
static char request[2048];
static size_t requestSize;
static long inFlight;

static void fail(const char *what) {
    fprintf(stderr, "openloop: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

// The same arrivals in every run.
static double uniform(void) {
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return ((double)(state >> 11) + 0.5) / 9007199254740992.0;
}

static int open_connection(int port) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) fail("connect");
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

static void send_request(int index, uint64_t due) {
    struct connection *c = &connections[index];
    c->due = due;
    c->held = c->left = 0;
    c->isInBody = 0;
    c->isAsked = 1;
    inFlight++;
    if (send(c->fd, request, requestSize, MSG_NOSIGNAL) != (ssize_t)requestSize) fail("send");
}

// The head is complete at `end`: 200, and how long the body is.
static void read_head(struct connection *c, char *end) {
    c->isShed = maySeeShed && strncmp(c->head, "HTTP/1.1 503", 12) == 0;
    if (!c->isShed && strncmp(c->head, "HTTP/1.1 200", 12) != 0) {
        fprintf(stderr, "openloop: %.60s\n", c->head);
        exit(1);
    }
    for (char *line = c->head; line < end; line = strstr(line, "\r\n") + 2)
        if (strncasecmp(line, "content-length:", 15) == 0) c->left = strtoul(line + 15, NULL, 10);
    size_t rest = c->held - (size_t)(end + 4 - c->head);
    if (rest > c->left) fail("more than one answer came");
    c->left -= rest;
    c->isInBody = 1;
}

static void finish(int index) {
    struct connection *c = &connections[index];
    uint64_t took = (now() - c->due) / 1000;
    uint32_t latency = took > UINT32_MAX ? UINT32_MAX : (uint32_t)took;
    if (c->due >= measureFrom && c->isShed && shedCount < sampleSize) shedLatencies[shedCount++] = latency;
    if (c->due >= measureFrom && !c->isShed && latencyCount < sampleSize) latencies[latencyCount++] = latency;
    c->isAsked = 0;
    inFlight--;
    if (dueHead != dueTail) send_request(index, dueOnes[dueHead++ % dueSize]);
    else freeOnes[freeCount++] = index;
}

static void receive(int index) {
    struct connection *c = &connections[index];
    for (;;) {
        // The kernel throws a body away by itself.
        ssize_t count = c->isInBody ? recv(c->fd, NULL, c->left, MSG_TRUNC)
                                    : recv(c->fd, c->head + c->held, headMax - 1 - c->held, 0);
        if (count < 0 && errno == EAGAIN) return;
        if (count <= 0) fail("the connection ended");
        if (c->isInBody) {
            c->left -= (size_t)count;
        } else {
            c->held += (size_t)count;
            c->head[c->held] = 0;
            char *end = strstr(c->head, "\r\n\r\n");
            if (end) read_head(c, end);
        }
        if (c->isInBody && c->left == 0) {
            finish(index);
            return;
        }
    }
}

static void note_missing(uint64_t due) {
    if (due < measureFrom) return;
    missingCount++;
    if (latencyCount < sampleSize) latencies[latencyCount++] = (uint32_t)((now() - due) / 1000);
}

static int compare(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static uint32_t percentile(const uint32_t *sorted, size_t count, double share) {
    return count == 0 ? 0 : sorted[(size_t)(share * (double)(count - 1))];
}

int main(int argc, char **argv) {
    maySeeShed = argc == 8 && strcmp(argv[7], "shed") == 0;
    if (argc != 7 && !maySeeShed) {
        fprintf(stderr, "usage: openloop PORT PATH CONNECTIONS RATE SECONDS WARM-UP [shed]\n");
        return 2;
    }
    int port = atoi(argv[1]), count = atoi(argv[3]);
    double rate = atof(argv[4]), seconds = atof(argv[5]), warmUp = atof(argv[6]);
    if (count < 1 || count > connectionsMax || rate <= 0) return 2;
    requestSize = (size_t)snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", argv[2]);
    connections = calloc((size_t)count, sizeof *connections);
    freeOnes = calloc((size_t)count, sizeof *freeOnes);
    dueSize = (size_t)(rate * (seconds + warmUp) * 1.2) + 1000;
    dueOnes = calloc(dueSize, sizeof *dueOnes);
    sampleSize = dueSize;
    latencies = calloc(sampleSize, sizeof *latencies);
    lateness = calloc(sampleSize, sizeof *lateness);
    shedLatencies = calloc(sampleSize, sizeof *shedLatencies);
    prctl(PR_SET_TIMERSLACK, 1);
    int epoll = epoll_create1(0);
    for (int index = 0; index < count; index++) {
        connections[index].fd = open_connection(port);
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)index};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, connections[index].fd, &event) != 0) fail("epoll_ctl");
    }
    // Each connection asks once before one asks again: a gateway closes those that say nothing.
    int unusedCount = count;
    uint64_t start = now(), end = start + (uint64_t)((warmUp + seconds) * 1e9);
    measureFrom = start + (uint64_t)(warmUp * 1e9);
    uint64_t next = start, last = end + (maySeeShed ? 2000000000u : 10000000000u);
    while (next < end || inFlight > 0) {
        uint64_t time = now();
        if (time > last && maySeeShed) break;
        if (time > last) fail("answers are missing 10 s after the end");
        while (next < end && next <= time) {
            if (next >= measureFrom && latenessCount < sampleSize) lateness[latenessCount++] = (uint32_t)((time - next) / 1000);
            if (unusedCount > 0) send_request(--unusedCount, next);
            else if (freeCount > 0) send_request(freeOnes[--freeCount], next);
            else dueOnes[dueTail++ % dueSize] = next;
            next += (uint64_t)(-log(uniform()) / rate * 1e9);
        }
        int64_t wait = next < end ? (int64_t)(next - now()) : 100000000;
        if (wait < 0) wait = 0;
        struct timespec timeout = {wait / 1000000000, wait % 1000000000};
        struct epoll_event events[256];
        int ready = epoll_pwait2(epoll, events, 256, &timeout, NULL);
        if (ready < 0 && errno != EINTR) fail("epoll_pwait2");
        for (int index = 0; index < ready; index++) receive((int)events[index].data.u32);
    }
    // What was never answered.
    for (; dueHead != dueTail; dueHead++) note_missing(dueOnes[dueHead % dueSize]);
    for (int index = 0; index < count; index++)
        if (connections[index].isAsked) note_missing(connections[index].due);
    qsort(latencies, latencyCount, sizeof *latencies, compare);
    qsort(lateness, latenessCount, sizeof *lateness, compare);
    printf("requests %zu rate %.0f late99 %u p50 %u p90 %u p99 %u p999 %u max %u\n", latencyCount,
           (double)(latencyCount - missingCount) / seconds, percentile(lateness, latenessCount, 0.99), percentile(latencies, latencyCount, 0.5),
           percentile(latencies, latencyCount, 0.9), percentile(latencies, latencyCount, 0.99),
           percentile(latencies, latencyCount, 0.999), percentile(latencies, latencyCount, 1));
    if (maySeeShed) {
        qsort(shedLatencies, shedCount, sizeof *shedLatencies, compare);
        printf("missing %zu shed %zu shedrate %.0f shed50 %u shed99 %u\n", missingCount, shedCount, (double)shedCount / seconds,
               percentile(shedLatencies, shedCount, 0.5), percentile(shedLatencies, shedCount, 0.99));
    }
    return 0;
}
