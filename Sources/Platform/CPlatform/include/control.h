#pragma once
// What the control side needs of Linux and Swift cannot import: variadic calls, macros, packed structs. Only plain types
// appear here: system headers would give Swift a second set of the types that its Glibc module defines.
#include <stdint.h>

/// Opens `/dev/null` in place of each of standard input, output and error that the process was started without: the
/// next descriptor that is opened would take its number, and what is meant for people would be written into it.
void apic_fill_standard_descriptors(void);

/// A file that is nothing but memory; -1 and `errno` on failure.
int apic_memory_file(const char *name);
/// Opens for reading, never blocking (a path that names a FIFO), never inherited. -1 and `errno` on failure.
int apic_open_for_reading(const char *path);
/// Opens a log for appending, made if it is missing. -1 and `errno` on failure.
int apic_open_for_appending(const char *path);

/// Opens a file that processes lock, made if it is missing. -1 and `errno` on failure.
int apic_open_lock(const char *path);
/// Makes a file that is not there yet, for writing. -1 and `errno` on failure.
int apic_create_file(const char *path);

/// Gives a file the present as the time of its last change; it is made if it is missing. -1 and `errno` on failure.
int apic_touch(const char *path);

/// A counter to wake others with, nonblocking and closed on exec; -1 and `errno` on failure.
int apic_eventfd(void);
/// Blocks signals in the calling thread and in all that it starts from here on.
///
/// Returns a descriptor that tells of each, or -1 and `errno`.
int apic_signalfd(const int *numbers, int count);
/// The next pending signal's number, or 0.
int apic_signalfd_next(int descriptor);

int apic_inotify(void);
/// Watches a directory for whatever may put another table in place. The watch, or -1 and `errno`.
int apic_inotify_watch_directory(int descriptor, const char *path);

int apic_set_nonblocking(int descriptor);

/// Keeps the compiler from moving memory accesses across; the processor may. The other half of `apic_barrier_all`.
static inline void apic_barrier_compiler(void) { __atomic_signal_fence(__ATOMIC_SEQ_CST); }
/// Asks for `apic_barrier_all`. 0, or -1 where the kernel has none.
int apic_barrier_register(void);
/// A full barrier on every running thread of the process: the rare side of an asymmetric fence. 0, or -1.
int apic_barrier_all(void);

/// `mmap` flags that Swift imports as something else.
extern const int apic_map_noreserve;
extern const int apic_map_anonymous;
extern const int apic_advice_huge_pages;

/// Starts a detached thread, which has the signal mask of its maker. 0, or an errno.
int apic_start_thread(uint64_t stack_byte_count, void (*run)(void *argument), void *argument);
/// Does two pieces of work at the same time, the first on a thread of its own, and returns when both are done. Without a
/// thread they are done one after the other.
void apic_run_both(uint64_t stack_byte_count, void (*run)(void *argument), void *aside, void *here);
/// Names the calling thread; 15 bytes count.
void apic_name_thread(const char *name);
/// Processors that this process may run on, at least 1.
int apic_processor_count(void);

/// Opens a listening TCP socket on a socket address of `length` bytes, nonblocking. The descriptor, or a negated errno.
///
/// `shared` lets several sockets of this process serve the address (`SO_REUSEPORT`); without it, binding fails while
/// anybody serves it.
int apic_listen(const void *address, uint32_t length, int shared, int only_ipv6, int backlog);

/// What tells a file from one that took its place.
struct apic_file {
    uint64_t device;
    uint64_t inode;
};
/// Looks at a path without following a link. Whether it is a socket; negative if nothing is there.
int apic_file_is_socket(const char *path, struct apic_file *file);
/// Opens a listening Unix socket on the socket address of a path, nonblocking, for owner and group. A socket file behind
/// which nobody listens gives way. The descriptor, or a negated errno: EEXIST for a file that is no socket.
int apic_listen_path(const void *address, uint32_t length, const char *path, int backlog);
/// Another descriptor of the same socket, closed on exec; -1 and `errno` on failure.
int apic_duplicate(int descriptor);

/// Accepts one connection, nonblocking and closed on exec. The descriptor, or a negated errno.
int apic_accept_plain(int listener);
/// The port on which a socket is bound, or 0.
uint16_t apic_bound_port(int descriptor);

/// Raises the soft limit on descriptors to the hard one. What it is now.
uint64_t apic_raise_descriptor_limit(void);

/// Unmaps the code and constants of the program and its libraries; what is used again comes back from the page cache by
/// itself. After a start, of which most of the code never runs again. Free heap goes back, too.
void apic_give_back_startup_memory(void);

/// Sends one datagram to a Unix socket, whose address is a path, or behind `@` a name. 0, or an errno.
int apic_send_datagram(const char *address, const char *text, uint64_t length);
