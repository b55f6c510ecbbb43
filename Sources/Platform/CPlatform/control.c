// accept4, dl_iterate_phdr and madvise are GNU extensions; no header that Swift sees is included here under that flag.
#define _GNU_SOURCE 1
#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <linux/membarrier.h>
#include <malloc.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

void apic_fill_standard_descriptors(void) {
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++) {
        if (fcntl(descriptor, F_GETFD) >= 0 || errno != EBADF) continue;
        // The lowest free number is taken, and those below are filled: it is this one.
        if (open("/dev/null", descriptor == STDIN_FILENO ? O_RDONLY : O_WRONLY) < 0) return;
    }
}

int apic_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

int apic_open_for_reading(const char *path) { return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); }

int apic_open_for_appending(const char *path) {
    return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
}

int apic_open_lock(const char *path) {
    return open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
}

int apic_create_file(const char *path) {
    return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
}

int apic_touch(const char *path) {
    const int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (file < 0) return -1;
    const int code = futimens(file, NULL);
    close(file);
    return code;
}

int apic_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

int apic_signalfd(const int *numbers, int count) {
    sigset_t signals;
    sigemptyset(&signals);
    for (int index = 0; index < count; index++) sigaddset(&signals, numbers[index]);
    const int error = pthread_sigmask(SIG_BLOCK, &signals, NULL);
    if (error != 0) {
        errno = error;
        return -1;
    }
    return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

int apic_signalfd_next(int descriptor) {
    struct signalfd_siginfo info;
    return read(descriptor, &info, sizeof info) == (ssize_t)sizeof info ? (int)info.ssi_signo : 0;
}

int apic_inotify(void) { return inotify_init1(IN_CLOEXEC | IN_NONBLOCK); }

int apic_inotify_watch_directory(int descriptor, const char *path) {
    const uint32_t content = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE;
    return inotify_add_watch(descriptor, path, content | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR);
}

int apic_set_nonblocking(int descriptor) {
    const int flags = fcntl(descriptor, F_GETFL);
    return flags < 0 ? -1 : fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
}

int apic_barrier_register(void) {
    return (int)syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0);
}

int apic_barrier_all(void) { return (int)syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0); }

const int apic_map_noreserve = MAP_NORESERVE;
const int apic_map_anonymous = MAP_ANONYMOUS;
const int apic_advice_huge_pages = MADV_HUGEPAGE;

// What a thread begins with; freed by the thread itself.
struct thread_start {
    void (*run)(void *argument);
    void *argument;
};

static void *run_thread(void *start) {
    const struct thread_start given = *(struct thread_start *)start;
    free(start);
    given.run(given.argument);
    return NULL;
}

int apic_start_thread(uint64_t stack_byte_count, void (*run)(void *argument), void *argument) {
    struct thread_start *start = malloc(sizeof *start);
    if (start == NULL) return ENOMEM;
    *start = (struct thread_start){run, argument};
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    int error = pthread_attr_setstacksize(&attributes, stack_byte_count);
    pthread_t thread;
    if (error == 0) error = pthread_create(&thread, &attributes, run_thread, start);
    pthread_attr_destroy(&attributes);
    if (error != 0) free(start);
    return error;
}

struct piece_of_work {
    void (*run)(void *argument);
    void *argument;
};

static void *run_piece(void *piece) {
    const struct piece_of_work *given = piece;
    given->run(given->argument);
    return NULL;
}

void apic_run_both(uint64_t stack_byte_count, void (*run)(void *argument), void *aside, void *here) {
    // The thread is joined below, so that what it was given outlives it.
    struct piece_of_work piece = {run, aside};
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_t thread;
    const int error = pthread_attr_setstacksize(&attributes, stack_byte_count) != 0
        || pthread_create(&thread, &attributes, run_piece, &piece) != 0;
    pthread_attr_destroy(&attributes);
    if (error) run(aside);
    run(here);
    if (!error) pthread_join(thread, NULL);
}

void apic_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

int apic_processor_count(void) {
    // The call itself: the C library's set has room for 1024 processors and fails on a machine with more.
    unsigned long words[64] = {0};
    const long bytes = syscall(SYS_sched_getaffinity, 0, sizeof words, words);
    int count = 0;
    for (long word = 0; word < bytes / (long)sizeof words[0]; word++) count += __builtin_popcountl(words[word]);
    return count > 0 ? count : 1;
}

int apic_listen(const void *address, uint32_t length, int shared, int only_ipv6, int backlog) {
    struct sockaddr_storage storage;
    if (length > sizeof storage) return -EINVAL;
    memcpy(&storage, address, length);
    const int descriptor = socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) return -errno;
    const int on = 1;
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (storage.ss_family == AF_INET6) {
        setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &only_ipv6, sizeof only_ipv6);
    }
    if ((shared && setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) ||
        bind(descriptor, (const struct sockaddr *)&storage, (socklen_t)length) != 0 ||
        (backlog > 0 && listen(descriptor, backlog) != 0)) {
        const int error = errno;
        close(descriptor);
        return -error;
    }
    return descriptor;
}

int apic_accept_plain(int listener) {
    const int descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    return descriptor >= 0 ? descriptor : -errno;
}

uint16_t apic_bound_port(int descriptor) {
    struct sockaddr_storage storage;
    socklen_t length = sizeof storage;
    if (getsockname(descriptor, (struct sockaddr *)&storage, &length) != 0) return 0;
    if (storage.ss_family == AF_INET) return ntohs(((struct sockaddr_in *)&storage)->sin_port);
    if (storage.ss_family == AF_INET6) return ntohs(((struct sockaddr_in6 *)&storage)->sin6_port);
    return 0;
}

uint64_t apic_raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    if (limit.rlim_cur < limit.rlim_max) {
        const rlim_t before = limit.rlim_cur;
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = before;
    }
    return limit.rlim_cur;
}

// Segments that are not writable have no pages of their own: nothing in them can be lost.
static int give_back(struct dl_phdr_info *object, size_t size, void *unused) {
    (void)size;
    (void)unused;
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (int index = 0; index < object->dlpi_phnum; index++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[index];
        if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W)) continue;
        const uintptr_t start = (object->dlpi_addr + segment->p_vaddr) & ~(page - 1);
        const uintptr_t end = (object->dlpi_addr + segment->p_vaddr + segment->p_memsz) & ~(page - 1);
        if (start < end) madvise((void *)start, end - start, MADV_DONTNEED);
    }
    return 0;
}

void apic_give_back_startup_memory(void) {
    malloc_trim(0);
    dl_iterate_phdr(give_back, NULL);
}

int apic_send_datagram(const char *address, const char *text, uint64_t length) {
    struct sockaddr_un place = {.sun_family = AF_UNIX};
    const size_t count = strlen(address);
    if (count < 2 || count >= sizeof place.sun_path) return EINVAL;
    memcpy(place.sun_path, address, count);
    if (address[0] == '@') place.sun_path[0] = 0;
    const int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) return errno;
    const socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + count);
    const ssize_t sent = sendto(descriptor, text, length, MSG_NOSIGNAL, (const struct sockaddr *)&place, size);
    const int error = sent < 0 ? errno : 0;
    close(descriptor);
    return error;
}
