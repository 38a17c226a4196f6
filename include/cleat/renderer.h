/*
 * renderer.h - the last step: from an event to the bytes of one line.
 *
 * Each function makes a renderer for a handler. A configuration takes over the reference it is given; keep one
 * with cleat_renderer_ref(). Options are copied; NULL means all zero, which is the useful default.
 *
 * Whatever the data, a line is one line of valid UTF-8: newlines, control characters and escape sequences are
 * escaped, and so are the characters that end lines or turn the direction of text for a reader (U+061C, U+200E, U+200F,
 * U+2028 to U+202E, U+2066 to U+206F); bytes that are not UTF-8 become U+FFFD (K15).
 *
 * Safe, for all that make a renderer: threads, fork.
 * Owns, for all that make a renderer: the caller, until it is given to a handler; cleat_renderer_unref().
 * Errors, for all that make a renderer: NULL, with cleat_error_message().
 */
#ifndef CLEAT_RENDERER_H
#define CLEAT_RENDERER_H

#include <cleat/event.h>

CLEAT_BEGIN_DECLS

typedef struct cleat_renderer cleat_renderer;

typedef struct cleat_json_options {
    bool sort_keys;
    bool ascii;  /* escape what is not ASCII, as Python's json.dumps does */
    bool spaced; /* ", " and ": ", as Python's json.dumps does; else "," and ":" */
} cleat_json_options;

/*
 * A JSON object a line (RFC 8259). NaN and infinities are null; times are ISO 8601 strings in UTC, durations
 * seconds as a number, bytes base64 strings; an error is {"errno": 2, "name": "ENOENT", "message": "..."}.
 *
 * options: copied; NULL: all zero.
 * Example: cleat_json_renderer(NULL)
 */
CLEAT_API cleat_renderer *cleat_json_renderer(const cleat_json_options *options);

typedef struct cleat_text_options {
    bool sort_keys;
    bool drop_missing;            /* of key_order: leave a key that is not there out, instead of showing it null */
    const char *const *key_order; /* keys that come first, in this order; n_key_order of them */
    size_t n_key_order;
    bool bool_as_value; /* logfmt: true as key=true; else as the bare key */
} cleat_text_options;

/*
 * logfmt: key=value pairs, values quoted where they need it; what is unfit for a key is escaped: \x20 for a space.
 * As in structlog, null is `key=`, true the bare key, false key=false, a list or object the text of Python's repr().
 * Times are ISO 8601 in UTC; durations a number with the largest unit of s, ms, us and ns that makes it at least 1
 * (1.5ms); bytes base64; errors "ENOENT: No such file or directory".
 *
 * options: copied; NULL: all zero.
 * Example: cleat_logfmt_renderer(NULL)
 */
CLEAT_API cleat_renderer *cleat_logfmt_renderer(const cleat_text_options *options);

/*
 * key=value with values as Python's repr() writes them: a=1 event='hi' ok=True none=None. Keys are escaped as
 * in logfmt; times, durations, bytes and errors are the strings that logfmt shows, in quotes.
 *
 * options: copied; NULL: all zero.
 * Example: cleat_keyvalue_renderer(&(cleat_text_options){.sort_keys = true})
 */
CLEAT_API cleat_renderer *cleat_keyvalue_renderer(const cleat_text_options *options);

/* Whether to use colours. */
typedef enum cleat_colours {
    CLEAT_COLOURS_AUTO = 0, /* on a terminal; FORCE_COLOR and NO_COLOR decide where they are set */
    CLEAT_COLOURS_NEVER = 1,
    CLEAT_COLOURS_ALWAYS = 2
} cleat_colours;

typedef struct cleat_console_options {
    cleat_colours colours;
    int event_width; /* columns the event is padded to; 0: 30; negative: no padding */
    bool icons;      /* the level's icon before its name */
    bool sort_keys;
} cleat_console_options;

/*
 * For people: time, level, event, logger, then the other fields; errors and stacks readable below the line's
 * head, each continuation indented so that it cannot be taken for a line of its own.
 * `timestamp`, `level`, `event` and `logger` are columns; `error`, `exception` and `stack` stand below.
 * With CLEAT_COLOURS_AUTO the environment is asked first: NO_COLOR (no-color.org), when not empty, means no colours;
 * else FORCE_COLOR, when not empty, colours; else TERM=dumb no colours. It is read when the renderer is made; whether
 * the sink is a terminal, when the renderer is given to a handler.
 *
 * options: copied; NULL: all zero.
 * Example: cleat_console_renderer(&(cleat_console_options){.icons = true})
 */
CLEAT_API cleat_renderer *cleat_console_renderer(const cleat_console_options *options);

/* Where a renderer of the user's own writes its line. */
typedef struct cleat_line cleat_line;

/*
 * Appends bytes to the line. What the renderer appends is the user's own responsibility: newlines in it
 * are written as they are.
 *
 * line:    the one the renderer was given.
 * text:    length bytes; copied.
 * Errors:  -ENOMEM or -EMSGSIZE: the line is full; the line is cut there.
 * Safe:    only in the renderer it was given to.
 * Example: int error = cleat_line_append(line, "level=", 6);
 */
CLEAT_API int cleat_line_append(cleat_line *line, const char *text, size_t length);

/* The user's own renderer: appends one line without its final newline. A negative errno value on failure: then
   the line is rendered as JSON instead, with a field `cleat_error` (behind what failed before, after a "; "). */
typedef int (*cleat_renderer_fn)(cleat_event *event, cleat_line *line, void *arg);

/*
 * A renderer from a function.
 *
 * name:    for messages; copied.
 * arg:     given to render, from several threads at once; release is called with it at the end (or NULL).
 * Example: cleat_make_renderer("csv", render_csv, NULL, NULL)
 */
CLEAT_API cleat_renderer *cleat_make_renderer(const char *name, cleat_renderer_fn render, void *arg,
                                              void (*release)(void *arg));

/*
 * One more owner of renderer; gives renderer back. NULL is returned as it is.
 *
 * Owns:    the caller has one reference more to give away or release.
 * Safe:    threads, fork.
 * Example: CLEAT_HANDLERS({.renderer = cleat_renderer_ref(json), .sink = file}, {.renderer = json, .sink = memory})
 */
CLEAT_API cleat_renderer *cleat_renderer_ref(cleat_renderer *renderer);

/*
 * One owner of renderer less; the last one frees. NULL is allowed.
 *
 * Safe:    threads, fork.
 * Example: cleat_renderer_unref(json);
 */
CLEAT_API void cleat_renderer_unref(cleat_renderer *renderer);

CLEAT_END_DECLS

#endif
