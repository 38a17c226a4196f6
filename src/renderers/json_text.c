#include "renderers/json_text.h"

#include <string.h>

#include "base/utf8.h"

static bool is_special(unsigned char byte)
{
    return byte < 0x20 || byte >= 0x7F || byte == '"' || byte == '\\';
}

static size_t ordinary_prefix(const char *text, size_t length)
{
    size_t i = 0;
    while (i + 16 <= length && !cleat__has_special(cleat__load_16(text + i)))
        i += 16;
    while (i < length && !is_special((unsigned char)text[i]))
        i++;
    return i;
}

static char *write_unicode_escape(char *to, uint32_t unit)
{
    static const char digits[] = "0123456789abcdef";
    *to++ = '\\';
    *to++ = 'u';
    for (int shift = 12; shift >= 0; shift -= 4)
        *to++ = digits[unit >> shift & 15];
    return to;
}

/* RFC 8259, section 7: beyond U+FFFF as a pair of surrogates. */
static char *write_escaped(char *to, uint32_t code)
{
    if (code < 0x10000)
        return write_unicode_escape(to, code);
    to = write_unicode_escape(to, 0xD800 + ((code - 0x10000) >> 10));
    return write_unicode_escape(to, 0xDC00 + ((code - 0x10000) & 0x3FF));
}

/* Valid in JSON as they are, but they end lines or turn text around on the way to a reader's eye. */
static bool is_deceptive(uint32_t code)
{
    return (code >= 0x7F && code < 0xA0) || code == 0x061C || code == 0x200E || code == 0x200F ||
           (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x206F);
}

static char *write_ascii(char *to, unsigned char byte)
{
    static const char short_forms[] = "\bb\ff\nn\rr\tt\"\"\\\\";
    const char *form = byte != 0 ? strchr(short_forms, byte) : NULL;
    if (form == NULL || (form - short_forms) % 2 != 0)
        return write_unicode_escape(to, byte);
    *to++ = '\\';
    *to++ = form[1];
    return to;
}

#define LONGEST_ESCAPE 12

static bool is_to_be_escaped(uint32_t code, enum cleat__json_escapes escapes)
{
    return escapes == CLEAT__ESCAPE_ALL || (escapes == CLEAT__ESCAPE_DECEPTIVE && is_deceptive(code));
}

/* Appends one special character; returns how many bytes of text it took. */
static size_t add_special(struct cleat__buffer *line, const char *text, size_t length, enum cleat__json_escapes escapes)
{
    char *to = cleat__buffer_reserve(line, LONGEST_ESCAPE);
    if (to == NULL)
        return length;
    uint32_t code;
    size_t taken = cleat__utf8_read(text, length, &code);
    if (code < 0x7F)
        to = write_ascii(to, (unsigned char)code);
    else if (is_to_be_escaped(code, escapes))
        to = write_escaped(to, code);
    else
        to = cleat__utf8_write(to, code);
    cleat__buffer_end(line, to);
    return taken;
}

void cleat__json_add_text(struct cleat__buffer *line, const char *text, size_t length, enum cleat__json_escapes escapes)
{
    while (length > 0 && !line->failed) {
        size_t ordinary = ordinary_prefix(text, length);
        cleat__buffer_add(line, text, ordinary);
        if (ordinary == length)
            return;
        size_t taken = add_special(line, text + ordinary, length - ordinary, escapes);
        text += ordinary + taken;
        length -= ordinary + taken;
    }
}
