/*
 * logfmt as structlog writes it: values are quoted when they hold a space, "=" or a double quote, and only then are
 * backslashes escaped; a newline is \n in any case; lists and objects are texts in Python's notation. Where structlog
 * lets other control characters, line separators and changes of direction through, they are escaped here, as in a JSON
 * string and in quotes: else data could act on a terminal, or look like a line of its own (K15).
 */
#include "base/utf8.h"
#include "renderers/key_order.h"
#include "renderers/printable.h"
#include "renderers/repr.h"

/* What the characters of a text ask for. */
enum {
    NOTHING = 0,
    ESCAPES = 1,
    QUOTES = 2
};

static unsigned demand_of_other(uint32_t code)
{
    return cleat__is_harmless(code) ? NOTHING : QUOTES | ESCAPES;
}

static unsigned demand_of(const struct cleat__text *text)
{
    unsigned demand = text->left_off > 0 ? QUOTES : NOTHING; /* the mark of a cut has spaces in it */
    for (size_t i = 0; i < text->length;) {
        unsigned char byte = (unsigned char)text->bytes[i];
        uint32_t code;
        if (byte > '"' && byte < 0x7F && byte != '=' && byte != '\\') {
            i++;
            continue;
        }
        i += cleat__utf8_read(text->bytes + i, text->length - i, &code);
        if (code == ' ' || code == '=')
            demand |= QUOTES;
        else if (code == '"')
            demand |= QUOTES | ESCAPES;
        else if (code == '\n' || code == '\\' || code == CLEAT__REPLACEMENT)
            demand |= ESCAPES;
        else
            demand |= demand_of_other(code);
    }
    return demand;
}

static void write_character(struct cleat__buffer *line, uint32_t code)
{
    char bytes[4];
    if (code == '\n')
        cleat__buffer_add_literal(line, "\\n");
    else if (code == '\r')
        cleat__buffer_add_literal(line, "\\r");
    else if (code == '\t')
        cleat__buffer_add_literal(line, "\\t");
    else if (cleat__is_harmless(code))
        cleat__buffer_add(line, bytes, (size_t)(cleat__utf8_write(bytes, code) - bytes));
    else
        cleat__write_unicode_escape(line, code);
}

static void write_escaped(struct cleat__buffer *line, const struct cleat__text *text, bool in_quotes)
{
    for (size_t i = 0; i < text->length;) {
        uint32_t code;
        i += cleat__utf8_read(text->bytes + i, text->length - i, &code);
        if (code == '"' || (code == '\\' && in_quotes))
            cleat__buffer_add_char(line, '\\');
        write_character(line, code);
    }
}

static void write_text(struct cleat__buffer *line, const struct cleat__text *text)
{
    unsigned demand = demand_of(text);
    bool in_quotes = (demand & QUOTES) != 0;
    if (in_quotes)
        cleat__buffer_add_char(line, '"');
    if ((demand & ESCAPES) != 0)
        write_escaped(line, text, in_quotes);
    else
        cleat__buffer_add(line, text->bytes, text->length);
    cleat__write_cut(line, text->left_off);
    if (in_quotes)
        cleat__buffer_add_char(line, '"');
}

/* Whatever has a text; nothing for a string that is NULL. */
static void write_string(const cleat_renderer *renderer, struct cleat__buffer *line, const cleat_value *value)
{
    if (value->flags & CLEAT__CLEAN) {
        cleat__buffer_add(line, value->as.text, value->with.length);
        return;
    }
    struct cleat__text text;
    if (cleat__text_of(renderer, value, &text))
        write_text(line, &text);
}

static void write_bytes(const cleat_renderer *renderer, struct cleat__buffer *line, const cleat_value *value)
{
    if (value->as.text == NULL)
        return;
    bool in_quotes = cleat__bytes_need_quotes(renderer, value);
    if (in_quotes)
        cleat__buffer_add_char(line, '"');
    cleat__write_bytes(renderer, line, value);
    if (in_quotes)
        cleat__buffer_add_char(line, '"');
}

/* Puts what stands behind `start`, which has no control characters, in quotes where it needs them. */
static void quote_in_place(struct cleat__buffer *line, size_t start)
{
    bool in_quotes = false;
    size_t more = 2;
    for (size_t i = start; i < line->length; i++) {
        char c = line->data[i];
        in_quotes = in_quotes || c == ' ' || c == '=' || c == '"';
        more += c == '"' || c == '\\';
    }
    if (!in_quotes || cleat__buffer_reserve(line, more) == NULL)
        return;
    size_t from = line->length;
    size_t to = line->length += more;
    line->data[--to] = '"';
    while (from > start) {
        char c = line->data[--from];
        line->data[--to] = c;
        if (c == '"' || c == '\\')
            line->data[--to] = '\\';
    }
    line->data[--to] = '"';
}

static void write_composite(const cleat_renderer *renderer, struct cleat__buffer *line, const cleat_value *value,
                            unsigned depth)
{
    size_t start = line->length;
    cleat__write_repr(renderer, line, value, depth, cleat__is_printable);
    quote_in_place(line, start);
}

/* True is the bare key: the "=" behind it is taken back. */
static void write_bool(const cleat_renderer *renderer, struct cleat__buffer *line, bool boolean)
{
    const struct cleat__text_renderer *self = (const struct cleat__text_renderer *)renderer;
    if (!boolean)
        cleat__buffer_add_literal(line, "false");
    else if (self->bool_as_value)
        cleat__buffer_add_literal(line, "true");
    else
        line->length--;
}

static void write_value(const cleat_renderer *renderer, struct cleat__buffer *line, const cleat_value *value,
                        unsigned depth)
{
    switch (value->kind) {
    case CLEAT_STRING:
    case CLEAT_TIME:
    case CLEAT_DURATION:
    case CLEAT_ERRNO:
        write_string(renderer, line, value);
        break;
    case CLEAT_BYTES:
        write_bytes(renderer, line, value);
        break;
    case CLEAT_BOOL:
        write_bool(renderer, line, value->as.boolean);
        break;
    case CLEAT_INT:
    case CLEAT_UINT:
    case CLEAT_DOUBLE:
        cleat__write_scalar(line, value);
        break;
    case CLEAT_LIST:
    case CLEAT_OBJECT:
        write_composite(renderer, line, value, depth);
        break;
    case CLEAT_FOREIGN:
        cleat__render_foreign(renderer, line, value, depth);
        break;
    default:
        break; /* null: nothing behind the "=" */
    }
}

static void write_pair(struct cleat__buffer *line, const struct cleat__field *field, const void *renderer)
{
    cleat__write_key(line, field->key);
    cleat__buffer_add_char(line, '=');
    write_value(renderer, line, &field->value, 1);
    cleat__buffer_add_char(line, ' ');
}

cleat_renderer *cleat_logfmt_renderer(const cleat_text_options *options)
{
    static const struct cleat__renderer_class logfmt = {
        .name = "logfmt",
        .fields_alone = true,
        .render = cleat__text_render,
        .write_value = write_value,
        .destroy = cleat__text_destroy,
    };
    return cleat__text_renderer_new(&logfmt, options, write_pair);
}
