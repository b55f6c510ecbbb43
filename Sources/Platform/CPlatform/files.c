#define _GNU_SOURCE 1
#include "files.h"

#include <fcntl.h>
#include <sys/stat.h>

static int tell(int code, const struct stat *status, struct apic_file_facts *facts) {
    if (code != 0) return -1;
    facts->device = status->st_dev;
    facts->inode = status->st_ino;
    facts->byte_count = status->st_size;
    facts->modified = (int64_t)status->st_mtim.tv_sec * 1000000000 + status->st_mtim.tv_nsec;
    facts->permissions = status->st_mode & 07777;
    facts->owner = status->st_uid;
    facts->kind = S_ISREG(status->st_mode)   ? apic_kind_file
                  : S_ISDIR(status->st_mode) ? apic_kind_folder
                  : S_ISLNK(status->st_mode) ? apic_kind_link
                                             : apic_kind_other;
    return 0;
}

int apic_look_at(const char *path, int follows, struct apic_file_facts *facts) {
    struct stat status;
    return tell(follows ? stat(path, &status) : lstat(path, &status), &status, facts);
}

int apic_look_at_open(int descriptor, struct apic_file_facts *facts) {
    struct stat status;
    return tell(fstat(descriptor, &status), &status, facts);
}

int apic_look_in(int folder, const char *name, struct apic_file_facts *facts) {
    struct stat status;
    return tell(fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW), &status, facts);
}
