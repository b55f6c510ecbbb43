#pragma once
// Counts that several processes share, in a Redis server, by hiredis, for a thread that may wait. The library is opened
// when it is first asked for, so that a gateway that shares nothing never loads it. Only plain types appear here.
#include <stddef.h>
#include <stdint.h>

/// A connection, for one thread at a time.
struct apic_redis;

enum { apic_redis_problem_size = 256 };

/// Where a server is, and as whom to speak to it. Texts are zero-terminated.
struct apic_redis_place {
    const char *host;
    int port;
    unsigned database;
    /// `NULL` is the default user.
    const char *username;
    /// `NULL` if the server asks for none.
    const char *password;
    /// For the connection, and for each round trip.
    long milliseconds;
};

/// A count of one window.
struct apic_redis_count {
    /// Names the count, and the window of time.
    uint64_t key;
    uint64_t window;
    /// What is added to it.
    uint64_t added;
    /// For how long the server keeps it, from the first addition on.
    uint64_t seconds;
    /// What it is behind that; 0 if there is none.
    uint64_t total;
};

/// Connects, and says who it is.
///
/// - Parameters:
///   - clock: gets the server's clock, in microseconds since 1970.
///   - problem: gets one line for people if it fails; zero-terminated.
/// - Returns: `NULL` if it fails.
struct apic_redis *apic_redis_open(const struct apic_redis_place *place, uint64_t *clock, char *problem);
void apic_redis_close(struct apic_redis *redis);

/// Adds to counts and reads them, in one round trip. Behind a failure the connection is of no use, and nobody knows which
/// additions the server has made.
///
/// - Returns: 0; or -1 with a line for people in `problem`.
int apic_redis_share(
    struct apic_redis *redis, struct apic_redis_count *counts, size_t count, uint64_t *clock, char *problem
);
