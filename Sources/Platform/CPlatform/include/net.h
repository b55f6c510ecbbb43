#pragma once
// Sockets and epoll for the data plane. Only plain types appear here: system headers would give Swift a second set of
// the types that its Glibc module defines.
// Names of servers are in names.h.
#include <stddef.h>
#include <stdint.h>

/// What an event says; several may be set.
enum {
    apic_event_readable = 1,
    apic_event_writable = 2,
    /// The peer sends no more.
    apic_event_ending = 4,
    /// The connection is broken.
    apic_event_broken = 8,
};

/// What epoll tells of one descriptor.
struct apic_event {
    uint32_t events;
    int32_t descriptor;
    uint32_t generation;
};

/// The events that one wait takes at most.
enum { apic_event_count_max = 128 };

/// A peer's address as 16 bytes (IPv4 mapped, ::ffff:a.b.c.d) and a port in host order.
struct apic_peer {
    uint64_t high;
    uint64_t low;
    uint16_t port;
};

/// An epoll instance, closed on exec. The descriptor, or a negated errno.
int apic_epoll_make(void);
/// Registers a descriptor for all edges; or, level-triggered, for input, of which one of those that share it hears. 0, or
/// an errno.
int apic_epoll_add(int epoll, int descriptor, uint32_t generation, int edges);
int apic_epoll_remove(int epoll, int descriptor);
/// Waits for at most `apic_event_count_max` events. Their number (0 after a time-out or a signal), or a negated errno.
/// Where none is there yet, it sleeps for `pause` microseconds, less than a second, before it looks for them.
int apic_epoll_wait(int epoll, struct apic_event *events, int milliseconds, uint32_t pause);
/// Lets pauses of the calling thread be as short as they say: the kernel rounds its time-outs to a microsecond.
void apic_time_precisely(void);

/// Accepts one connection, nonblocking and closed on exec, without Nagle's delay. The descriptor, or a negated errno.
int apic_accept(int listener, struct apic_peer *peer);
/// Begins to connect to a socket address of `length` bytes. The nonblocking descriptor, or a negated errno.
int apic_connect(const void *address, uint32_t length);
/// The error that waits on a socket, 0 if none.
int apic_socket_error(int descriptor);
/// Reads. The number of bytes (0 at the end), or a negated errno.
long apic_receive(int descriptor, void *bytes, size_t count);
/// Reads without taking. The number of bytes (0 at the end), or a negated errno.
long apic_peek(int descriptor, void *bytes, size_t count);
/// Whether an idle connection is still quiet: nothing to read and not closed.
int apic_is_quiet(int descriptor);
/// Writes up to three stretches at once. The number of bytes, or a negated errno.
long apic_send3(
    int descriptor, const void *first, size_t first_count, const void *second, size_t second_count, const void *third,
    size_t third_count);
/// Tells the peer that nothing more comes.
void apic_end_sending(int descriptor);
/// Makes the close of a connection a reset, so that a peer can never take a cut answer for a whole one.
void apic_reset_on_close(int descriptor);
/// Descriptors that the process may open.
uint64_t apic_descriptor_limit(void);

/// The monotonic clock.
uint64_t apic_microseconds(void);
/// Milliseconds since 1970, a few milliseconds coarse.
int64_t apic_wall_milliseconds(void);
