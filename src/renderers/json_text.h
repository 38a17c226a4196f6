/* json_text.h - text inside a JSON string: most of it is copied, some of it is escaped. */
#ifndef CLEAT_RENDERERS_JSON_TEXT_H
#define CLEAT_RENDERERS_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/buffer.h"

/* What is escaped besides what RFC 8259 asks for. */
enum cleat__json_escapes {
    CLEAT__ESCAPE_DECEPTIVE, /* what ends lines or turns text around on the way to a reader's eye */
    CLEAT__ESCAPE_ALL,       /* all beyond ASCII, and DEL */
    CLEAT__ESCAPE_NO_MORE
};

/* Appends text with its escapes. */
void cleat__json_add_text(struct cleat__buffer *line, const char *text, size_t length,
                          enum cleat__json_escapes escapes);

/* Sixteen bytes, which the compiler keeps in one register where there are such. */
typedef int8_t cleat__16_bytes __attribute__((vector_size(16)));
typedef uint8_t cleat__16_unsigned __attribute__((vector_size(16)));

static inline cleat__16_bytes cleat__load_16(const char *from)
{
    cleat__16_bytes bytes;
    memcpy(&bytes, from, 16);
    return bytes;
}

/* Whether all bytes of a comparison's result are set. */
static inline bool cleat__are_all(cleat__16_bytes marks)
{
#ifdef __SSE2__
    typedef char result __attribute__((vector_size(16)));
    return __builtin_ia32_pmovmskb128((result)marks) == 0xFFFF;
#else
    uint64_t halves[2];
    memcpy(halves, &marks, 16);
    return (halves[0] & halves[1]) == UINT64_MAX;
#endif
}

/*
 * Whether one of the bytes is a control character, '"', '\\', DEL, or not ASCII. As signed bytes the last are negative,
 * and one more than DEL is negative too, so that one comparison finds all but the two marks.
 */
static inline bool cleat__has_special(cleat__16_bytes bytes)
{
    cleat__16_bytes next = (cleat__16_bytes)((cleat__16_unsigned)bytes + 1);
    return !cleat__are_all((next > 0x20) & ~((bytes == '"') | (bytes == '\\')));
}

/* The same put together from two words. */
static inline cleat__16_bytes cleat__join_words(uint64_t low, uint64_t high)
{
    typedef uint64_t words __attribute__((vector_size(16)));
    return (cleat__16_bytes)(words){low, high};
}

/* At least sixteen bytes; the last sixteen overlap those before. */
static inline bool cleat__copy_ordinary_16(char *to, const char *from, size_t length)
{
    cleat__16_bytes last = cleat__load_16(from + length - 16);
    bool special = cleat__has_special(last);
    for (size_t i = 0; i + 16 < length; i += 16) {
        cleat__16_bytes bytes = cleat__load_16(from + i);
        special |= cleat__has_special(bytes);
        memcpy(to + i, &bytes, 16);
    }
    memcpy(to + length - 16, &last, 16);
    return !special;
}

/*
 * Copies text as it is, and says whether that was right: false when something in it has to be escaped. Fewer than
 * sixteen bytes are put together from pieces that overlap, so that one look is enough for all of them.
 */
static inline bool cleat__copy_ordinary(char *to, const char *from, size_t length)
{
    uint64_t low = 0;
    uint64_t high = 0;
    if (length >= 16)
        return cleat__copy_ordinary_16(to, from, length);
    if (length >= 8) {
        memcpy(&low, from, 8);
        memcpy(&high, from + length - 8, 8);
        memcpy(to, &low, 8);
        memcpy(to + length - 8, &high, 8);
        return !cleat__has_special(cleat__join_words(low, high));
    }
    if (length >= 4) {
        memcpy(&low, from, 4);
        memcpy(&high, from + length - 4, 4);
        memcpy(to, &low, 4);
        memcpy(to + length - 4, &high, 4);
        low |= high << 32;
    } else if (length > 0) {
        uint64_t first = (unsigned char)from[0];
        uint64_t middle = (unsigned char)from[length / 2];
        uint64_t last = (unsigned char)from[length - 1];
        to[0] = (char)first;
        to[length / 2] = (char)middle;
        to[length - 1] = (char)last;
        low = first * UINT64_C(0x0101010101010101);
        low ^= (first ^ middle) << 8 | (first ^ last) << 16;
    } else {
        return true;
    }
    return !cleat__has_special(cleat__join_words(low, low));
}

#endif
