#pragma once
// No _GNU_SOURCE here: Swift's own Glibc module is built without it, and types that differ under it clash.
#include <stdint.h>

/// Asks for the cache line of an address, which may be any: nothing is read, and nothing faults.
static inline void apic_prefetch(const void *address) { __builtin_prefetch(address); }

// Atomics on plain memory, for words that threads share outside any Swift object. Relaxed loads and stores are plain
// moves on x86-64 and arm64: a counter with one writer costs no lock prefix.

static inline uint64_t apic_load_relaxed_u64(const uint64_t *word) { return __atomic_load_n(word, __ATOMIC_RELAXED); }
static inline uint64_t apic_load_acquire_u64(const uint64_t *word) { return __atomic_load_n(word, __ATOMIC_ACQUIRE); }
static inline void apic_store_relaxed_u64(uint64_t *word, uint64_t value) {
    __atomic_store_n(word, value, __ATOMIC_RELAXED);
}
static inline void apic_store_release_u64(uint64_t *word, uint64_t value) {
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}
/// Returns what was there before; it was replaced if that equals `expected`.
static inline uint64_t apic_compare_exchange_u64(uint64_t *word, uint64_t expected, uint64_t desired) {
    __atomic_compare_exchange_n(word, &expected, desired, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
    return expected;
}
/// Returns what was there before.
static inline uint64_t apic_fetch_add_u64(uint64_t *word, uint64_t value) {
    return __atomic_fetch_add(word, value, __ATOMIC_ACQ_REL);
}
/// Returns what was there before.
static inline uint64_t apic_exchange_u64(uint64_t *word, uint64_t value) {
    return __atomic_exchange_n(word, value, __ATOMIC_ACQ_REL);
}

static inline uint32_t apic_load_relaxed_u32(const uint32_t *word) { return __atomic_load_n(word, __ATOMIC_RELAXED); }
static inline uint32_t apic_load_acquire_u32(const uint32_t *word) { return __atomic_load_n(word, __ATOMIC_ACQUIRE); }
static inline void apic_store_relaxed_u32(uint32_t *word, uint32_t value) {
    __atomic_store_n(word, value, __ATOMIC_RELAXED);
}
static inline void apic_store_release_u32(uint32_t *word, uint32_t value) {
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}
/// Returns what was there before; it was replaced if that equals `expected`.
static inline uint32_t apic_compare_exchange_u32(uint32_t *word, uint32_t expected, uint32_t desired) {
    __atomic_compare_exchange_n(word, &expected, desired, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
    return expected;
}
/// Returns what was there before.
static inline uint32_t apic_fetch_add_u32(uint32_t *word, uint32_t value) {
    return __atomic_fetch_add(word, value, __ATOMIC_ACQ_REL);
}
/// Returns what was there before.
static inline uint32_t apic_exchange_u32(uint32_t *word, uint32_t value) {
    return __atomic_exchange_n(word, value, __ATOMIC_ACQ_REL);
}
