/*
 * host.h - what the extension of a host language uses of the engine besides the public headers. No program includes
 * it: it may change with every version.
 */
#ifndef CLEAT_LOGGER_HOST_H
#define CLEAT_LOGGER_HOST_H

#include <cleat/logger.h>

#include "ambient/ambient.h"
#include "ambient/host.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/number.h"
#include "model/fields.h"
#include "model/interned_keys.h"
#include "model/key.h"
#include "renderers/json_text.h"
#include "renderers/printable.h"

CLEAT_BEGIN_DECLS

/* -- lines (host.c, emit.c) -- */

struct cleat__line;
struct cleat__text {
    const char *bytes;
    size_t length;
};

/*
 * Makes the line of a call, newline included, with the chain and the first renderer of a wrapped logger, and leaves it
 * with the caller: no sink gets it. The text lasts until the line is given back with cleat__end_line(), which has to
 * come before that of any line which this thread began earlier.
 *
 * bound:  takes the place of the logger's own fields; NULL: none. Stays the caller's.
 * site:   keys[0].text is NULL, those behind it have the keys of fields, which last as long as the site.
 * fields: the first one has the event's text as its value, those behind it are the call's: count of all. Written to.
 * NULL:   nothing has happened: no memory, or too deep inside of other lines.
 */
CLEAT_API struct cleat__line *cleat__make_line(const cleat_logger *log, const cleat_fields *bound, int level,
                                               cleat_site *site, cleat_field *fields, uint32_t count,
                                               struct cleat__text *text);
CLEAT_API void cleat__end_line(struct cleat__line *line);

/*
 * Gives the same line to the logger's own sink, an asynchronous one, which makes it later. False: nothing has
 * happened, be it that the sink would have to wait for room.
 */
CLEAT_API bool cleat__hand_over_line(const cleat_logger *log, const cleat_fields *bound, int level, cleat_site *site,
                                     cleat_field *fields, uint32_t count);

/*
 * Makes a line of these fields alone with the first renderer of a wrapped logger, as cleat__make_line() does: there is
 * no event among them. Their keys stand in site as there, behind the first one.
 */
CLEAT_API struct cleat__line *cleat__make_line_of(const cleat_logger *log, cleat_site *site, cleat_field *fields,
                                                  uint32_t count, struct cleat__text *text);

/* A line that was made elsewhere, newline included, for a sink. */
CLEAT_API void cleat__give_to_sink(cleat_sink *sink, const char *line, size_t length, int level);

/* The same if that takes no waiting: the sink is an asynchronous one, and has room. False: nothing has happened. */
CLEAT_API bool cleat__offer_to_sink(cleat_sink *sink, const char *line, size_t length, int level);

/* Waits until rotated files are compressed and removed, see cleat__sink_settle(). */
CLEAT_API bool cleat__settle_sink(cleat_sink *sink, int timeout_ms);

/* How many lines a sink could not write so far; dropped ones are none. */
CLEAT_API uint64_t cleat__lines_lost(const cleat_sink *sink);

/* A JSON renderer that escapes no more than RFC 8259 asks for. */
CLEAT_API cleat_renderer *cleat__host_json_renderer(const cleat_json_options *options);

/* A processor that fills in a list: what list() gives. */
CLEAT_API cleat_processor *cleat__fill_in_step(const cleat_fields *(*list)(void));

/* A processor that sets a key to the time in UTC as Python's isoformat() writes it, with a Z: a whole second has no
   fraction. */
CLEAT_API cleat_processor *cleat__iso_time_step(const char *key);

/* Writes the time of now so. Returns its length; no NUL. */
#define CLEAT__ISO_TIME_SIZE 40
CLEAT_API size_t cleat__write_iso_time(char to[CLEAT__ISO_TIME_SIZE]);

/* -- lists of fields -- */

/* `before` with fields set over it, as a new list; before keeps its owner. NULL without memory. */
CLEAT_API cleat_fields *cleat__list_with(cleat_fields *before, const cleat_field *fields, size_t count);

/* The number of a list, which no other one ever has. */
CLEAT_API uint64_t cleat__list_id(const cleat_fields *list);

/* Its flat form, or NULL without memory. */
CLEAT_API const struct cleat__flat *cleat__list_flat(const cleat_fields *list);

/* Whether it has a key. False without memory. */
CLEAT_API bool cleat__list_has(const cleat_fields *list, const cleat_key *key);

CLEAT_END_DECLS

#endif
