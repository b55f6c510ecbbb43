#pragma once
// What this target uses of hiredis, found by name in the library that is installed.
#include <hiredis/hiredis.h>

struct apic_hiredis {
    redisContext *(*connect_with_timeout)(const char *host, int port, const struct timeval timeout);
    void (*free)(redisContext *context);
    int (*set_timeout)(redisContext *context, const struct timeval timeout);
    int (*append_command)(redisContext *context, const char *format, ...);
    int (*get_reply)(redisContext *context, void **reply);
    void (*free_reply)(void *reply);
};

/// - Returns: `NULL` with a reason if there is no library that will do.
const struct apic_hiredis *apic_hiredis_open(const char **problem);
