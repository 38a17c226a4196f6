#include "renderers/repr.h"

#include <string.h>

#include "base/utf8.h"
#include "model/value.h"

/* -- strings -- */

/* Whether a byte needs no look at: a printable ASCII character that neither quotes nor escapes. */
static bool is_simple(unsigned char byte, char quote)
{
    return byte >= 0x20 && byte < 0x7F && (quote == '\0' || (byte != (unsigned char)quote && byte != '\\'));
}

static void write_character(struct cleat__buffer *line, uint32_t code, cleat__shows shows)
{
    char bytes[4];
    switch (code) {
    case '\n':
        cleat__buffer_add_literal(line, "\\n");
        break;
    case '\r':
        cleat__buffer_add_literal(line, "\\r");
        break;
    case '\t':
        cleat__buffer_add_literal(line, "\\t");
        break;
    default:
        if (shows(code))
            cleat__buffer_add(line, bytes, (size_t)(cleat__utf8_write(bytes, code) - bytes));
        else
            cleat__write_escape(line, code);
    }
}

static void write_escaped(struct cleat__buffer *line, const char *text, size_t length, char quote, cleat__shows shows)
{
    for (size_t i = 0; i < length;) {
        size_t run = i;
        while (i < length && is_simple((unsigned char)text[i], quote))
            i++;
        cleat__buffer_add(line, text + run, i - run);
        if (i == length)
            break;
        uint32_t code;
        i += cleat__utf8_read(text + i, length - i, &code);
        if (quote != '\0' && (code == (unsigned char)quote || code == '\\'))
            cleat__buffer_add_char(line, '\\');
        write_character(line, code, shows);
    }
}

void cleat__write_quoted(struct cleat__buffer *line, const struct cleat__text *text, cleat__shows shows)
{
    bool has_single = memchr(text->bytes, '\'', text->length) != NULL;
    char quote = has_single && memchr(text->bytes, '"', text->length) == NULL ? '"' : '\'';
    cleat__buffer_add_char(line, quote);
    write_escaped(line, text->bytes, text->length, quote, shows);
    cleat__write_cut(line, text->left_off);
    cleat__buffer_add_char(line, quote);
}

void cleat__write_unquoted(struct cleat__buffer *line, const struct cleat__text *text, cleat__shows shows)
{
    write_escaped(line, text->bytes, text->length, '\0', shows);
    cleat__write_cut(line, text->left_off);
}

static void write_printable(struct cleat__buffer *line, const char *text, size_t length)
{
    char *to = cleat__buffer_reserve(line, length + 2);
    if (to == NULL)
        return;
    *to = '\'';
    memcpy(to + 1, text, length);
    to[length + 1] = '\'';
    line->length += length + 2;
}

static void write_text(const cleat_renderer *renderer, struct cleat__buffer *line, const cleat_value *value,
                       cleat__shows shows)
{
    struct cleat__text text;
    if (value->flags & CLEAT__PRINTABLE)
        write_printable(line, value->as.text, value->with.length);
    else if (cleat__text_of(renderer, value, &text))
        cleat__write_quoted(line, &text, shows);
    else
        cleat__write_none(line);
}

static void write_bytes(const cleat_renderer *renderer, struct cleat__buffer *line, const cleat_value *value)
{
    if (value->as.text == NULL) {
        cleat__write_none(line);
        return;
    }
    cleat__buffer_add_char(line, '\'');
    cleat__write_bytes(renderer, line, value);
    cleat__buffer_add_char(line, '\'');
}

/* -- lists, objects and foreign objects -- */

/* A renderer of values only: so that what a foreign object writes comes back here, whatever the line's renderer. */
struct value_renderer {
    cleat_renderer head;
    cleat__shows shows;
};

static void write_list(const struct value_renderer *self, struct cleat__buffer *line, const cleat_value *list,
                       unsigned depth)
{
    cleat__buffer_add_char(line, '[');
    for (size_t i = 0; i < list->with.length && !cleat__outgrown(&self->head, line); i++) {
        if (i > 0)
            cleat__buffer_add_literal(line, ", ");
        cleat__write_repr(&self->head, line, &list->as.items[i], depth + 1, self->shows);
    }
    cleat__buffer_add_char(line, ']');
}

static void write_object(const struct value_renderer *self, struct cleat__buffer *line, const cleat_value *object,
                         unsigned depth)
{
    cleat__buffer_add_char(line, '{');
    for (size_t i = 0; i < object->with.length && !cleat__outgrown(&self->head, line); i++) {
        const cleat_value *value = cleat__object_value(object, i);
        if (value == NULL)
            continue;
        if (i > 0)
            cleat__buffer_add_literal(line, ", ");
        cleat_value key = cleat_string(object->as.fields[i].key);
        write_text(&self->head, line, &key, self->shows);
        cleat__buffer_add_literal(line, ": ");
        cleat__write_repr(&self->head, line, value, depth + 1, self->shows);
    }
    cleat__buffer_add_char(line, '}');
}

static void write_value(const cleat_renderer *renderer, struct cleat__buffer *line, const cleat_value *value,
                        unsigned depth)
{
    cleat__write_repr(renderer, line, value, depth, ((const struct value_renderer *)renderer)->shows);
}

static void write_composite(const cleat_renderer *renderer, struct cleat__buffer *line, const cleat_value *value,
                            unsigned depth, cleat__shows shows)
{
    static const struct cleat__renderer_class repr = {.name = "repr", .write_value = write_value};
    const struct value_renderer self = {.head = {.cls = &repr, .limits = renderer->limits}, .shows = shows};
    if (value->kind == CLEAT_FOREIGN)
        cleat__render_foreign(&self.head, line, value, depth);
    else if (depth > renderer->limits.max_depth)
        cleat__buffer_add_literal(line, "'" CLEAT__TOO_DEEP "'");
    else if (value->kind == CLEAT_LIST)
        write_list(&self, line, value, depth);
    else
        write_object(&self, line, value, depth);
}

/* -- any -- */

void cleat__write_repr(const cleat_renderer *renderer, struct cleat__buffer *line, const cleat_value *value,
                       unsigned depth, cleat__shows shows)
{
    switch (value->kind) {
    case CLEAT_STRING:
    case CLEAT_TIME:
    case CLEAT_DURATION:
    case CLEAT_ERRNO:
        write_text(renderer, line, value, shows);
        break;
    case CLEAT_BYTES:
        write_bytes(renderer, line, value);
        break;
    case CLEAT_LIST:
    case CLEAT_OBJECT:
    case CLEAT_FOREIGN:
        write_composite(renderer, line, value, depth, shows);
        break;
    default:
        cleat__write_scalar(line, value);
    }
}
