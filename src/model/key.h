/* key.h - keys, measured and hashed. */
#ifndef CLEAT_MODEL_KEY_H
#define CLEAT_MODEL_KEY_H

#include <cleat/event.h>

/* Works out length, hash and plainness of a key's text. */
CLEAT_API void cleat__key_prepare(cleat_key *key, const char *text, size_t length);

/* The size of cleat_key.quoted: such a key is copied whole, whatever its length. */
#define CLEAT__QUOTED_SIZE 32

/*
 * Whether two texts are one key. Keys are compared as they are shown: a byte that is not UTF-8 is shown as U+FFFD, so
 * that texts which differ in such bytes alone would be one key twice on a line (K1).
 */
bool cleat__key_text_equal(const char *left, size_t left_length, const char *right, size_t right_length);

/* The order of two prepared keys as they are shown: less than, equal to or greater than 0. */
int cleat__key_compare(const cleat_key *left, const cleat_key *right);

/* Whether two prepared keys are the same. */
static inline bool cleat__key_equal(const cleat_key *left, const cleat_key *right)
{
    if (left->hash != right->hash)
        return false;
    if (left->plain && right->plain)
        return left->length == right->length &&
               (left->text == right->text || __builtin_memcmp(left->text, right->text, left->length) == 0);
    return cleat__key_text_equal(left->text, left->length, right->text, right->length);
}

#endif
