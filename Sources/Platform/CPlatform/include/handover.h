#pragma once
// How one process gives listening sockets to another: Unix sockets that carry descriptors (unix(7), SCM_RIGHTS).
#include <stddef.h>
#include <stdint.h>

/// Descriptors that one message carries at most; Linux takes 253.
enum { apic_handover_descriptor_max = 128 };

/// Opens a listening Unix socket of messages (SOCK_SEQPACKET), nonblocking, that only its owner may connect to, and puts
/// it in the place of the one that is at the path. The descriptor, or a negated errno: ENOTSOCK for anything else there.
int apic_handover_listen(const char *path);
/// Connects to one. The descriptor, blocking with time-outs of so many milliseconds, or a negated errno.
int apic_handover_connect(const char *path, int milliseconds);
/// Accepts one peer that runs as the same user, nonblocking. The descriptor, or a negated errno.
int apic_handover_accept(int listener);
/// Sends one message with descriptors. 0, or a negated errno.
int apic_handover_send(int socket, const void *bytes, size_t count, const int32_t *descriptors, size_t descriptor_count);
/// Receives one message of at most `capacity` bytes and its descriptors, closed on exec. Its byte count (0 at the end),
/// or a negated errno; `descriptor_count` is room before and what came after.
long apic_handover_receive(
    int socket, void *bytes, size_t capacity, int32_t *descriptors, size_t *descriptor_count);

/// The address on which a socket listens for streams, as sockaddr bytes into `address` of `capacity` bytes. Its byte
/// count, or 0 if the descriptor is no such socket.
uint32_t apic_listening_address(int descriptor, void *address, uint32_t capacity);
/// Whether other sockets may be bound to the address of this one (SO_REUSEPORT).
int apic_shares_address(int descriptor);
/// Makes a descriptor nonblocking and closed on exec. 0, or a negated errno.
int apic_adopt_descriptor(int descriptor);
