#include "renderers/json.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/copy.h"
#include "base/errname.h"
#include "base/number.h"
#include "model/interned_keys.h"
#include "renderers/base64.h"
#include "renderers/json_text.h"

struct json_renderer {
    cleat_renderer head;
    bool sort_keys;
    enum cleat__json_escapes escapes;
    bool spaced;
};

static const struct json_renderer *json_of(const cleat_renderer *renderer)
{
    return (const struct json_renderer *)renderer;
}

/* -- strings -- */

static void add_quoted(const struct json_renderer *json, struct cleat__buffer *line, const char *text, size_t length)
{
    size_t shown = cleat__shown_length(&json->head, text, length);
    cleat__buffer_add_char(line, '"');
    cleat__json_add_text(line, text, shown, json->escapes);
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
    cleat__json_add_text(line, text, length, json->escapes);
    cleat__buffer_add_char(line, '"');
}

/* A field is too little work for a call. */
#define ALWAYS_INLINE __attribute__((always_inline)) static inline

/* -- simple values: what is written in one go, into room that was reserved for it -- */

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

static char *write_literal(char *to, const char *literal, size_t length)
{
    memcpy(to, literal, length);
    return to + length;
}

/* NULL: it has to be cut, or something in it escaped. */
ALWAYS_INLINE char *write_string(const struct json_renderer *json, char *to, const cleat_value *value)
{
    size_t length = value->with.length;
    *to++ = '"';
    if (value->flags & (CLEAT__CLEAN | CLEAT__PRINTABLE))
        cleat__copy(to, value->as.text, length);
    else if (length > json->head.limits.max_value_bytes || !cleat__copy_ordinary(to, value->as.text, length))
        return NULL;
    to[length] = '"';
    return to + length + 1;
}

static char *write_time(char *to, int64_t nanoseconds)
{
    *to++ = '"';
    to = cleat__write_time(to, nanoseconds);
    *to++ = '"';
    return to;
}

/* The room that a simple value takes at most. A string without text is null. */
static size_t room_of(const cleat_value *value)
{
    return value->kind == CLEAT_STRING ? value->with.length + sizeof("null") : CLEAT__TIME_SIZE + 2;
}

_Static_assert(CLEAT__NUMBER_SIZE <= CLEAT__TIME_SIZE, "a time has the longest text of the simple values but strings");

/* NULL: the value is not simple. */
ALWAYS_INLINE char *write_simple(const struct json_renderer *json, char *to, const cleat_value *value)
{
    if (value->kind == CLEAT_STRING) /* as most are */
        return value->as.text != NULL ? write_string(json, to, value) : write_literal(to, "null", 4);
    switch (value->kind) {
    case CLEAT_NULL:
        return write_literal(to, "null", 4);
    case CLEAT_BOOL:
        return value->as.boolean ? write_literal(to, "true", 4) : write_literal(to, "false", 5);
    case CLEAT_INT:
        return cleat__write_signed(to, value->as.integer);
    case CLEAT_UINT:
        return cleat__write_unsigned(to, value->as.natural);
    case CLEAT_DOUBLE:
        return isfinite(value->as.real) ? cleat__write_double(to, value->as.real) : write_literal(to, "null", 4);
    case CLEAT_TIME:
        return write_time(to, value->as.integer);
    case CLEAT_DURATION:
        return write_seconds(to, value->as.integer);
    default:
        return NULL;
    }
}

/* Such a string may be far longer than any line: there is to be no room made for all of it. */
static bool will_be_cut(const struct json_renderer *json, const cleat_value *value)
{
    return value->kind == CLEAT_STRING && value->with.length > json->head.limits.max_value_bytes &&
           !(value->flags & (CLEAT__CLEAN | CLEAT__PRINTABLE));
}

/* Writes behind the end of the line, with room for a separator. NULL: the value is not simple, or no memory. */
static char *write_simple_behind(const struct json_renderer *json, struct cleat__buffer *line, const cleat_value *value)
{
    char *to = will_be_cut(json, value) ? NULL : cleat__buffer_reserve(line, room_of(value) + 2);
    return to != NULL ? write_simple(json, to, value) : NULL;
}

/* `"key":` of a key that is kept, and perhaps a space. */
ALWAYS_INLINE char *write_kept_key(char *to, const cleat_key *key, bool spaced)
{
    char *end = to + key->length + sizeof("\"\":") - 1;
    memcpy(to, key->quoted, CLEAT__QUOTED_SIZE);
    *end = ' ';
    return end + spaced;
}

/* -- values -- */

static void add_other(const cleat_renderer *renderer, struct cleat__buffer *line, const cleat_value *value,
                      unsigned depth);

static void add_punctuation(const struct json_renderer *json, struct cleat__buffer *line, char mark)
{
    cleat__buffer_add_char(line, mark);
    if (json->spaced)
        cleat__buffer_add_char(line, ' ');
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

/* Takes back the separator behind the last part, and closes. */
static void end_composite(const struct json_renderer *json, struct cleat__buffer *line, bool any, char mark)
{
    if (any && !line->failed)
        line->length -= json->spaced ? 2 : 1;
    cleat__buffer_add_char(line, mark);
}

/* A value and the separator behind it. */
static void add_part(const struct json_renderer *json, struct cleat__buffer *line, const cleat_value *value,
                     unsigned depth)
{
    char *to = write_simple_behind(json, line, value);
    if (to == NULL) {
        add_other(&json->head, line, value, depth);
        add_punctuation(json, line, ',');
        return;
    }
    to[0] = ',';
    to[1] = ' ';
    cleat__buffer_end(line, to + 1 + json->spaced);
}

static void add_list(const cleat_renderer *renderer, struct cleat__buffer *line, const cleat_value *list,
                     unsigned depth)
{
    size_t i = 0;
    cleat__buffer_add_char(line, '[');
    for (; i < list->with.length && !cleat__outgrown(renderer, line); i++)
        add_part(json_of(renderer), line, &list->as.items[i], depth + 1);
    end_composite(json_of(renderer), line, i > 0, ']');
}

#define FEW_KEYS 16U

/* The interned keys of an object of few fields; false: one is not interned, or may come twice. */
static bool intern_keys(const cleat_value *object, const cleat_key *keys[FEW_KEYS])
{
    uint64_t seen = 0;
    for (size_t i = 0; i < object->with.length; i++) {
        keys[i] = cleat__key_intern(cleat__key_text(&object->as.fields[i]));
        uint64_t bit = keys[i] != NULL ? UINT64_C(1) << (keys[i]->hash >> 26) : 0;
        if (bit == 0 || (seen & bit) != 0)
            return false;
        seen |= bit;
    }
    return true;
}

static void add_interned_key(const struct json_renderer *json, struct cleat__buffer *line, const cleat_key *key)
{
    char *to = cleat__buffer_reserve(line, CLEAT__QUOTED_SIZE + 1);
    if (to != NULL)
        cleat__buffer_end(line, write_kept_key(to, key, json->spaced));
}

/* All of its fields, which have distinct keys. */
static bool add_fields_of_interned(const cleat_renderer *renderer, struct cleat__buffer *line,
                                   const cleat_value *object, const cleat_key *const keys[FEW_KEYS], unsigned depth)
{
    size_t i = 0;
    for (; i < object->with.length && !cleat__outgrown(renderer, line); i++) {
        add_interned_key(json_of(renderer), line, keys[i]);
        add_part(json_of(renderer), line, &object->as.fields[i].value, depth + 1);
    }
    return i > 0;
}

/* A key that comes twice keeps its place and takes the later value (K1). */
static bool add_fields_of_any(const cleat_renderer *renderer, struct cleat__buffer *line, const cleat_value *object,
                              unsigned depth)
{
    bool any = false;
    for (size_t i = 0; i < object->with.length && !cleat__outgrown(renderer, line); i++) {
        const cleat_value *value = cleat__object_value(object, i);
        if (value == NULL)
            continue;
        const char *key = cleat__key_text(&object->as.fields[i]);
        add_key(json_of(renderer), line, key, strlen(key));
        add_punctuation(json_of(renderer), line, ':');
        add_part(json_of(renderer), line, value, depth + 1);
        any = true;
    }
    return any;
}

static void add_object(const cleat_renderer *renderer, struct cleat__buffer *line, const cleat_value *object,
                       unsigned depth)
{
    const cleat_key *keys[FEW_KEYS];
    cleat__buffer_add_char(line, '{');
    bool any = object->with.length <= FEW_KEYS && intern_keys(object, keys)
                   ? add_fields_of_interned(renderer, line, object, keys, depth)
                   : add_fields_of_any(renderer, line, object, depth);
    end_composite(json_of(renderer), line, any, '}');
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

static void add_composite(const cleat_renderer *renderer, struct cleat__buffer *line, const cleat_value *value,
                          unsigned depth)
{
    if (depth > renderer->limits.max_depth)
        cleat__buffer_add_literal(line, "\"" CLEAT__TOO_DEEP "\"");
    else if (value->kind == CLEAT_LIST)
        add_list(renderer, line, value, depth);
    else
        add_object(renderer, line, value, depth);
}

/* What is not simple, or a string that turned out not to be. */
static void add_other(const cleat_renderer *renderer, struct cleat__buffer *line, const cleat_value *value,
                      unsigned depth)
{
    switch (value->kind) {
    case CLEAT_STRING:
        add_quoted(json_of(renderer), line, value->as.text, value->with.length);
        break;
    case CLEAT_BYTES:
        add_bytes(json_of(renderer), line, value);
        break;
    case CLEAT_ERRNO:
        add_errno(renderer, line, (int)value->as.integer, depth);
        break;
    case CLEAT_LIST:
    case CLEAT_OBJECT:
        add_composite(renderer, line, value, depth);
        break;
    case CLEAT_FOREIGN:
        cleat__render_foreign(renderer, line, value, depth);
        break;
    default: /* a lazy value that was not made: a list's bytes are never kept with one */
        cleat__buffer_add_literal(line, "null");
        break;
    }
}

static void add_value(const cleat_renderer *renderer, struct cleat__buffer *line, const cleat_value *value,
                      unsigned depth)
{
    const char *end = write_simple_behind(json_of(renderer), line, value);
    if (end != NULL)
        cleat__buffer_end(line, end);
    else
        add_other(renderer, line, value, depth);
}

/* -- fields -- */

/* Each field ends in a separator, so that fields can be strung together in any way; the last one is taken off. */
static void render_field(struct cleat__buffer *line, const struct cleat__field *field, const void *renderer)
{
    const struct json_renderer *json = renderer;
    if (field->key->quoted != NULL) {
        add_interned_key(json, line, field->key);
    } else {
        add_key(json, line, field->key->text, field->key->length);
        add_punctuation(json, line, ':');
    }
    add_part(json, line, &field->value, 1);
}

/* What a field with a kept key and a simple value takes at most, but for a string's text. */
#define MOST_AROUND (CLEAT__QUOTED_SIZE + CLEAT__TIME_SIZE + sizeof("\"\" , "))

/* A kept key with a simple value, as render_field() would write it; NULL: it is none. */
ALWAYS_INLINE char *write_field(const struct json_renderer *json, char *to, const struct cleat__field *field)
{
    const bool spaced = json->spaced;
    to = write_simple(json, write_kept_key(to, field->key, spaced), &field->value);
    if (to == NULL)
        return NULL;
    to[0] = ',';
    to[1] = ' ';
    return to + 1 + spaced;
}

/* What has to be escaped, cut, or looked into. Returns the new end; limit is where the room ends then. */
static __attribute__((noinline)) char *add_field(struct cleat__buffer *line, char *to, const struct cleat__field *field,
                                                 const void *renderer, const char **limit)
{
    cleat__buffer_end(line, to);
    render_field(line, field, renderer);
    *limit = line->data + line->capacity;
    return line->data + line->length;
}

/* The end of the line, and that of its room, are kept in registers from field to field. The length of what is no
   string has no meaning here: where it is large, the field goes the longer way. */
static void render_row(struct cleat__buffer *line, const struct cleat__field *fields, uint32_t count,
                       const void *renderer)
{
    const struct json_renderer *json = renderer;
    const struct cleat__field *end = fields + count;
    const char *limit = line->data + line->capacity;
    char *to = line->data + line->length;
    for (; fields < end; fields++) {
        size_t room = (size_t)(limit - to);
        char *next = NULL;
        if (fields->key->quoted != NULL && room >= MOST_AROUND && room - MOST_AROUND >= fields->value.with.length)
            next = write_field(json, to, fields);
        to = next != NULL ? next : add_field(line, to, fields, renderer, &limit);
    }
    cleat__buffer_end(line, to);
}

/* -- lines -- */

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
    .name = "json", .fields_alone = true, .render = render, .render_row = render_row, .write_value = add_value};

/* What makes two of them write a field alike. */
static uint64_t variant_of(const struct json_renderer *json)
{
    return (uint64_t)json->escapes + (json->spaced ? 4U : 0U);
}

cleat_renderer *cleat_json_renderer(const cleat_json_options *options)
{
    struct json_renderer *json = cleat__renderer_new(sizeof(*json), &json_class);
    if (json == NULL)
        return NULL;
    if (options != NULL) {
        json->sort_keys = options->sort_keys;
        json->escapes = options->ascii ? CLEAT__ESCAPE_ALL : CLEAT__ESCAPE_DECEPTIVE;
        json->spaced = options->spaced;
    }
    json->head.variant = variant_of(json);
    return &json->head;
}

cleat_renderer *cleat__verbatim_json_renderer(const cleat_json_options *options)
{
    cleat_renderer *renderer = cleat_json_renderer(options);
    if (renderer == NULL)
        return NULL;
    struct json_renderer *json = (struct json_renderer *)renderer;
    json->escapes = CLEAT__ESCAPE_NO_MORE;
    renderer->variant = variant_of(json);
    return renderer;
}

void cleat__render_json(const struct cleat__limits *limits, cleat_event *event, struct cleat__buffer *line)
{
    /* Format 0: no bytes are kept. */
    struct json_renderer fallback = {.head = {.cls = &json_class, .limits = *limits}};
    render(&fallback.head, event, line);
}
