#define _GNU_SOURCE 1
#include "handover.h"

#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static int fill(struct sockaddr_un *address, const char *path) {
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof address->sun_path) return -ENAMETOOLONG;
    strcpy(address->sun_path, path);
    return 0;
}

static int closing(int descriptor, int error) {
    close(descriptor);
    return -error;
}

/// Whether something stands at a path that is not ours to replace.
static int is_foreign(const char *path) {
    struct apic_file file;
    return apic_file_is_socket(path, &file) == 0;
}

int apic_handover_listen(const char *path) {
    if (is_foreign(path)) return -ENOTSOCK;
    // Bound beside the path and renamed onto it, so that there is always somebody to connect to.
    char beside[sizeof((struct sockaddr_un *)0)->sun_path];
    if (snprintf(beside, sizeof beside, "%s.%d", path, (int)getpid()) >= (int)sizeof beside) return -ENAMETOOLONG;
    struct sockaddr_un address;
    const int fault = fill(&address, beside);
    if (fault != 0) return fault;
    const int descriptor = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) return -errno;
    unlink(beside);
    // The mode of the socket before it has a name is the mode of its name.
    if (fchmod(descriptor, 0600) != 0 || bind(descriptor, (const struct sockaddr *)&address, sizeof address) != 0) {
        return closing(descriptor, errno);
    }
    if (listen(descriptor, 4) != 0 || rename(beside, path) != 0) {
        const int error = errno;
        unlink(beside);
        return closing(descriptor, error);
    }
    return descriptor;
}

int apic_handover_connect(const char *path, int milliseconds) {
    struct sockaddr_un address;
    const int fault = fill(&address, path);
    if (fault != 0) return fault;
    if (is_foreign(path)) return -ENOTSOCK;
    const int descriptor = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -errno;
    const struct timeval timeout = {milliseconds / 1000, milliseconds % 1000 * 1000};
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    if (connect(descriptor, (const struct sockaddr *)&address, sizeof address) != 0) return closing(descriptor, errno);
    return descriptor;
}

int apic_handover_accept(int listener) {
    const int descriptor = accept4(listener, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) return -errno;
    struct ucred peer;
    socklen_t length = sizeof peer;
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return closing(descriptor, errno);
    if (peer.uid != geteuid() && peer.uid != 0) return closing(descriptor, EPERM);
    return descriptor;
}

int apic_handover_send(int socket, const void *bytes, size_t count, const int32_t *descriptors, size_t descriptor_count) {
    if (descriptor_count > apic_handover_descriptor_max) return -EINVAL;
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int) * apic_handover_descriptor_max)];
    } control;
    memset(&control, 0, sizeof control);
    struct iovec part = {(void *)(uintptr_t)bytes, count};
    struct msghdr message;
    memset(&message, 0, sizeof message);
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (descriptor_count > 0) {
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * descriptor_count);
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(sizeof(int) * descriptor_count);
        memcpy(CMSG_DATA(&control.header), descriptors, sizeof(int) * descriptor_count);
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL) == (ssize_t)count ? 0 : -errno;
}

long apic_handover_receive(int socket, void *bytes, size_t capacity, int32_t *descriptors, size_t *descriptor_count) {
    const size_t room = *descriptor_count;
    *descriptor_count = 0;
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int) * apic_handover_descriptor_max)];
    } control;
    struct iovec part = {bytes, capacity};
    struct msghdr message;
    memset(&message, 0, sizeof message);
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = &control;
    message.msg_controllen = sizeof control;
    const ssize_t got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (got < 0) return -errno;
    for (struct cmsghdr *entry = CMSG_FIRSTHDR(&message); entry != 0; entry = CMSG_NXTHDR(&message, entry)) {
        if (entry->cmsg_level != SOL_SOCKET || entry->cmsg_type != SCM_RIGHTS) continue;
        const size_t came = (entry->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t index = 0; index < came; index++) {
            int descriptor;
            memcpy(&descriptor, CMSG_DATA(entry) + index * sizeof descriptor, sizeof descriptor);
            if (*descriptor_count < room) {
                descriptors[(*descriptor_count)++] = descriptor;
            } else {
                close(descriptor);
            }
        }
    }
    return message.msg_flags & (MSG_TRUNC | MSG_CTRUNC) ? -EMSGSIZE : got;
}

uint32_t apic_listening_address(int descriptor, void *address, uint32_t capacity) {
    int listens = 0;
    int type = 0;
    socklen_t length = sizeof listens;
    if (getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) != 0 || !listens) return 0;
    length = sizeof type;
    if (getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &length) != 0 || type != SOCK_STREAM) return 0;
    length = capacity;
    if (getsockname(descriptor, address, &length) != 0 || length > capacity) return 0;
    return length;
}

int apic_shares_address(int descriptor) {
    int shares = 0;
    socklen_t length = sizeof shares;
    return getsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &shares, &length) == 0 && shares;
}

int apic_adopt_descriptor(int descriptor) {
    return apic_set_nonblocking(descriptor) == 0 && fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 ? 0 : -errno;
}
