/*
 * deferred_record.h - what records that become lines on a sink's thread have in common: fields by value, references
 * to lists, and what the lane keeps.
 *
 * The lane has a reference to whatever its last record used. Another one that comes in its place takes it over with a
 * reference of its own, and the record carries the former one away, to be let go of when it has been written; so lines
 * that use the same ones count nothing.
 */
#ifndef CLEAT_LOGGER_DEFERRED_RECORD_H
#define CLEAT_LOGGER_DEFERRED_RECORD_H

#include <cleat/renderer.h>

#include "base/copy.h"
#include "logger/workspace.h"
#include "sinks/async.h"

/* The places of what a lane keeps: lists first, then these. */
#define CLEAT__RECIPE_PLACE (CLEAT__LANE_KEEPS - 2)
#define CLEAT__RENDERER_PLACE (CLEAT__LANE_KEEPS - 1)
#define CLEAT__MOST_LISTS CLEAT__RECIPE_PLACE

/* Begins each record's payload: what it is to let go of. */
struct cleat__former {
    uint32_t at; /* in the payload */
    uint32_t count;
};

/* A field. Behind all of them: for each, the rest of its key and the key's text, if it is not known; the value's text,
   if it is one. The first four members lie as in cleat_value. */
struct cleat__own_field {
    uint8_t kind;
    uint8_t flags;
    uint16_t key; /* its number; 0: not known */
    uint32_t aux;
    uint64_t as; /* of a text, its length */
};

/* -- at the call -- */

char *cleat__put_unknown_key(char *to, const char *end, const cleat_key *key);

static inline bool cleat__is_text(unsigned kind)
{
    return kind - CLEAT_STRING <= CLEAT_BYTES - CLEAT_STRING;
}

static inline char *cleat__put_text(struct cleat__own_field *own, const char *text, size_t length, char *to,
                                    const char *end)
{
    if (__builtin_expect(text == NULL || length > (size_t)(end - to), 0))
        return NULL;
    own->as = length;
    cleat__copy(to, text, length);
    return to + length;
}

/* Puts a field, and its texts at `to`. Returns where they end, or NULL: its kind cannot wait, or there is no room. */
static inline char *cleat__put_field(struct cleat__own_field *own, const cleat_key *key, const cleat_value *value,
                                     char *to, const char *end)
{
    memcpy(own, value, offsetof(struct cleat__own_field, as)); /* in one go, as it was written */
    own->key = key->number;
    if (__builtin_expect(key->number == 0, 0) && (to = cleat__put_unknown_key(to, end, key)) == NULL)
        return NULL;
    if (cleat__is_text(value->kind))
        return cleat__put_text(own, value->as.text, value->with.length, to, end);
    own->as = value->as.natural;
    return __builtin_expect(value->kind <= CLEAT_ERRNO, 1) ? to : NULL;
}

/* Begins a record, as cleat__begin_deferral() does, with room for what it may have to carry away. */
static inline bool cleat__begin_record(cleat_sink *sink, struct cleat__deferral *deferral)
{
    return cleat__begin_deferral(sink, deferral, sizeof(void *) * 2 * CLEAT__LANE_KEEPS);
}

static inline bool cleat__keeps(const struct cleat__deferral *deferral, unsigned place, const void *what)
{
    return deferral->lane->kept[place] == what;
}

/* The lane takes something over, and the record what it had in that place. Returns where the payload ends now. */
char *cleat__keep(const struct cleat__deferral *deferral, unsigned place, const void *what, char *to);

/* Gives the record to the sink's thread; its former is set, and its payload ends there. */
static inline void cleat__finish_record(cleat_sink *sink, const struct cleat__deferral *deferral,
                                        const struct cleat__deferred_class *cls, int level, const char *end)
{
    const struct cleat__former *former = (const struct cleat__former *)(const void *)deferral->payload;
    deferral->record->deferred = cls;
    deferral->record->level = level;
    deferral->record->releases = former->count > 0;
    cleat__commit_deferral(sink, deferral, end);
}

/* -- on the sink's thread -- */

/* A place for the line of a record, with an empty event; NULL: it is lost. */
struct cleat__line *cleat__begin_late_line(int level, const struct cleat__limits *limits);

/* Appends the line that a renderer makes of its event, and gives the place back. is_whole: else there is no line. */
void cleat__end_late_line(struct cleat__line *work, const cleat_renderer *renderer, bool is_whole,
                          struct cleat__buffer *line);

/* The next field and its texts are taken from here. */
struct cleat__taking {
    const struct cleat__own_field *field;
    const char *text;
};

/* Takes so many fields into the event's own; they are not in a span yet. False without memory. */
bool cleat__take_fields(struct cleat__taking *taking, cleat_event *event, uint32_t count);

/* Some of the event's own fields, or a list, become its next span. There is room. */
void cleat__add_own_span(cleat_event *event, const struct cleat__field *first, uint32_t count);
void cleat__add_list_span(cleat_event *event, const cleat_fields *list, uint32_t from, uint32_t to);

/* For the classes of records. */
void cleat__release_former(const void *payload);
void cleat__release_kept(void *kept[CLEAT__LANE_KEEPS]);

#endif
