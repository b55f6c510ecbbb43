#pragma once
#include "platform.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/membarrier.h>
#include <linux/memfd.h>
#include <signal.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

// What the control side needs of Linux and Swift cannot import: variadic calls, macros, packed structs.

/// A memory file that can be sealed; -1 and `errno` on failure.
static inline int apic_memory_file(const char *name) {
    return (int)syscall(SYS_memfd_create, name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

/// Forbids every change of a memory file, also of its size and of its seals. 0, or -1 and `errno`.
static inline int apic_seal_memory_file(int fd) {
    enum { add_seals = 1033, seal_seal = 1, seal_shrink = 2, seal_grow = 4, seal_write = 8 };  // linux/fcntl.h
    return fcntl(fd, add_seals, seal_write | seal_shrink | seal_grow | seal_seal);
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
    return inotify_add_watch(
        fd, path, IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR);
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

/// Copies within the kernel, from the file's position to the other's. Bytes copied, 0 at the end, or -1 and `errno`.
static inline ssize_t apic_copy_file(int to, int from, size_t count) { return sendfile(to, from, 0, count); }

/// `mmap` flags that Swift imports as something else.
static const int apic_map_populate = MAP_POPULATE;
static const int apic_map_noreserve = MAP_NORESERVE;
static const int apic_map_anonymous = MAP_ANONYMOUS;
