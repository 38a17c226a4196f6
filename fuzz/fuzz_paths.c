/*
 * fuzz_paths.c - K1 to K15 hold on every way that a line can take: a line made from the fuzzer's bytes (what is bound,
 * what the context has, what the call says, limits, renderer) is the same on all of them, byte for byte.
 */
#include "../tests/c/paths.h"
#include "support.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct random_line line;
    take_line(&line, data, size);
    check(all_ways_are_same(&line));
    return 0;
}
