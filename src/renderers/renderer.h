/*
 * renderer.h - what all renderers share: the class, the kept bytes, the limits on values and lines.
 */
#ifndef CLEAT_RENDERERS_RENDERER_H
#define CLEAT_RENDERERS_RENDERER_H

#include <stdatomic.h>

#include <cleat/renderer.h>

#include "base/buffer.h"
#include "model/event.h"
#include "model/value.h"

/* What a kind of renderer does. */
struct cleat__renderer_class {
    const char *name;

    bool fields_alone; /* a line depends on nothing but the event's fields: it may be made on another thread, later */

    /* Appends one line, without its newline. 0, or a negative errno value. */
    int (*render)(const cleat_renderer *renderer, cleat_event *event, struct cleat__buffer *line);

    /* Appends fields byte for byte as render_field, which cleat__render_spans() is given, does one by one, but faster.
       NULL: there is no faster way. */
    void (*render_row)(struct cleat__buffer *line, const struct cleat__field *fields, uint32_t count,
                       const void *renderer);

    /* Appends one value where a foreign object stands: cleat_write_value(). depth: how deep it is nested. NULL: the
       renderer neither shows foreign objects nor keeps bytes of lists. */
    void (*write_value)(const cleat_renderer *renderer, struct cleat__buffer *line, const cleat_value *value,
                        unsigned depth);

    /* Learns whether its handler's sink is a terminal; sets variant if fields look different then. NULL: all the same.
     */
    void (*adapt_to_terminal)(cleat_renderer *renderer, bool terminal);

    /* Frees what options took; NULL: nothing. */
    void (*destroy)(cleat_renderer *renderer);
};

/* The beginning of every renderer. */
struct cleat_renderer {
    const struct cleat__renderer_class *cls;
    _Atomic unsigned owners;
    size_t size;              /* of the whole struct */
    uint64_t variant;         /* the options that change how one field looks, as a number; the constructor sets it */
    cleat_renderer *original; /* of a handler's own copy: what it was made from, which it keeps alive */

    /* A handler's own copy knows these: */
    uint64_t format; /* same number, same bytes for the same field: the key of kept bytes; 0: none are kept */
    struct cleat__limits limits;
};

/* Makes the common part; size is that of the whole struct, zeroed behind it. NULL, with a message, without memory. */
void *cleat__renderer_new(size_t size, const struct cleat__renderer_class *cls);

/* A handler's own copy, for its limits and its sink. The reference to the original stays the caller's. NULL as above.
 */
cleat_renderer *cleat__renderer_for_handler(cleat_renderer *renderer, const struct cleat__limits *limits,
                                            bool terminal);

/*
 * Appends one line with its newline. When the renderer fails, the line is JSON instead, with a field `cleat_error`.
 */
void cleat__render_line(const cleat_renderer *renderer, cleat_event *event, struct cleat__buffer *line);

/*
 * Appends the fields of an event in order: kept bytes where a span has them, else field by field. A field that
 * would make the line longer than its limit is left off. Returns how many were.
 */
uint32_t cleat__render_spans(const cleat_renderer *renderer, cleat_event *event, struct cleat__buffer *line,
                             cleat__render_field render_field);

/* The same for fields in another order. */
uint32_t cleat__render_fields(const cleat_renderer *renderer, const struct cleat__field *const *fields, uint32_t count,
                              struct cleat__buffer *line, cleat__render_field render_field);

/* The fields of an event sorted by key, in the line's scratch; NULL without memory. */
const struct cleat__field **cleat__sorted_fields(cleat_event *event, uint32_t *count);

/* Whether a value that is being appended since `start` has outgrown the line already: then its parts may stop. */
static inline bool cleat__outgrown(const cleat_renderer *renderer, const struct cleat__buffer *line)
{
    return line->length > renderer->limits.max_line_bytes * 2 || line->failed;
}

/* The writer behind cleat_write_value(). */
struct cleat_writer {
    const cleat_renderer *renderer;
    struct cleat__buffer *line;
    unsigned depth;
    bool written;
};

/* Renders a foreign value through its class; a marker with the class's name when that fails or writes nothing. */
void cleat__render_foreign(const cleat_renderer *renderer, struct cleat__buffer *line, const cleat_value *value,
                           unsigned depth);

/*
 * The value of the field at a place of an object as it is shown: of a repeated key the last value in the first
 * place (K1). NULL: not shown, the key came before.
 */
const cleat_value *cleat__object_value(const cleat_value *object, size_t index);

/* How much of a string is shown, in bytes, and what stands behind it when that is not all: "...[cut 1234 bytes]". */
#define CLEAT__CUT_SIZE 48
size_t cleat__shown_length(const cleat_renderer *renderer, const char *text, size_t length);
size_t cleat__cut_marker(char buffer[CLEAT__CUT_SIZE], size_t bytes);

/* Appends the field `cleat_cut`, which tells how many fields were left off, if any were. */
void cleat__tell_left_off(cleat_event *event, uint32_t left_off, struct cleat__buffer *line,
                          cleat__render_field render_field, const void *renderer);

#endif
