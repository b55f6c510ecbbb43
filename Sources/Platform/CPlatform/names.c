#define _GNU_SOURCE 1
#include "names.h"

#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdio.h>
#include <string.h>

// An answer over TCP may have 65 535 bytes; one that is longer than this is not used.
enum { answer_size = 16384 };

static uint16_t read16(const uint8_t *bytes) { return (uint16_t)(bytes[0] << 8 | bytes[1]); }
static uint32_t read32(const uint8_t *bytes) { return (uint32_t)read16(bytes) << 16 | read16(bytes + 2); }

/// A walk over the records of an answer. Every step is within `end`.
struct walk {
    const uint8_t *start, *end, *next;
    int left;
    // The record that it stands at.
    uint16_t type;
    uint32_t ttl;
    const uint8_t *data;
    uint16_t data_count;
};

/// - Returns: 0 if this is no answer.
static int begin(struct walk *walk, const uint8_t *answer, int count) {
    if (count < NS_HFIXEDSZ) return 0;
    *walk = (struct walk){.start = answer, .end = answer + count, .next = answer + NS_HFIXEDSZ, .left = read16(answer + 6)};
    for (int question = read16(answer + 4); question > 0; question--) {
        const int length = dn_skipname(walk->next, walk->end);
        if (length < 0 || walk->end - walk->next < length + NS_QFIXEDSZ) return 0;
        walk->next += length + NS_QFIXEDSZ;
    }
    return 1;
}

/// - Returns: 0 behind the last record, or where the rest is none.
static int step(struct walk *walk) {
    if (walk->left-- <= 0) return 0;
    const int length = dn_skipname(walk->next, walk->end);
    if (length < 0 || walk->end - walk->next < length + NS_RRFIXEDSZ) return 0;
    const uint8_t *record = walk->next + length;
    walk->type = read16(record);
    walk->ttl = read32(record + 4);
    walk->data_count = read16(record + 8);
    walk->data = record + NS_RRFIXEDSZ;
    if (walk->end - walk->data < walk->data_count) return 0;
    walk->next = walk->data + walk->data_count;
    return 1;
}

static const char *reason(int code) {
    switch (code) {
    case HOST_NOT_FOUND: return "there is no such name";
    case NO_DATA: return "the name has no such records";
    case TRY_AGAIN: return "no name server answers";
    default: return "the name server refuses";
    }
}

/// - Returns: the bytes of the answer; -1 if there is none.
static int ask(struct apic_name_server server, const char *name, int type, uint8_t *answer, char *problem) {
    struct __res_state state;
    memset(&state, 0, sizeof state);
    if (res_ninit(&state) != 0) {
        snprintf(problem, apic_problem_size, "the resolver cannot be set up");
        return -1;
    }
    if (server.port != 0) {
        state.nscount = 1;
        state.nsaddr_list[0] = (struct sockaddr_in){
            .sin_family = AF_INET, .sin_port = server.port, .sin_addr.s_addr = server.address};
    }
    state.retrans = 2;
    state.retry = 2;
    const int count = res_nquery(&state, name, ns_c_in, type, answer, answer_size);
    if (count < 0) snprintf(problem, apic_problem_size, "%s", reason(state.res_h_errno));
    res_nclose(&state);
    if (count > answer_size) {
        snprintf(problem, apic_problem_size, "the answer is too long");
        return -1;
    }
    return count;
}

int apic_find_services(
    struct apic_name_server server, const char *name, struct apic_service *services, int count_max, uint32_t *ttl,
    char *problem
) {
    uint8_t answer[answer_size];
    struct walk walk;
    int found = 0;
    const int count = ask(server, name, ns_t_srv, answer, problem);
    if (count < 0) return -1;
    *ttl = UINT32_MAX;
    if (!begin(&walk, answer, count)) {
        snprintf(problem, apic_problem_size, "the answer is malformed");
        return -1;
    }
    while (found < count_max && step(&walk)) {
        if (walk.type != ns_t_srv || walk.data_count < 7) continue;
        struct apic_service *service = &services[found];
        service->priority = read16(walk.data);
        service->weight = read16(walk.data + 2);
        service->port = read16(walk.data + 4);
        if (dn_expand(walk.start, walk.end, walk.data + 6, service->host, apic_name_size) < 0) continue;
        // A root as the host says that there is no such service here.
        if (service->host[0] == 0 || service->port == 0) continue;
        if (walk.ttl < *ttl) *ttl = walk.ttl;
        found++;
    }
    if (found == 0) snprintf(problem, apic_problem_size, "the name has no servers");
    return found > 0 ? found : -1;
}

static int find(
    struct apic_name_server server, const char *name, int type, struct apic_host_address *addresses, int count_max,
    uint32_t *ttl, char *problem
) {
    uint8_t answer[answer_size];
    struct walk walk;
    int found = 0;
    const int size = type == ns_t_a ? 4 : 16;
    const int count = ask(server, name, type, answer, problem);
    if (count < 0 || !begin(&walk, answer, count)) return 0;
    while (found < count_max && step(&walk)) {
        if (walk.type != type || walk.data_count != size) continue;
        memcpy(addresses[found].bytes, walk.data, (size_t)size);
        addresses[found].count = (uint8_t)size;
        if (walk.ttl < *ttl) *ttl = walk.ttl;
        found++;
    }
    return found;
}

int apic_find_addresses(
    struct apic_name_server server, const char *name, struct apic_host_address *addresses, int count_max, uint32_t *ttl,
    char *problem
) {
    *ttl = UINT32_MAX;
    snprintf(problem, apic_problem_size, "the name has no address");
    int found = find(server, name, ns_t_a, addresses, count_max, ttl, problem);
    char other[apic_problem_size];
    found += find(server, name, ns_t_aaaa, addresses + found, count_max - found, ttl, other);
    return found > 0 ? found : -1;
}
