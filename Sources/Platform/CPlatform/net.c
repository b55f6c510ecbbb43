#define _GNU_SOURCE 1
#include "net.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

int apic_epoll_make(void) {
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    return epoll >= 0 ? epoll : -errno;
}

int apic_epoll_add(int epoll, int descriptor, uint32_t generation, int edges) {
    struct epoll_event event;
    event.events = edges ? (EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET) : (EPOLLIN | EPOLLEXCLUSIVE);
    event.data.u64 = (uint64_t)generation << 32 | (uint32_t)descriptor;
    return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 ? 0 : errno;
}

int apic_epoll_remove(int epoll, int descriptor) {
    struct epoll_event event;
    memset(&event, 0, sizeof event);
    return epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, &event) == 0 ? 0 : errno;
}

void apic_time_precisely(void) {
    prctl(PR_SET_TIMERSLACK, 1000UL);
}

int apic_epoll_wait(int epoll, struct apic_event *events, int milliseconds, uint32_t pause) {
    struct epoll_event got[apic_event_count_max];
    int count = 0;
    if (pause > 0 && milliseconds > 0) {
        count = epoll_wait(epoll, got, apic_event_count_max, 0);
        if (count == 0) {
            const struct timespec length = {0, (long)pause * 1000};
            nanosleep(&length, NULL);
        }
    }
    if (count == 0) count = epoll_wait(epoll, got, apic_event_count_max, milliseconds);
    if (count < 0) return errno == EINTR ? 0 : -errno;
    for (int index = 0; index < count; index++) {
        const uint32_t said = got[index].events;
        uint32_t means = 0;
        if (said & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) means |= apic_event_readable;
        if (said & (EPOLLOUT | EPOLLHUP | EPOLLERR)) means |= apic_event_writable;
        if (said & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) means |= apic_event_ending;
        if (said & (EPOLLHUP | EPOLLERR)) means |= apic_event_broken;
        events[index].events = means;
        events[index].descriptor = (int32_t)(uint32_t)got[index].data.u64;
        events[index].generation = (uint32_t)(got[index].data.u64 >> 32);
    }
    return count;
}

static void peer_of(const struct sockaddr_storage *storage, struct apic_peer *peer) {
    uint8_t address[16] = {0};
    peer->port = 0;
    if (storage->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)storage;
        address[10] = address[11] = 0xFF;
        memcpy(address + 12, &in->sin_addr, 4);
        peer->port = ntohs(in->sin_port);
    } else if (storage->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)storage;
        memcpy(address, &in6->sin6_addr, 16);
        peer->port = ntohs(in6->sin6_port);
    }
    memcpy(&peer->high, address, 8);
    memcpy(&peer->low, address + 8, 8);
}

int apic_accept(int listener, struct apic_peer *peer) {
    struct sockaddr_storage storage;
    socklen_t length = sizeof storage;
    const int descriptor = accept4(listener, (struct sockaddr *)&storage, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) return -errno;
    const int on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    peer_of(&storage, peer);
    return descriptor;
}

int apic_connect(const void *address, uint32_t length) {
    struct sockaddr_storage storage;
    if (length > sizeof storage) return -EINVAL;
    memcpy(&storage, address, length);
    const int descriptor = socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -errno;
    const int on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(descriptor, (const struct sockaddr *)&storage, (socklen_t)length) == 0 || errno == EINPROGRESS) {
        return descriptor;
    }
    const int error = errno;
    close(descriptor);
    return -error;
}

int apic_socket_error(int descriptor) {
    int error = 0;
    socklen_t length = sizeof error;
    return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

// The wrappers of recv, send and sendmsg are cancellation points, which costs two atomic operations each once there are
// threads. Nobody cancels a thread here, so the calls are made without them.

long apic_receive(int descriptor, void *bytes, size_t count) {
    long got;
    do got = syscall(SYS_recvfrom, descriptor, bytes, count, 0, 0, 0);
    while (got < 0 && errno == EINTR);
    return got >= 0 ? got : -errno;
}

long apic_peek(int descriptor, void *bytes, size_t count) {
    long got;
    do got = recv(descriptor, bytes, count, MSG_PEEK | MSG_DONTWAIT);
    while (got < 0 && errno == EINTR);
    return got >= 0 ? got : -errno;
}

int apic_is_quiet(int descriptor) {
    char byte;
    const ssize_t got = recv(descriptor, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

long apic_send3(
    int descriptor, const void *first, size_t first_count, const void *second, size_t second_count, const void *third,
    size_t third_count
) {
    long sent;
    if (second_count == 0 && third_count == 0) {
        do sent = syscall(SYS_sendto, descriptor, first, first_count, MSG_NOSIGNAL, 0, 0);
        while (sent < 0 && errno == EINTR);
        return sent >= 0 ? sent : -errno;
    }
    struct iovec parts[3] = {
        {(void *)(uintptr_t)first, first_count},
        {(void *)(uintptr_t)second, second_count},
        {(void *)(uintptr_t)third, third_count},
    };
    struct msghdr message;
    memset(&message, 0, sizeof message);
    message.msg_iov = parts;
    message.msg_iovlen = 3;
    do sent = syscall(SYS_sendmsg, descriptor, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent >= 0 ? sent : -errno;
}

void apic_end_sending(int descriptor) { shutdown(descriptor, SHUT_WR); }

void apic_reset_on_close(int descriptor) {
    const struct linger linger = {1, 0};
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

uint64_t apic_descriptor_limit(void) {
    struct rlimit limit;
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 1024;
}

uint64_t apic_microseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

int64_t apic_wall_milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
