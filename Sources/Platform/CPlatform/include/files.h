#pragma once
// What is at a path, in plain types: whose `struct stat` is which depends on what else Swift has imported.
#include <stdint.h>

enum {
    apic_kind_other = 0,
    apic_kind_file,
    apic_kind_folder,
    apic_kind_link,
};

struct apic_file_facts {
    uint64_t device;
    uint64_t inode;
    int64_t byte_count;
    /// Nanoseconds since 1970.
    int64_t modified;
    /// The low bits of its mode.
    uint32_t permissions;
    uint32_t owner;
    int32_t kind;
};

/// 0, or -1 and `errno`. A link is what it leads to if it is followed.
int apic_look_at(const char *path, int follows, struct apic_file_facts *facts);
/// Of an open file.
int apic_look_at_open(int descriptor, struct apic_file_facts *facts);
/// Of a name in an open folder; a link is not followed.
int apic_look_in(int folder, const char *name, struct apic_file_facts *facts);
