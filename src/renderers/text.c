#include "renderers/text.h"

#include <string.h>

#include "base/clock.h"
#include "base/errname.h"
#include "base/number.h"
#include "base/utf8.h"
#include "renderers/base64.h"
#include "renderers/printable.h"

/* -- texts -- */

static char *write_duration(char *to, int64_t nanoseconds)
{
    static const struct {
        uint64_t nanoseconds;
        unsigned digits;
        char name[3];
    } units[] = {{1000000000, 9, "s"}, {1000000, 6, "ms"}, {1000, 3, "us"}, {1, 0, "ns"}};
    uint64_t magnitude = (uint64_t)nanoseconds;
    if (nanoseconds < 0) {
        *to++ = '-';
        magnitude = -magnitude;
    }
    unsigned u = 0;
    while (magnitude != 0 && magnitude < units[u].nanoseconds)
        u++;
    to = cleat__write_unsigned(to, magnitude / units[u].nanoseconds);
    uint32_t rest = (uint32_t)(magnitude % units[u].nanoseconds);
    if (rest != 0) {
        *to++ = '.';
        to = cleat__write_digits(to, rest, units[u].digits);
        while (to[-1] == '0')
            to--;
    }
    size_t length = strlen(units[u].name);
    memcpy(to, units[u].name, length);
    return to + length;
}

static char *write_error(char *to, size_t room, int number)
{
    const char *name = cleat__errno_name(number);
    char *const end = to + room;
    if (name != NULL) {
        size_t length = strlen(name);
        memcpy(to, name, length);
        memcpy(to + length, ": ", 2);
        to += length + 2;
    }
    cleat__errno_message(number, to, (size_t)(end - to));
    return to + strlen(to);
}

static bool text_of_string(const cleat_renderer *renderer, const cleat_value *value, struct cleat__text *text)
{
    if (value->as.text == NULL)
        return false;
    size_t length = value->with.length;
    text->bytes = value->as.text;
    text->length = cleat__shown_length(renderer, value->as.text, length);
    text->left_off = length - text->length;
    return true;
}

bool cleat__text_of(const cleat_renderer *renderer, const cleat_value *value, struct cleat__text *text)
{
    char *end;
    switch (value->kind) {
    case CLEAT_STRING:
        return text_of_string(renderer, value, text);
    case CLEAT_TIME:
        end = cleat__write_time(text->own, value->as.integer);
        break;
    case CLEAT_DURATION:
        end = write_duration(text->own, value->as.integer);
        break;
    case CLEAT_ERRNO:
        end = write_error(text->own, sizeof(text->own), (int)value->as.integer);
        break;
    default:
        return false;
    }
    text->bytes = text->own;
    text->length = (size_t)(end - text->own);
    text->left_off = 0;
    return true;
}

void cleat__write_cut(struct cleat__buffer *line, size_t left_off)
{
    if (left_off == 0)
        return;
    char marker[CLEAT__CUT_SIZE];
    cleat__buffer_add(line, marker, cleat__cut_marker(marker, left_off));
}

/* -- bytes -- */

static size_t shown_bytes(const cleat_renderer *renderer, const cleat_value *value)
{
    size_t limit = renderer->limits.max_value_bytes;
    return value->with.length <= limit ? value->with.length : limit;
}

bool cleat__bytes_need_quotes(const cleat_renderer *renderer, const cleat_value *value)
{
    size_t shown = shown_bytes(renderer, value);
    return shown % 3 != 0 || shown < value->with.length;
}

void cleat__write_bytes(const cleat_renderer *renderer, struct cleat__buffer *line, const cleat_value *value)
{
    size_t shown = shown_bytes(renderer, value);
    cleat__add_base64(line, value->as.text, shown);
    cleat__write_cut(line, value->with.length - shown);
}

/* -- numbers -- */

void cleat__write_none(struct cleat__buffer *line)
{
    cleat__buffer_add_literal(line, "None");
}

void cleat__write_scalar(struct cleat__buffer *line, const cleat_value *value)
{
    char *to = cleat__buffer_reserve(line, CLEAT__NUMBER_SIZE);
    if (to == NULL)
        return;
    switch (value->kind) {
    case CLEAT_BOOL:
        cleat__buffer_add(line, value->as.boolean ? "True" : "False", value->as.boolean ? 4 : 5);
        break;
    case CLEAT_INT:
        cleat__buffer_end(line, cleat__write_signed(to, value->as.integer));
        break;
    case CLEAT_UINT:
        cleat__buffer_end(line, cleat__write_unsigned(to, value->as.natural));
        break;
    case CLEAT_DOUBLE:
        cleat__buffer_end(line, cleat__write_double(to, value->as.real));
        break;
    default:
        cleat__write_none(line);
        break;
    }
}

/* -- escapes -- */

static void write_escape(struct cleat__buffer *line, char kind, uint32_t code, unsigned digits)
{
    char *to = cleat__buffer_reserve(line, 2 + digits);
    if (to == NULL)
        return;
    *to++ = '\\';
    *to++ = kind;
    for (unsigned i = digits; i > 0; i--)
        *to++ = "0123456789abcdef"[code >> (4 * (i - 1)) & 15];
    cleat__buffer_end(line, to);
}

void cleat__write_unicode_escape(struct cleat__buffer *line, uint32_t code)
{
    if (code < 0x10000)
        write_escape(line, 'u', code, 4);
    else
        write_escape(line, 'U', code, 8);
}

void cleat__write_escape(struct cleat__buffer *line, uint32_t code)
{
    if (code < 0x100)
        write_escape(line, 'x', code, 2);
    else
        cleat__write_unicode_escape(line, code);
}

/* -- keys -- */

static bool fits_in_key(uint32_t code)
{
    return code > ' ' && code != '=' && code != '"' && code != '\'' && code != '\\' && cleat__is_harmless(code);
}

void cleat__write_key_escaped(struct cleat__buffer *line, const cleat_key *key)
{
    char bytes[4];
    if (key->length == 0)
        cleat__buffer_add_char(line, '\\');
    for (size_t i = 0; i < key->length;) {
        uint32_t code;
        i += cleat__utf8_read(key->text + i, key->length - i, &code);
        if (code == '\\')
            cleat__buffer_add_literal(line, "\\\\");
        else if (fits_in_key(code))
            cleat__buffer_add(line, bytes, (size_t)(cleat__utf8_write(bytes, code) - bytes));
        else
            cleat__write_escape(line, code);
    }
}
