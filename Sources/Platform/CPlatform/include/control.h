#pragma once
#include "platform.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/membarrier.h>
#include <linux/memfd.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

// What the control side needs of Linux and Swift cannot import: variadic calls, macros, packed structs.

/// A file that is nothing but memory; -1 and `errno` on failure.
static inline int apic_memory_file(const char *name) {
    return (int)syscall(SYS_memfd_create, name, MFD_CLOEXEC);
}

/// Opens for reading, never blocking (a path that names a FIFO), never inherited.
static inline int apic_open_for_reading(const char *path) { return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); }

/// Opens a log for appending, made if it is missing.
static inline int apic_open_for_appending(const char *path) {
    return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
}

static inline int apic_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

static inline int apic_signalfd(const sigset_t *signals) { return signalfd(-1, signals, SFD_CLOEXEC | SFD_NONBLOCK); }

/// The next pending signal's number, or 0.
static inline int apic_signalfd_next(int fd) {
    struct signalfd_siginfo info;
    return read(fd, &info, sizeof info) == (ssize_t)sizeof info ? (int)info.ssi_signo : 0;
}

static inline int apic_inotify(void) { return inotify_init1(IN_CLOEXEC | IN_NONBLOCK); }

/// Watches a directory for whatever may put another table in place. The watch, or -1 and `errno`.
static inline int apic_inotify_watch_directory(int fd, const char *path) {
    const uint32_t content = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE;
    return inotify_add_watch(fd, path, content | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR);
}

static inline int apic_set_nonblocking(int fd) {
    int flags = fcntl(fd, F_GETFL);
    return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

/// Keeps the compiler from moving memory accesses across; the processor may. The other half of `apic_barrier_all`.
static inline void apic_barrier_compiler(void) { __atomic_signal_fence(__ATOMIC_SEQ_CST); }

/// Asks for `apic_barrier_all`. 0, or -1 where the kernel has none.
static inline int apic_barrier_register(void) {
    return (int)syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0);
}

/// A full barrier on every running thread of the process: the rare side of an asymmetric fence. 0, or -1.
static inline int apic_barrier_all(void) {
    return (int)syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
}

/// `mmap` flags that Swift imports as something else.
static const int apic_map_noreserve = MAP_NORESERVE;
static const int apic_map_anonymous = MAP_ANONYMOUS;
static const int apic_advice_huge_pages = MADV_HUGEPAGE;

/// Names the calling thread; 15 bytes count.
static inline void apic_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

/// Processors that this process may run on, at least 1.
static inline int apic_processor_count(void) {
    unsigned long words[64] = {0};
    long bytes = syscall(SYS_sched_getaffinity, 0, sizeof words, words);
    int count = 0;
    for (long word = 0; word < bytes / (long)sizeof words[0]; word++) count += __builtin_popcountl(words[word]);
    return count > 0 ? count : 1;
}

/// Opens a listening TCP socket, nonblocking. The descriptor, or a negated errno.
///
/// `shared` lets several sockets of this process serve the address (`SO_REUSEPORT`); without it, binding fails while
/// anybody serves it.
static inline int apic_listen(const struct sockaddr *address, socklen_t length, int shared, int only_ipv6, int backlog) {
    int descriptor = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) return -errno;
    const int on = 1;
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address->sa_family == AF_INET6) {
        setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &only_ipv6, sizeof only_ipv6);
    }
    if ((shared && setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) ||
        bind(descriptor, address, length) != 0 || (backlog > 0 && listen(descriptor, backlog) != 0)) {
        const int error = errno;
        close(descriptor);
        return -error;
    }
    return descriptor;
}

/// Accepts one connection, nonblocking. The descriptor, or a negated errno.
static inline int apic_accept_plain(int listener) {
    int descriptor = accept(listener, 0, 0);
    if (descriptor < 0) return -errno;
    apic_set_nonblocking(descriptor);
    fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    return descriptor;
}

/// The port on which a socket is bound, or 0.
static inline uint16_t apic_bound_port(int descriptor) {
    struct sockaddr_storage storage;
    socklen_t length = sizeof storage;
    if (getsockname(descriptor, (struct sockaddr *)&storage, &length) != 0) return 0;
    if (storage.ss_family == AF_INET) return ntohs(((struct sockaddr_in *)&storage)->sin_port);
    if (storage.ss_family == AF_INET6) return ntohs(((struct sockaddr_in6 *)&storage)->sin6_port);
    return 0;
}

/// Raises the soft limit on descriptors to the hard one. What it is now.
static inline uint64_t apic_raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    if (limit.rlim_cur < limit.rlim_max) {
        const rlim_t before = limit.rlim_cur;
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = before;
    }
    return limit.rlim_cur;
}

/// Unmaps the code and constants of the program and its libraries; what is used again comes back from the page cache by
/// itself. After a start, of which most of the code never runs again. Free heap goes back, too.
void apic_give_back_startup_memory(void);
