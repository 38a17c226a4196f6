#include "renderers/json.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/copy.h"
#include "base/errname.h"
#include "base/number.h"
#include "base/utf8.h"
#include "renderers/base64.h"

struct json_renderer {
    cleat_renderer head;
    bool sort_keys;
    bool ascii;
    bool spaced;
};

static const struct json_renderer *json_of(const cleat_renderer *renderer)
{
    return (const struct json_renderer *)renderer;
}

/* -- strings -- */

#define EACH_BYTE(x) (UINT64_C(0x0101010101010101) * (x))
#define HIGH_BITS EACH_BYTE(0x80)

/* The high bit of each byte of the word that is zero (and maybe of bytes above one; exact enough for "any"). */
static uint64_t zero_bytes(uint64_t word)
{
    return (word - EACH_BYTE(0x01)) & ~word & HIGH_BITS;
}

/* Whether one of eight bytes is a control character, '"', '\\', DEL, or not ASCII. */
static bool has_special(uint64_t word)
{
    uint64_t control = (word - EACH_BYTE(0x20)) & ~word & HIGH_BITS;
    uint64_t marked =
        zero_bytes(word ^ EACH_BYTE('"')) | zero_bytes(word ^ EACH_BYTE('\\')) | zero_bytes(word ^ EACH_BYTE(0x7F));
    return (control | marked | (word & HIGH_BITS)) != 0;
}

static bool is_special(unsigned char byte)
{
    return byte < 0x20 || byte >= 0x7F || byte == '"' || byte == '\\';
}

static size_t ordinary_prefix(const char *text, size_t length)
{
    size_t i = 0;
    for (; i + 8 <= length; i += 8) {
        uint64_t word;
        memcpy(&word, text + i, 8);
        if (has_special(word))
            break;
    }
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

/* Appends one special character; returns how many bytes of text it took. */
static size_t add_special(struct cleat__buffer *line, const char *text, size_t length, bool ascii)
{
    char *to = cleat__buffer_reserve(line, LONGEST_ESCAPE);
    if (to == NULL)
        return length;
    uint32_t code;
    size_t taken = cleat__utf8_read(text, length, &code);
    if (code < 0x7F)
        to = write_ascii(to, (unsigned char)code);
    else if (ascii || is_deceptive(code))
        to = write_escaped(to, code);
    else
        to = cleat__utf8_write(to, code);
    cleat__buffer_end(line, to);
    return taken;
}

static void add_text(struct cleat__buffer *line, const char *text, size_t length, bool ascii)
{
    while (length > 0 && !line->failed) {
        size_t ordinary = ordinary_prefix(text, length);
        cleat__buffer_add(line, text, ordinary);
        if (ordinary == length)
            return;
        size_t taken = add_special(line, text + ordinary, length - ordinary, ascii);
        text += ordinary + taken;
        length -= ordinary + taken;
    }
}

static void add_quoted(const struct json_renderer *json, struct cleat__buffer *line, const char *text, size_t length)
{
    size_t shown = cleat__shown_length(&json->head, text, length);
    cleat__buffer_add_char(line, '"');
    add_text(line, text, shown, json->ascii);
    if (shown < length) {
        char marker[CLEAT__CUT_SIZE];
        cleat__buffer_add(line, marker, cleat__cut_marker(marker, length - shown));
    }
    cleat__buffer_add_char(line, '"');
}

/* A key is never cut: two long ones could become one. */
static void add_key(const struct json_renderer *json, struct cleat__buffer *line, const char *text, size_t length)
{
    cleat__buffer_add_char(line, '"');
    add_text(line, text, length, json->ascii);
    cleat__buffer_add_char(line, '"');
}

static void add_clean(struct cleat__buffer *line, const char *text, size_t length)
{
    char *to = cleat__buffer_reserve(line, length + 2);
    if (to == NULL)
        return;
    *to = '"';
    cleat__copy(to + 1, text, length);
    to[length + 1] = '"';
    line->length += length + 2;
}

/* -- values -- */

static void add_value(const cleat_renderer *renderer, struct cleat__buffer *line, const cleat_value *value,
                      unsigned depth);

static void add_punctuation(const struct json_renderer *json, struct cleat__buffer *line, char mark)
{
    cleat__buffer_add_char(line, mark);
    if (json->spaced)
        cleat__buffer_add_char(line, ' ');
}

static void add_string(const struct json_renderer *json, struct cleat__buffer *line, const cleat_value *value)
{
    if (value->as.text == NULL)
        cleat__buffer_add_literal(line, "null");
    else if (value->flags & (CLEAT__CLEAN | CLEAT__PRINTABLE))
        add_clean(line, value->as.text, value->with.length);
    else
        add_quoted(json, line, value->as.text, value->with.length);
}

static void add_bytes(const struct json_renderer *json, struct cleat__buffer *line, const cleat_value *value)
{
    if (value->as.text == NULL) {
        cleat__buffer_add_literal(line, "null");
        return;
    }
    size_t shown = value->with.length;
    if (shown > json->head.limits.max_value_bytes)
        shown = json->head.limits.max_value_bytes;
    cleat__buffer_add_char(line, '"');
    cleat__add_base64(line, value->as.text, shown);
    if (shown < value->with.length) {
        char marker[CLEAT__CUT_SIZE];
        cleat__buffer_add(line, marker, cleat__cut_marker(marker, value->with.length - shown));
    }
    cleat__buffer_add_char(line, '"');
}

/* A number of seconds, exact to the nanosecond, without superfluous zeros. */
static char *write_seconds(char *to, int64_t nanoseconds)
{
    uint64_t size = nanoseconds < 0 ? -(uint64_t)nanoseconds : (uint64_t)nanoseconds;
    if (nanoseconds < 0)
        *to++ = '-';
    to = cleat__write_unsigned(to, size / (uint64_t)CLEAT__SECOND);
    uint32_t rest = (uint32_t)(size % (uint64_t)CLEAT__SECOND);
    if (rest == 0)
        return to;
    *to++ = '.';
    to = cleat__write_digits(to, rest, 9);
    while (to[-1] == '0')
        to--;
    return to;
}

static char *write_number(char *to, const cleat_value *value)
{
    switch (value->kind) {
    case CLEAT_INT:
        return cleat__write_signed(to, value->as.integer);
    case CLEAT_UINT:
        return cleat__write_unsigned(to, value->as.natural);
    case CLEAT_DURATION:
        return write_seconds(to, value->as.integer);
    default:
        return cleat__write_double(to, value->as.real);
    }
}

static void add_number(struct cleat__buffer *line, const cleat_value *value)
{
    if (value->kind == CLEAT_DOUBLE && !isfinite(value->as.real)) {
        cleat__buffer_add_literal(line, "null");
        return;
    }
    char *to = cleat__buffer_reserve(line, CLEAT__NUMBER_SIZE);
    if (to != NULL)
        cleat__buffer_end(line, write_number(to, value));
}

static void add_time(struct cleat__buffer *line, int64_t nanoseconds)
{
    char *to = cleat__buffer_reserve(line, CLEAT__TIME_SIZE + 2);
    if (to == NULL)
        return;
    *to++ = '"';
    to = cleat__write_time(to, nanoseconds);
    *to++ = '"';
    cleat__buffer_end(line, to);
}

static void add_list(const cleat_renderer *renderer, struct cleat__buffer *line, const cleat_value *list,
                     unsigned depth)
{
    cleat__buffer_add_char(line, '[');
    for (size_t i = 0; i < list->with.length && !cleat__outgrown(renderer, line); i++) {
        if (i > 0)
            add_punctuation(json_of(renderer), line, ',');
        add_value(renderer, line, &list->as.items[i], depth + 1);
    }
    cleat__buffer_add_char(line, ']');
}

static void add_object(const cleat_renderer *renderer, struct cleat__buffer *line, const cleat_value *object,
                       unsigned depth)
{
    const struct json_renderer *json = json_of(renderer);
    cleat__buffer_add_char(line, '{');
    for (size_t i = 0; i < object->with.length && !cleat__outgrown(renderer, line); i++) {
        const cleat_value *value = cleat__object_value(object, i);
        if (value == NULL)
            continue;
        if (i > 0)
            add_punctuation(json, line, ',');
        const char *key = cleat__key_text(&object->as.fields[i]);
        add_key(json, line, key, strlen(key));
        add_punctuation(json, line, ':');
        add_value(renderer, line, value, depth + 1);
    }
    cleat__buffer_add_char(line, '}');
}

static void add_errno(const cleat_renderer *renderer, struct cleat__buffer *line, int number, unsigned depth)
{
    char message[128];
    const cleat_field parts[] = {
        {"errno", cleat_int(number)},
        {"name", cleat_string(cleat__errno_name(number))},
        {"message", cleat_string(cleat__errno_message(number, message, sizeof(message)))},
    };
    cleat_value object = cleat_object_n(parts, 3);
    add_object(renderer, line, &object, depth);
}

static void add_value(const cleat_renderer *renderer, struct cleat__buffer *line, const cleat_value *value,
                      unsigned depth)
{
    switch (value->kind) {
    case CLEAT_BOOL:
        cleat__buffer_add(line, value->as.boolean ? "true" : "false", value->as.boolean ? 4 : 5);
        break;
    case CLEAT_INT:
    case CLEAT_UINT:
    case CLEAT_DOUBLE:
    case CLEAT_DURATION:
        add_number(line, value);
        break;
    case CLEAT_STRING:
        add_string(json_of(renderer), line, value);
        break;
    case CLEAT_BYTES:
        add_bytes(json_of(renderer), line, value);
        break;
    case CLEAT_TIME:
        add_time(line, value->as.integer);
        break;
    case CLEAT_ERRNO:
        add_errno(renderer, line, (int)value->as.integer, depth);
        break;
    case CLEAT_LIST:
    case CLEAT_OBJECT:
        if (depth > renderer->limits.max_depth)
            cleat__buffer_add_literal(line, "\"" CLEAT__TOO_DEEP "\"");
        else if (value->kind == CLEAT_LIST)
            add_list(renderer, line, value, depth);
        else
            add_object(renderer, line, value, depth);
        break;
    case CLEAT_FOREIGN:
        cleat__render_foreign(renderer, line, value, depth);
        break;
    default: /* null, and a lazy value that was not made: a list's bytes are never kept with one */
        cleat__buffer_add_literal(line, "null");
        break;
    }
}

/* -- lines -- */

/* Whether neither key nor value needs a look at its bytes. */
static bool is_copied(const struct cleat__field *field)
{
    return (field->value.flags & (CLEAT__CLEAN | CLEAT__PRINTABLE)) != 0 && field->key->plain;
}

static char *copy_bytes(char *to, const char *bytes, size_t length)
{
    cleat__copy(to, bytes, length);
    return to + length;
}

/* `"key":"`, where what follows is a string. */
static char *copy_key(char *to, const cleat_key *key, bool spaced)
{
    *to++ = '"';
    to = copy_bytes(to, key->text, key->length);
    return copy_bytes(to, spaced ? "\": \"" : "\":\"", spaced ? 4 : 3);
}

static char *end_string(char *to, bool spaced)
{
    return copy_bytes(to, "\", ", spaced ? 3 : 2);
}

static char *copy_field(char *to, const struct cleat__field *field, bool spaced)
{
    to = copy_key(to, field->key, spaced);
    to = copy_bytes(to, field->value.as.text, field->value.with.length);
    return end_string(to, spaced);
}

/* The most that stands around key and value. */
#define AROUND sizeof("\"\": \"\", ")

/* Not inlined, and neither is the next: so render_field() is a leaf for the fields that are copied. */
__attribute__((noinline)) static void render_time_field(const struct json_renderer *json, struct cleat__buffer *line,
                                                        const struct cleat__field *field)
{
    char *to = cleat__buffer_reserve(line, field->key->length + CLEAT__TIME_SIZE + AROUND);
    if (to == NULL)
        return;
    to = copy_key(to, field->key, json->spaced);
    to = cleat__write_time(to, field->value.as.integer);
    cleat__buffer_end(line, end_string(to, json->spaced));
}

__attribute__((noinline)) static void render_any_field(const struct json_renderer *json, struct cleat__buffer *line,
                                                       const struct cleat__field *field)
{
    const cleat_key *key = field->key;
    if (key->plain)
        add_clean(line, key->text, key->length);
    else
        add_key(json, line, key->text, key->length);
    add_punctuation(json, line, ':');
    add_value(&json->head, line, &field->value, 1);
    add_punctuation(json, line, ',');
}

/* Each field ends in a separator, so that fields can be strung together in any way; the last one is taken off. */
static void render_field(struct cleat__buffer *line, const struct cleat__field *field, const void *renderer)
{
    const struct json_renderer *json = renderer;
    size_t size = field->key->length + field->value.with.length + AROUND;
    if (is_copied(field) && line->capacity - line->length >= size)
        cleat__buffer_end(line, copy_field(line->data + line->length, field, json->spaced));
    else if (field->value.kind == CLEAT_TIME && field->key->plain)
        render_time_field(json, line, field);
    else
        render_any_field(json, line, field);
}

static uint32_t render_fields(const struct json_renderer *json, cleat_event *event, struct cleat__buffer *line)
{
    uint32_t count;
    const struct cleat__field **sorted = json->sort_keys ? cleat__sorted_fields(event, &count) : NULL;
    return sorted != NULL ? cleat__render_fields(&json->head, sorted, count, line, render_field)
                          : cleat__render_spans(&json->head, event, line, render_field);
}

static int render(const cleat_renderer *renderer, cleat_event *event, struct cleat__buffer *line)
{
    const struct json_renderer *json = json_of(renderer);
    cleat__buffer_add_char(line, '{');
    size_t start = line->length;
    uint32_t lost = render_fields(json, event, line);
    if (lost > 0)
        cleat__tell_left_off(event, lost, line, render_field, renderer);
    if (line->length > start)
        line->length -= json->spaced ? 2 : 1;
    cleat__buffer_add_char(line, '}');
    return 0;
}

static const struct cleat__renderer_class json_class = {
    .name = "json", .fields_alone = true, .render = render, .write_value = add_value};

cleat_renderer *cleat_json_renderer(const cleat_json_options *options)
{
    struct json_renderer *json = cleat__renderer_new(sizeof(*json), &json_class);
    if (json == NULL)
        return NULL;
    if (options != NULL) {
        json->sort_keys = options->sort_keys;
        json->ascii = options->ascii;
        json->spaced = options->spaced;
    }
    json->head.variant = (json->ascii ? 1U : 0U) + (json->spaced ? 2U : 0U);
    return &json->head;
}

void cleat__render_json(const struct cleat__limits *limits, cleat_event *event, struct cleat__buffer *line)
{
    /* Format 0: no bytes are kept. */
    struct json_renderer fallback = {.head = {.cls = &json_class, .limits = *limits}};
    render(&fallback.head, event, line);
}
