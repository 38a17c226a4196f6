#include "renderers/base64.h"

#include <stdint.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void cleat__add_base64(struct cleat__buffer *buffer, const char *bytes, size_t length)
{
    char *to = length < SIZE_MAX / 2 ? cleat__buffer_reserve(buffer, (length + 2) / 3 * 4) : NULL;
    if (to == NULL)
        return;
    for (size_t i = 0; i < length; i += 3) {
        size_t rest = length - i;
        uint32_t group = (uint32_t)(unsigned char)bytes[i] << 16;
        if (rest > 1)
            group |= (uint32_t)(unsigned char)bytes[i + 1] << 8;
        if (rest > 2)
            group |= (unsigned char)bytes[i + 2];
        *to++ = alphabet[group >> 18];
        *to++ = alphabet[group >> 12 & 63];
        *to++ = (char)(rest > 1 ? alphabet[group >> 6 & 63] : '=');
        *to++ = (char)(rest > 2 ? alphabet[group & 63] : '=');
    }
    cleat__buffer_end(buffer, to);
}
