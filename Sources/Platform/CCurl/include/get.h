#pragma once
// One GET into memory by libcurl, for threads that may wait. It opens the library as fetch.h says.
#include <stddef.h>
#include <stdint.h>

enum {
    apic_get_done = 0,
    /// libcurl is not installed, or too old.
    apic_get_no_library,
    /// The body was longer than its bound.
    apic_get_too_long,
    /// No answer; `detail` says why.
    apic_get_failed,
};

struct apic_got {
    int result;
    /// HTTP status; 0 if there was none.
    long status;
    size_t count;
    /// What `Cache-Control` says for how long, in seconds; -1 if nothing.
    int64_t max_age;
    /// One line, zero-terminated; may be empty.
    char detail[256];
};

/// Fetches a URL of `http` or `https` within a time, and follows a few redirections, never from `https` to `http`.
///
/// - Parameters:
///   - url: zero-terminated.
///   - authorities: a path to the authorities that are believed, zero-terminated; `NULL` is the system's.
///   - body: room for the answer's body.
///   - must_stop: ends the transfer soon once it is not zero.
void apic_get(
    const char *url, const char *authorities, uint8_t *body, size_t capacity, long timeout_milliseconds,
    const uint32_t *must_stop, struct apic_got *got
);
