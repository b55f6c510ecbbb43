// OpenSSL allocates 40 bytes four times for each request, whatever its modes: the parts of a record that it writes. A
// list of spare blocks of each thread's own takes the place of the allocator for these.
#include "tls.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

enum {
    /// Of a small block, without its head.
    small_bytes = 64,
    /// Blocks that a thread keeps.
    spare_count_max = 256,
};

/// Stands before each block, as long as what follows must be aligned.
struct head {
    size_t count;
    struct head *next;
};

static __thread struct head *spare;
static __thread int spare_count;

static void *allocate(size_t count, const char *file, int line) {
    (void)file;
    (void)line;
    if (count == 0) return NULL;
    struct head *head;
    if (count <= small_bytes && spare) {
        head = spare;
        spare = head->next;
        spare_count--;
    } else {
        if (count > SIZE_MAX - sizeof *head) return NULL;
        head = malloc(sizeof *head + (count < small_bytes ? small_bytes : count));
        if (!head) return NULL;
    }
    head->count = count;
    return head + 1;
}

static void give_back(void *block, const char *file, int line) {
    (void)file;
    (void)line;
    if (!block) return;
    struct head *head = (struct head *)block - 1;
    if (head->count > small_bytes || spare_count == spare_count_max) {
        free(head);
        return;
    }
    head->next = spare;
    spare = head;
    spare_count++;
}

static void *resize(void *block, size_t count, const char *file, int line) {
    if (!block) return allocate(count, file, line);
    if (count == 0) {
        give_back(block, file, line);
        return NULL;
    }
    struct head *head = (struct head *)block - 1;
    const size_t room = head->count < small_bytes ? small_bytes : head->count;
    if (count <= room && (count > small_bytes) == (room > small_bytes)) {
        head->count = count > head->count ? count : head->count;
        return block;
    }
    void *moved = allocate(count, file, line);
    if (!moved) return NULL;
    memcpy(moved, block, head->count < count ? head->count : count);
    give_back(block, file, line);
    return moved;
}

int apic_tls_pool_memory(void) { return CRYPTO_set_mem_functions(allocate, resize, give_back); }
