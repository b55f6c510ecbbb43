#define _GNU_SOURCE 1
#include "library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

// The structures of the header are those of one version of the library: no other one will do.
#define TEXT(name) #name
#define TEXT_OF(name) TEXT(name)
static const char name_of_library[] = "libhiredis.so." TEXT_OF(HIREDIS_SONAME);

static struct apic_hiredis hiredis;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static char why[256];

static void open_library(void) {
    void *library = dlopen(name_of_library, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        snprintf(why, sizeof why, "cannot open hiredis: %s", dlerror());
        return;
    }
    const struct {
        const char *name;
        void *place;
    } names[] = {
        {"redisConnectWithTimeout", &hiredis.connect_with_timeout}, {"redisFree", &hiredis.free},
        {"redisSetTimeout", &hiredis.set_timeout},                  {"redisAppendCommand", &hiredis.append_command},
        {"redisGetReply", &hiredis.get_reply},                      {"freeReplyObject", &hiredis.free_reply},
    };
    for (size_t index = 0; index < sizeof names / sizeof names[0]; index++) {
        void *found = dlsym(library, names[index].name);
        if (!found) {
            snprintf(why, sizeof why, "%s has no `%s`", name_of_library, names[index].name);
            return;
        }
        // POSIX lets an object pointer be one to a function; C says nothing of it.
        memcpy(names[index].place, &found, sizeof found);
    }
}

const struct apic_hiredis *apic_hiredis_open(const char **problem) {
    pthread_once(&once, open_library);
    *problem = why;
    return why[0] ? NULL : &hiredis;
}
