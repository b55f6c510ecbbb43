// The entry of libFuzzer, which comes with the toolchain (clang's compiler-rt).
#pragma once

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*one)(const uint8_t *data, size_t size));
