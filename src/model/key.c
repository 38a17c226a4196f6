#include "model/key.h"

#include "base/hash.h"
#include "base/utf8.h"

/* Letters, digits and these need no quoting or escaping in any renderer. */
static bool is_plain(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                     c == '-' || c == '.' || c == '/';
        if (!plain)
            return false;
    }
    return length > 0;
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
    key->plain = is_plain(text, length);
    key->number = 0;
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
