#define _GNU_SOURCE 1
#include "memory.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef __GLIBC__

// What a thread's heap has, and what it begins at a multiple of (glibc's HEAP_MAX_SIZE).
static const uintptr_t heap_size = 64 << 20;
// Of that, what is taken into use at once; large pages only ever lie in what is.
static const int thread_share = 60 << 20;
// The first thread's heap is the process's own, of any size.
static const int main_share = 192 << 20;

static atomic_int is_preferred;
static _Thread_local int is_told;

void apic_prefer_large_pages(void) {
    if (atomic_exchange(&is_preferred, 1)) return;
    is_told = 1;
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    mallopt(M_TOP_PAD, main_share);
    // More than is left, so that the heap grows.
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    void *block = malloc(1 << 20);
    uintptr_t start = ((uintptr_t)block + page - 1) & ~(page - 1);
    uintptr_t end = (uintptr_t)sbrk(0);
    if (block && start < end && end - start <= 2 * (uintptr_t)main_share)
        madvise((void *)start, end - start, MADV_HUGEPAGE);
    free(block);
    mallopt(M_TOP_PAD, thread_share);
}

void apic_prefer_large_pages_here(void) {
    if (is_told || !atomic_load(&is_preferred)) return;
    is_told = 1;
    void *block = malloc(1024);
    // Whatever else lies there is only advised, too.
    if (block) madvise((void *)((uintptr_t)block & ~(heap_size - 1)), heap_size, MADV_HUGEPAGE);
    free(block);
}

#else

void apic_prefer_large_pages(void) {}
void apic_prefer_large_pages_here(void) {}

#endif
