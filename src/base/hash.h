/* hash.h - the hash of a key, and masks of keys. */
#ifndef CLEAT_BASE_HASH_H
#define CLEAT_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Fewer than eight bytes as a word, each at its place in it. */
static inline uint64_t cleat__load_few(const char *from, size_t length)
{
    uint32_t low;
    uint32_t high;
    if (length >= 4) {
        memcpy(&low, from, 4);
        memcpy(&high, from + length - 4, 4);
        return low | (uint64_t)high << (length - 4) * 8;
    }
    if (length == 0)
        return 0;
    uint64_t first = (unsigned char)from[0];
    uint64_t middle = (unsigned char)from[length / 2];
    uint64_t last = (unsigned char)from[length - 1];
    return first | middle << length / 2 * 8 | last << (length - 1) * 8;
}

/* Multiply and fold, eight bytes at a time; the constant is 2^64 divided by the golden ratio (Knuth, TAOCP 6.4). */
static inline uint32_t cleat__hash(const char *text, size_t length)
{
    const uint64_t factor = UINT64_C(0x9E3779B97F4A7C15);
    uint64_t hash = length * factor;
    for (; length >= 8; text += 8, length -= 8) {
        uint64_t word;
        memcpy(&word, text, 8);
        hash = (hash ^ word) * factor;
        hash ^= hash >> 32;
    }
    hash = (hash ^ cleat__load_few(text, length)) * factor;
    return (uint32_t)(hash >> 32);
}

/*
 * A set of keys by two bits of their hashes: a Bloom filter (B. H. Bloom, CACM 13(7), 1970). Of the keys that are not
 * there, an ordinary line's 30 keys hide one in twenty; in 64 bits they would hide every third.
 */
struct cleat__mask {
    uint64_t words[4];
};

static inline void cleat__mask_add(struct cleat__mask *mask, uint32_t hash)
{
    mask->words[hash >> 30] |= UINT64_C(1) << (hash >> 24 & 63);
    mask->words[hash >> 22 & 3] |= UINT64_C(1) << (hash >> 16 & 63);
}

static inline bool cleat__mask_has(const struct cleat__mask *mask, uint32_t hash)
{
    uint64_t first = mask->words[hash >> 30] >> (hash >> 24 & 63);
    uint64_t second = mask->words[hash >> 22 & 3] >> (hash >> 16 & 63);
    return (first & second & 1) != 0;
}

static inline void cleat__mask_join(struct cleat__mask *mask, const struct cleat__mask *other)
{
    for (int i = 0; i < 4; i++)
        mask->words[i] |= other->words[i];
}

/* From here on it may have any key. */
static inline void cleat__mask_fill(struct cleat__mask *mask)
{
    for (int i = 0; i < 4; i++)
        mask->words[i] = UINT64_MAX;
}

/* Masks that do not meet share no key. */
static inline bool cleat__masks_meet(const struct cleat__mask *left, const struct cleat__mask *right)
{
    uint64_t common = 0;
    for (int i = 0; i < 4; i++)
        common |= left->words[i] & right->words[i];
    return common != 0;
}

#endif
