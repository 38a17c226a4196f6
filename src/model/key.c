#include "model/key.h"

#include <string.h>

#include "base/hash.h"
#include "base/utf8.h"

/* A bit for each ASCII character that needs no quoting or escaping in any renderer: -./0-9, and A-Z _ a-z. */
static const uint64_t plain_characters[2] = {UINT64_C(0x03FFE00000000000), UINT64_C(0x07FFFFFE87FFFFFE)};

static bool is_plain(const char *text, size_t length)
{
    uint64_t all = length > 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        all &= byte < 0x80 ? plain_characters[byte >> 6] >> (byte & 63) : 0;
    }
    return all != 0;
}

/* The hash of the characters that are shown. */
static uint32_t hash_shown(const char *text, size_t length)
{
    uint32_t hash = 0;
    while (length > 0) {
        uint32_t code;
        unsigned taken = cleat__utf8_read(text, length, &code);
        code ^= hash;
        hash = cleat__hash((const char *)&code, sizeof(code));
        text += taken;
        length -= taken;
    }
    return hash;
}

void cleat__key_prepare(cleat_key *key, const char *text, size_t length)
{
    key->text = text;
    key->length = (uint32_t)length;
    key->number = 0;
    key->quoted = NULL;
    key->plain = is_plain(text, length);
    key->hash = key->plain ? cleat__hash(text, length) : hash_shown(text, length);
}

bool cleat__key_text_equal(const char *left, size_t left_length, const char *right, size_t right_length)
{
    while (left_length > 0 && right_length > 0) {
        uint32_t left_code;
        uint32_t right_code;
        unsigned left_taken = cleat__utf8_read(left, left_length, &left_code);
        unsigned right_taken = cleat__utf8_read(right, right_length, &right_code);
        if (left_code != right_code)
            return false;
        left += left_taken;
        left_length -= left_taken;
        right += right_taken;
        right_length -= right_taken;
    }
    return left_length == right_length;
}

static int compare_plain(const cleat_key *left, const cleat_key *right)
{
    uint32_t shorter = left->length < right->length ? left->length : right->length;
    int order = memcmp(left->text, right->text, shorter);
    return order != 0 ? order : (left->length > right->length) - (left->length < right->length);
}

/* By code points, which is the order of their bytes where all is UTF-8. */
int cleat__key_compare(const cleat_key *left, const cleat_key *right)
{
    if (left->plain && right->plain)
        return compare_plain(left, right);
    uint32_t at_left = 0;
    uint32_t at_right = 0;
    while (at_left < left->length && at_right < right->length) {
        uint32_t left_code;
        uint32_t right_code;
        at_left += cleat__utf8_read(left->text + at_left, left->length - at_left, &left_code);
        at_right += cleat__utf8_read(right->text + at_right, right->length - at_right, &right_code);
        if (left_code != right_code)
            return left_code < right_code ? -1 : 1;
    }
    return (at_left < left->length) - (at_right < right->length);
}
