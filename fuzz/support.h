/* support.h - what the fuzzers share: checks that end the process, which libFuzzer reports, and the look of UTF-8. */
#ifndef FUZZ_SUPPORT_H
#define FUZZ_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define UNUSED __attribute__((unused))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

UNUSED static void check(bool condition)
{
    if (!condition)
        abort();
}

/* The fuzzer's bytes as a string, of the exact size, so that a sanitizer sees a byte read beyond it. */
UNUSED static char *string_of(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    check(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

UNUSED static bool is_utf8(const char *text, size_t length)
{
    const unsigned char *at = (const unsigned char *)text;
    const unsigned char *end = at + length;
    while (at < end) {
        unsigned continuations = *at < 0x80 ? 0 : *at < 0xE0 ? 1 : *at < 0xF0 ? 2 : 3;
        if ((*at >= 0x80 && *at < 0xC2) || *at > 0xF4 || (size_t)(end - at) <= continuations)
            return false;
        if ((*at == 0xE0 && at[1] < 0xA0) || (*at == 0xED && at[1] > 0x9F) || (*at == 0xF0 && at[1] < 0x90) ||
            (*at == 0xF4 && at[1] > 0x8F))
            return false;
        for (at++; continuations > 0; continuations--, at++)
            if ((*at & 0xC0) != 0x80)
                return false;
    }
    return true;
}

#endif
