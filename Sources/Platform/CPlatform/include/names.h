#pragma once
// Questions to name servers by glibc's stub resolver: for services (RFC 2782), which `getaddrinfo` does not know, and for
// everything where a server is named beside the system's. Threads that ask may wait.
#include <stddef.h>
#include <stdint.h>

enum { apic_name_size = 256, apic_problem_size = 128 };

/// Whom to ask: an IPv4 address and a port, both as they are sent; port 0 is the system's servers.
struct apic_name_server {
    uint32_t address;
    uint16_t port;
};

/// One server of a service.
struct apic_service {
    /// Zero-terminated.
    char host[apic_name_size];
    uint16_t port;
    /// Of the servers that can be reached those with the least one are used.
    uint16_t priority;
    uint16_t weight;
};

/// Asks for the servers of a service.
///
/// - Parameters:
///   - ttl: gets for how many seconds the answer holds.
///   - problem: gets one line for people if it fails; `apic_problem_size` bytes, zero-terminated.
/// - Returns: how many there are, at most `count_max`; -1 if it fails.
int apic_find_services(
    struct apic_name_server server, const char *name, struct apic_service *services, int count_max, uint32_t *ttl,
    char *problem
);

/// An address of a host.
struct apic_host_address {
    /// 4 or 16 bytes of it, as they are sent.
    uint8_t bytes[16];
    uint8_t count;
};

/// Asks for the addresses of a host: those of IPv4 and of IPv6.
///
/// - Returns: as above.
int apic_find_addresses(
    struct apic_name_server server, const char *name, struct apic_host_address *addresses, int count_max, uint32_t *ttl,
    char *problem
);
