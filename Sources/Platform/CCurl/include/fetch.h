#pragma once
// Fetching over HTTP by libcurl, off the request path. The library is opened when it is first asked for: it brings some
// thirty others along, which a gateway that fetches nothing shall not load. Only plain types appear here.
#include <stddef.h>
#include <stdint.h>

/// A client with its connections, for one thread at a time.
struct apic_fetcher;

/// Opens libcurl.
///
/// - Parameters:
///   - problem: gets one line for people if it fails; zero-terminated.
/// - Returns: `NULL` if there is no libcurl that will do.
struct apic_fetcher *apic_fetcher_make(char *problem, size_t problem_size);
void apic_fetcher_free(struct apic_fetcher *fetcher);

enum { apic_fetch_etag_size = 256, apic_fetch_problem_size = 256 };

/// What to fetch. Paths and texts are zero-terminated; those that may be `NULL` say so.
struct apic_fetch {
    /// `http` or `https`. Redirections are answers like others: they are not followed.
    const char *url;
    /// Path to the authorities that servers must prove to be of, as PEM; `NULL` is the system's.
    const char *authorities;
    /// Paths to what the client shows of itself, as PEM; `NULL` is nothing.
    const char *certificate;
    const char *key;
    /// The answer is wanted only if it has another tag; `NULL` is any.
    const char *etag;
    /// Where the body of an answer 200 is written; others are dropped.
    int descriptor;
    /// A longer body ends the fetch.
    uint64_t byte_count_max;
    long connect_milliseconds;
    /// The whole fetch; 0 is no bound.
    long total_milliseconds;
    /// A fetch that has less than a kilobyte a second for so long ends.
    long stall_seconds;
};

/// What came of it.
struct apic_fetch_answer {
    /// Of HTTP; 0 if there was no answer.
    int status;
    /// Of the body that was written.
    uint64_t byte_count;
    /// Zero-terminated; empty if the answer had none, or one that is too long.
    char etag[apic_fetch_etag_size];
    /// One line for people; zero-terminated.
    char problem[apic_fetch_problem_size];
};

/// Fetches. 0 if there is an answer, whatever its status; otherwise `problem` says what went wrong.
int apic_fetch(struct apic_fetcher *fetcher, const struct apic_fetch *fetch, struct apic_fetch_answer *answer);
