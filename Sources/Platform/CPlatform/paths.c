// Unix sockets and the files that name them.
#define _GNU_SOURCE 1
#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

int apic_file_is_socket(const char *path, struct apic_file *file) {
    struct stat status;
    if (lstat(path, &status) != 0) return -1;
    file->device = status.st_dev;
    file->inode = status.st_ino;
    return S_ISSOCK(status.st_mode);
}

// Whether nobody listens behind a path any more.
static int is_stale(const struct sockaddr *address, socklen_t length) {
    const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe < 0) return 0;
    const int is_refused = connect(probe, address, length) != 0 && errno == ECONNREFUSED;
    close(probe);
    return is_refused;
}

int apic_listen_path(const void *address, uint32_t length, const char *path, int backlog) {
    struct sockaddr_un place;
    if (length > sizeof place) return -EINVAL;
    memset(&place, 0, sizeof place);
    memcpy(&place, address, length);
    const struct sockaddr *at = (const struct sockaddr *)&place;
    const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) return -errno;
    // The file takes over the mode, less the umask: from its beginning it is nobody else's.
    fchmod(descriptor, 0660);
    int error = bind(descriptor, at, length) == 0 ? 0 : errno;
    if (error == EADDRINUSE) {
        struct apic_file file;
        const int is_socket = apic_file_is_socket(path, &file);
        if (is_socket == 0) error = EEXIST;
        if (is_socket > 0 && is_stale(at, length) && unlink(path) == 0) {
            error = bind(descriptor, at, length) == 0 ? 0 : errno;
        }
    }
    if (error == 0 && (chmod(path, 0660) != 0 || listen(descriptor, backlog) != 0)) error = errno;
    if (error == 0) return descriptor;
    close(descriptor);
    return -error;
}

int apic_duplicate(int descriptor) { return fcntl(descriptor, F_DUPFD_CLOEXEC, 0); }
