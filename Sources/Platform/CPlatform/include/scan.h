#pragma once
// Scans over bytes, sixteen at a time where the machine has SSE2.
#include <stddef.h>
#include <stdint.h>
#if defined(__SSE2__)
// Vector types of the compiler rather than <emmintrin.h>, whose module includes <stdlib.h> without GNU extensions.
typedef uint8_t apic_bytes16 __attribute__((vector_size(16), aligned(1)));
typedef char apic_chars16 __attribute__((vector_size(16)));
#endif

/// Offset of the first control byte but tab (0x00 to 0x1F without 0x09, and 0x7F); `count` if there is none.
static inline size_t apic_find_control(const uint8_t *bytes, size_t count) {
    size_t offset = 0;
#if defined(__SSE2__)
    for (; offset + 16 <= count; offset += 16) {
        const apic_bytes16 chunk = *(const apic_bytes16 *)(bytes + offset);
        const apic_chars16 hit = (apic_chars16)(((chunk < 0x20) & (chunk != 0x09)) | (chunk == 0x7F));
        const int mask = __builtin_ia32_pmovmskb128(hit);
        if (mask != 0) return offset + (size_t)__builtin_ctz((unsigned)mask);
    }
    // The rest is the end of the last sixteen bytes, of which those before were looked at.
    if (count >= 16 && offset < count) {
        const apic_bytes16 chunk = *(const apic_bytes16 *)(bytes + count - 16);
        const apic_chars16 hit = (apic_chars16)(((chunk < 0x20) & (chunk != 0x09)) | (chunk == 0x7F));
        const int mask = __builtin_ia32_pmovmskb128(hit);
        return mask != 0 ? count - 16 + (size_t)__builtin_ctz((unsigned)mask) : count;
    }
#endif
    for (; offset < count; offset++) {
        const uint8_t byte = bytes[offset];
        if ((byte < 0x20 && byte != 0x09) || byte == 0x7F) return offset;
    }
    return count;
}

/// What a byte is, as bits: 1 in a token (RFC 9110 section 5.6.2), 2 not in the normal form of a path (control bytes, `%`,
/// `\\`), 4 a slash, 8 a dot.
static const uint8_t apic_byte_classes[256] = {
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
    0, 1, 0, 1, 1, 3, 1, 1, 0, 0, 1, 1, 0, 1, 9, 4,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0,
    0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 2, 0, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 1, 2,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};

/// Offset of the first byte that is not of a token; `count` if there is none.
static inline size_t apic_find_nontoken(const uint8_t *bytes, size_t count) {
    size_t offset = 0;
#if defined(__SSE2__)
    // Nearly all names are letters and hyphens; what else a token may have is left to the table.
    for (; offset + 16 <= count; offset += 16) {
        const apic_bytes16 chunk = *(const apic_bytes16 *)(bytes + offset);
        const apic_chars16 other =
            (apic_chars16)(((uint8_t)('a' - 1) >= (chunk | 0x20)) | ((chunk | 0x20) >= (uint8_t)('z' + 1))) &
            (apic_chars16)(chunk != '-');
        const int mask = __builtin_ia32_pmovmskb128(other);
        if (mask != 0) {
            offset += (size_t)__builtin_ctz((unsigned)mask);
            break;
        }
    }
#endif
    while (offset < count && (apic_byte_classes[bytes[offset]] & 1)) offset++;
    return offset;
}

/// Whether a path has no escape, no byte that must not appear, no empty segment, and no segment that begins with a dot.
static inline int apic_is_plain_path(const uint8_t *bytes, size_t count) {
    size_t offset = 0;
#if defined(__SSE2__)
    if (count >= 16) {
        unsigned was_slash = 0;
        for (;;) {
            const apic_bytes16 chunk = *(const apic_bytes16 *)(bytes + offset);
            const apic_chars16 odd =
                (apic_chars16)((chunk < 0x20) | (chunk == 0x7F) | (chunk == '%') | (chunk == '\\'));
            const unsigned slashes = (unsigned)__builtin_ia32_pmovmskb128((apic_chars16)(chunk == '/'));
            const unsigned dots = (unsigned)__builtin_ia32_pmovmskb128((apic_chars16)(chunk == '.'));
            if (__builtin_ia32_pmovmskb128(odd) != 0 || ((slashes << 1 | was_slash) & (slashes | dots)) != 0) return 0;
            if (offset + 16 == count) return 1;
            // The last sixteen bytes may overlap those before: the pairs across the seam were looked at then.
            was_slash = offset + 32 <= count ? slashes >> 15 : 0;
            offset = offset + 32 <= count ? offset + 16 : count - 16;
        }
    }
#endif
    uint8_t previous = 0;
    for (; offset < count; offset++) {
        const uint8_t byte_class = apic_byte_classes[bytes[offset]];
        if ((byte_class & 2) || ((previous & 4) && (byte_class & 12))) return 0;
        previous = byte_class;
    }
    return 1;
}
