/*
 * The line of a console is in columns: time, level, event, logger, then the other fields. Errors and stacks stand
 * below it, indented, so that what is in them never begins in the first column, where lines begin.
 */
#include <string.h>

#include "base/colour.h"
#include "base/utf8.h"
#include "renderers/colour.h"
#include "renderers/printable.h"
#include "renderers/repr.h"

#define EVENT_WIDTH 30
#define WIDEST_EVENT 500
#define HIGHEST_LEVEL 999

/* Fields with places of their own: the columns in their order, then those below the line. */
enum place {
    TIMESTAMP,
    LEVEL,
    EVENT,
    LOGGER,
    ERROR,
    EXCEPTION,
    STACK,
    PLACES
};

struct console_renderer {
    cleat_renderer head;
    cleat_key keys[PLACES];
    cleat_colours colours;
    bool coloured;
    bool icons;
    bool sort_keys;
    unsigned event_width;
    unsigned level_width;
    unsigned icon_width;
};

/* -- colours -- */

#define RESET "\033[0m"
#define BOLD "\033[1m"
#define DIM "\033[2m"
#define RED "\033[31m"
#define MAGENTA "\033[35m"
#define CYAN "\033[36m"
#define BOLD_BLUE "\033[1;34m"

static void begin_colour(const struct console_renderer *self, struct cleat__buffer *line, const char *sequence)
{
    if (self->coloured)
        cleat__buffer_add(line, sequence, strlen(sequence));
}

static void end_colour(const struct console_renderer *self, struct cleat__buffer *line)
{
    if (self->coloured)
        cleat__buffer_add_literal(line, RESET);
}

/* -- widths -- */

/* The columns that text takes which is safe to show; the escape sequences of colours take none. */
static unsigned width_of(const char *text, size_t length)
{
    unsigned width = 0;
    for (size_t i = 0; i < length;) {
        if (text[i] == '\033') {
            while (i < length && text[i] != 'm')
                i++;
            i += i < length;
            continue;
        }
        uint32_t code;
        i += cleat__utf8_read(text + i, length - i, &code);
        width += cleat__utf8_width(code);
    }
    return width;
}

/* Fills up with spaces what stands on the line since `start`. */
static void pad(struct cleat__buffer *line, size_t start, unsigned width)
{
    unsigned taken = width_of(line->data + start, line->length - start);
    for (; taken < width; taken++)
        cleat__buffer_add_char(line, ' ');
}

static unsigned larger(unsigned left, unsigned right)
{
    return left > right ? left : right;
}

/* So that events begin in the same column, whatever their level. */
static void measure_levels(struct console_renderer *self)
{
    self->level_width = 0;
    self->icon_width = 0;
    for (int number = 1; number <= HIGHEST_LEVEL; number++) {
        const cleat_level *level = &cleat__level_of(number)->looks;
        if (level->number != number)
            continue;
        self->level_width = larger(self->level_width, width_of(level->name, strlen(level->name)));
        if (level->icon != NULL)
            self->icon_width = larger(self->icon_width, width_of(level->icon, strlen(level->icon)));
    }
}

/* -- values -- */

/* Text as it is; other values in Python's notation. */
static void write_bare(const cleat_renderer *renderer, struct cleat__buffer *line, const cleat_value *value,
                       unsigned depth)
{
    struct cleat__text text;
    if (value->kind == CLEAT_FOREIGN)
        cleat__render_foreign(renderer, line, value, depth);
    else if (cleat__text_of(renderer, value, &text))
        cleat__write_unquoted(line, &text, cleat__is_harmless);
    else
        cleat__write_repr(renderer, line, value, depth, cleat__is_harmless);
}

static bool needs_quotes(const struct cleat__text *text)
{
    if (text->length == 0 || text->left_off > 0)
        return true;
    for (size_t i = 0; i < text->length;) {
        uint32_t code;
        i += cleat__utf8_read(text->bytes + i, text->length - i, &code);
        if (code == ' ' || code == '=' || code == '\'' || code == '"' || !cleat__is_harmless(code))
            return true;
    }
    return false;
}

static bool needs_quotes_as_bytes(const cleat_renderer *renderer, const cleat_value *value)
{
    return value->as.text == NULL || value->with.length == 0 || cleat__bytes_need_quotes(renderer, value);
}

/* The same, but text that could be mistaken for something else is in quotes. */
static void write_value(const cleat_renderer *renderer, struct cleat__buffer *line, const cleat_value *value,
                        unsigned depth)
{
    struct cleat__text text;
    if (value->kind == CLEAT_FOREIGN)
        cleat__render_foreign(renderer, line, value, depth);
    else if (cleat__text_of(renderer, value, &text) && !needs_quotes(&text))
        cleat__write_unquoted(line, &text, cleat__is_harmless);
    else if (value->kind == CLEAT_BYTES && !needs_quotes_as_bytes(renderer, value))
        cleat__write_bytes(renderer, line, value);
    else
        cleat__write_repr(renderer, line, value, depth, cleat__is_harmless);
}

/* -- columns -- */

/* A renderer for the columns of one line: what a foreign object writes there is bare. */
struct column_renderer {
    cleat_renderer head;
    const struct console_renderer *console;
    const cleat_level *level;
};

static void write_timestamp(struct cleat__buffer *line, const struct cleat__field *field, const void *renderer)
{
    const struct column_renderer *column = renderer;
    begin_colour(column->console, line, DIM);
    write_bare(&column->head, line, &field->value, 1);
    end_colour(column->console, line);
}

static void write_icon(const struct column_renderer *column, struct cleat__buffer *line)
{
    size_t start = line->length;
    if (column->level->icon != NULL) {
        cleat_value icon = cleat_string(column->level->icon);
        write_bare(&column->head, line, &icon, 1);
    }
    pad(line, start, column->console->icon_width);
    cleat__buffer_add_char(line, ' ');
}

static void begin_level_colour(const struct column_renderer *column, struct cleat__buffer *line)
{
    char *to = column->console->coloured ? cleat__buffer_reserve(line, CLEAT__COLOUR_SIZE) : NULL;
    if (to != NULL)
        cleat__buffer_end(line, cleat__write_colour(to, column->level->colour));
}

static void write_level(struct cleat__buffer *line, const struct cleat__field *field, const void *renderer)
{
    const struct column_renderer *column = renderer;
    cleat__buffer_add_char(line, '[');
    begin_level_colour(column, line);
    if (column->console->icons)
        write_icon(column, line);
    size_t start = line->length;
    write_bare(&column->head, line, &field->value, 1);
    pad(line, start, column->console->level_width);
    if (column->level->colour != NULL)
        end_colour(column->console, line);
    cleat__buffer_add_char(line, ']');
}

static void write_event(struct cleat__buffer *line, const struct cleat__field *field, const void *renderer)
{
    const struct column_renderer *column = renderer;
    begin_colour(column->console, line, BOLD);
    write_bare(&column->head, line, &field->value, 1);
    end_colour(column->console, line);
}

static void write_logger(struct cleat__buffer *line, const struct cleat__field *field, const void *renderer)
{
    const struct column_renderer *column = renderer;
    cleat__buffer_add_char(line, '[');
    begin_colour(column->console, line, BOLD_BLUE);
    write_bare(&column->head, line, &field->value, 1);
    end_colour(column->console, line);
    cleat__buffer_add_char(line, ']');
}

/* -- what stands below the line -- */

static void begin_continuation(struct cleat__buffer *line, unsigned indentation)
{
    static const char spaces[] = "\n            ";
    cleat__buffer_add(line, spaces, 1 + indentation);
}

/* The lines of a text, one below the other; a single one stays where it is. */
static void write_lines(struct cleat__buffer *line, const struct cleat__text *text)
{
    const char *from = text->bytes;
    const char *const end = from + text->length;
    bool single = memchr(from, '\n', text->length) == NULL;
    while (from < end) {
        const char *newline = memchr(from, '\n', (size_t)(end - from));
        struct cleat__text part = {.bytes = from, .length = (size_t)((newline != NULL ? newline : end) - from)};
        if (single)
            cleat__buffer_add_char(line, ' ');
        else
            begin_continuation(line, 8);
        cleat__write_unquoted(line, &part, cleat__is_harmless);
        from = newline != NULL ? newline + 1 : end;
    }
    cleat__write_cut(line, text->left_off);
}

static void write_items(const cleat_renderer *renderer, struct cleat__buffer *line, const cleat_value *list,
                        unsigned depth)
{
    for (size_t i = 0; i < list->with.length && !cleat__outgrown(renderer, line); i++) {
        begin_continuation(line, 8);
        write_bare(renderer, line, &list->as.items[i], depth + 1);
    }
}

static void write_detail_value(const cleat_renderer *renderer, struct cleat__buffer *line, const cleat_value *value,
                               unsigned depth)
{
    struct cleat__text text;
    if (value->kind == CLEAT_FOREIGN) {
        cleat__render_foreign(renderer, line, value, depth);
    } else if (cleat__text_of(renderer, value, &text)) {
        write_lines(line, &text);
    } else if (value->kind == CLEAT_LIST && value->with.length > 0) {
        write_items(renderer, line, value, depth);
    } else {
        cleat__buffer_add_char(line, ' ');
        cleat__write_repr(renderer, line, value, depth, cleat__is_harmless);
    }
}

static void write_detail(struct cleat__buffer *line, const struct cleat__field *field, const void *renderer)
{
    const struct column_renderer *column = renderer;
    const char *colour = cleat__key_equal(field->key, &column->console->keys[STACK]) ? DIM : RED;
    begin_continuation(line, 4);
    begin_colour(column->console, line, colour);
    cleat__write_key(line, field->key);
    cleat__buffer_add_char(line, ':');
    write_detail_value(&column->head, line, &field->value, 1);
    end_colour(column->console, line);
}

/* -- the other fields -- */

static void write_pair(struct cleat__buffer *line, const struct cleat__field *field, const void *renderer)
{
    const struct console_renderer *self = renderer;
    for (unsigned i = 0; i < PLACES; i++)
        if (cleat__key_equal(field->key, &self->keys[i]))
            return;
    const char *colour = field->value.kind == CLEAT_ERRNO ? RED : MAGENTA;
    begin_colour(self, line, CYAN);
    cleat__write_key(line, field->key);
    end_colour(self, line);
    cleat__buffer_add_char(line, '=');
    begin_colour(self, line, colour);
    write_value(&self->head, line, &field->value, 1);
    end_colour(self, line);
    cleat__buffer_add_char(line, ' ');
}

static uint32_t write_pairs(const struct console_renderer *self, cleat_event *event, struct cleat__buffer *line)
{
    uint32_t count;
    const struct cleat__field **sorted = self->sort_keys ? cleat__sorted_fields(event, &count) : NULL;
    return sorted != NULL ? cleat__render_fields(&self->head, sorted, count, line, write_pair)
                          : cleat__render_spans(&self->head, event, line, write_pair);
}

/* -- the line -- */

/* What became of a field that has a place of its own. */
enum outcome {
    ABSENT,
    WRITTEN,
    LEFT_OFF
};

static enum outcome write_place(const struct column_renderer *column, cleat_event *event, enum place place,
                                struct cleat__buffer *line, cleat__render_field write)
{
    const cleat_key *key = &column->console->keys[place];
    const cleat_value *value = cleat__event_get(event, key);
    if (value == NULL)
        return ABSENT;
    const struct cleat__field field = {key, *value};
    const struct cleat__field *one = &field;
    return cleat__render_fields(&column->head, &one, 1, line, write) == 0 ? WRITTEN : LEFT_OFF;
}

/* Columns, then fields; each has a space behind it, which the last one does not keep. */
static uint32_t write_head(const struct column_renderer *column, cleat_event *event, struct cleat__buffer *line)
{
    static const cleat__render_field writers[] = {write_timestamp, write_level, write_event, write_logger};
    uint32_t left_off = 0;
    size_t end = line->length;
    for (unsigned place = TIMESTAMP; place <= LOGGER; place++) {
        size_t start = line->length;
        enum outcome outcome = write_place(column, event, (enum place)place, line, writers[place]);
        left_off += outcome == LEFT_OFF;
        if (outcome != WRITTEN)
            continue;
        end = line->length;
        if (place == EVENT)
            pad(line, start, column->console->event_width);
        cleat__buffer_add_char(line, ' ');
    }
    size_t start = line->length;
    left_off += write_pairs(column->console, event, line);
    line->length = line->length > start ? line->length - 1 : end;
    return left_off;
}

static uint32_t write_details(const struct column_renderer *column, cleat_event *event, struct cleat__buffer *line)
{
    uint32_t left_off = 0;
    for (unsigned place = ERROR; place <= STACK; place++)
        left_off += write_place(column, event, (enum place)place, line, write_detail) == LEFT_OFF;
    return left_off;
}

static int render(const cleat_renderer *renderer, cleat_event *event, struct cleat__buffer *line)
{
    static const struct cleat__renderer_class columns = {.name = "console column", .write_value = write_bare};
    static const struct cleat__renderer_class details = {.name = "console detail", .write_value = write_detail_value};
    struct column_renderer column = {
        .head = {.cls = &columns, .limits = renderer->limits},
        .console = (const struct console_renderer *)renderer,
        .level = &event->level_record->looks,
    };
    uint32_t left_off = write_head(&column, event, line);
    column.head.cls = &details;
    left_off += write_details(&column, event, line);
    cleat__tell_left_off(event, left_off, line, write_detail, &column);
    return 0;
}

/* -- making one -- */

static void adapt_to_terminal(cleat_renderer *renderer, bool terminal)
{
    struct console_renderer *self = (struct console_renderer *)renderer;
    self->coloured = self->colours == CLEAT_COLOURS_ALWAYS || (self->colours == CLEAT_COLOURS_AUTO && terminal);
    self->head.variant = self->coloured ? 1 : 0;
    measure_levels(self);
}

static void prepare_keys(struct console_renderer *self)
{
    static const char *const names[PLACES] = {
        [TIMESTAMP] = "timestamp", [LEVEL] = "level",         [EVENT] = "event", [LOGGER] = "logger",
        [ERROR] = "error",         [EXCEPTION] = "exception", [STACK] = "stack",
    };
    for (unsigned i = 0; i < PLACES; i++)
        cleat__key_prepare(&self->keys[i], names[i], strlen(names[i]));
}

static unsigned event_width(int wanted)
{
    if (wanted == 0)
        return EVENT_WIDTH;
    if (wanted < 0)
        return 0;
    return wanted < WIDEST_EVENT ? (unsigned)wanted : WIDEST_EVENT;
}

cleat_renderer *cleat_console_renderer(const cleat_console_options *options)
{
    static const struct cleat__renderer_class console = {
        .name = "console",
        .render = render,
        .write_value = write_value,
        .adapt_to_terminal = adapt_to_terminal,
    };
    static const cleat_console_options defaults = {0};
    if (options == NULL)
        options = &defaults;
    struct console_renderer *self = cleat__renderer_new(sizeof(*self), &console);
    if (self == NULL)
        return NULL;
    self->colours = cleat__choose_colours(options->colours);
    self->event_width = event_width(options->event_width);
    self->icons = options->icons;
    self->sort_keys = options->sort_keys;
    prepare_keys(self);
    return &self->head;
}
