// Only the header is needed; libFuzzer itself is linked by -sanitize=fuzzer.
