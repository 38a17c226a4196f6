/*
 * event.h - the event as the engine sees it: a row of spans over fields that lie elsewhere.
 *
 * A span is a run of fields in an immutable list (a bound context, the context variables) or in the event's own
 * memory (the call's fields, what processors set). Overriding one field of a list splits its span in two around
 * the new value. So a chain works on a handful of spans, whatever is bound; and a renderer copies the bytes it
 * keeps for a list, or for the parts of it that a span still covers.
 */
#ifndef CLEAT_MODEL_EVENT_H
#define CLEAT_MODEL_EVENT_H

#include <cleat/event.h>

#include "base/hash.h"
#include "base/scratch.h"
#include "base/tick_clock.h"
#include "model/fields.h"
#include "model/level.h"

/* Fields [from, to) of a row. */
struct cleat__span {
    const struct cleat__field *fields;
    const cleat_fields *list; /* where they belong to: its kept bytes serve; NULL: the event's own */
    uint32_t from;
    uint32_t to;
};

/* In value.flags of a string: plain ASCII that no renderer needs to escape, cut or quote. */
#define CLEAT__CLEAN 1

/* The same of a string of printable ASCII without quotes and backslashes, which may need quotes around it. */
#define CLEAT__PRINTABLE 2

/* Limits of the configuration that the line is made under. */
struct cleat__limits {
    size_t max_value_bytes;
    size_t max_line_bytes;
    unsigned max_depth;
};

struct cleat_event {
    struct cleat__mask mask; /* of all keys that are, or were, in it */
    uint32_t n_spans;
    uint32_t spans_capacity;
    struct cleat__span *spans;
    struct cleat__span *open_span; /* the last span, if the next own field may simply go to its end; else NULL */
    struct cleat__field *own;      /* memory for the event's own fields */
    uint32_t own_count;
    uint32_t own_capacity;
    cleat_scratch *scratch;
    bool dynamic; /* lazy values may be in it */

    const struct cleat__level *level_record;
    int level;
    const char *logger_name;
    cleat_fields *logger_name_field; /* one field, `logger`; NULL for a logger without a name */
    const cleat_site *site;
    const struct cleat__limits *limits;
    int64_t time;   /* 0: the clock has not been read */
    uint64_t stamp; /* of that reading; see base/tick_clock.h */
};

/* The memory that an event begins with; more comes from the line's scratch. */
#define CLEAT__SPANS 32
#define CLEAT__OWN_FIELDS 64
struct cleat__event_memory {
    struct cleat__span spans[CLEAT__SPANS];
    struct cleat__field own[CLEAT__OWN_FIELDS];
};

/* The key `event`. */
extern cleat_key cleat__event_key;

/* Makes an event empty. Its facts (level, site, limits, ...) are the caller's to set. */
static inline void cleat__event_begin(cleat_event *event, cleat_scratch *scratch, struct cleat__event_memory *memory)
{
    event->mask = (struct cleat__mask){{0}};
    event->n_spans = 0;
    event->spans_capacity = CLEAT__SPANS;
    event->spans = memory->spans;
    event->open_span = NULL;
    event->own = memory->own;
    event->own_count = 0;
    event->own_capacity = CLEAT__OWN_FIELDS;
    event->scratch = scratch;
    event->dynamic = false;
    event->time = 0;
}

/* The way of a list that shares keys with the event, or that has no flat form yet. */
void cleat__event_add_list(cleat_event *event, const cleat_fields *list, bool override);

/* Whether a list shares no key with the event, so that all of it went in as one span. */
static inline bool cleat__event_append_list(cleat_event *event, const cleat_fields *list)
{
    struct cleat__list_head *head = (struct cleat__list_head *)(void *)list;
    const struct cleat__flat *flat = atomic_load_explicit(&head->flat, memory_order_acquire);
    if (__builtin_expect(
            flat == NULL || cleat__masks_meet(&event->mask, &flat->mask) || event->n_spans == event->spans_capacity, 0))
        return false;
    event->spans[event->n_spans++] = (struct cleat__span){flat->fields, list, 0, flat->count};
    cleat__mask_join(&event->mask, &flat->mask);
    event->dynamic |= flat->dynamic;
    event->open_span = NULL;
    return true;
}

/* Sets each field of a list, or those alone that are not there yet. */
static inline void cleat__event_set_list(cleat_event *event, const cleat_fields *list)
{
    if (!cleat__event_append_list(event, list))
        cleat__event_add_list(event, list, true);
}

static inline void cleat__event_fill_in_list(cleat_event *event, const cleat_fields *list)
{
    if (!cleat__event_append_list(event, list))
        cleat__event_add_list(event, list, false);
}

/* The way of a key that is there already, or that begins a new span. */
cleat_value *cleat__event_place_any(cleat_event *event, const cleat_key *key);

/* Lists and objects may have lazy values in them. */
static inline bool cleat__may_be_lazy(const cleat_value *value)
{
    return value->kind >= CLEAT_LIST && value->kind <= CLEAT_LAZY;
}

/*
 * Where the value of a key goes that is prepared and lives as long as the event: to be filled in at once, with nothing
 * that may be lazy. NULL without memory; counted.
 */
static inline cleat_value *cleat__event_place(cleat_event *event, const cleat_key *key)
{
    struct cleat__span *last = event->open_span;
    if (__builtin_expect(cleat__mask_has(&event->mask, key->hash) || event->own_count == event->own_capacity ||
                             event->n_spans == event->spans_capacity,
                         0))
        return cleat__event_place_any(event, key);
    struct cleat__field *field = &event->own[event->own_count++];
    if (last == NULL) {
        last = event->open_span = &event->spans[event->n_spans++];
        *last = (struct cleat__span){.fields = field};
    }
    field->key = key;
    cleat__mask_add(&event->mask, key->hash);
    last->to++;
    return &field->value;
}

/* Sets one field whose key is prepared, and whose key and value live as long as the event. -ENOMEM: counted. */
static inline int cleat__event_set(cleat_event *event, const cleat_key *key, cleat_value value)
{
    cleat_value *place = cleat__event_place(event, key);
    if (place == NULL)
        return -ENOMEM;
    *place = value;
    event->dynamic |= cleat__may_be_lazy(&value);
    return 0;
}

/* Appends fields that share no key with the event or each other, and live as long as it. */
void cleat__event_append_fields(cleat_event *event, struct cleat__field *fields, uint32_t count,
                                const struct cleat__mask *mask);

/*
 * Puts a list beneath the event: its fields come first, in the list's order, and those whose keys the event has take
 * the event's values. As structlog's merge_threadlocal does: a copy of the context, updated with the event.
 */
void cleat__event_put_beneath(cleat_event *event, const cleat_fields *list);

/* cleat_event_time(). */
static inline int64_t cleat__event_time(cleat_event *event)
{
    if (event->time == 0)
        event->time = cleat__tick_clock_read(&event->stamp);
    return event->time;
}

/* The value of a prepared key, or NULL. */
const cleat_value *cleat__event_get(const cleat_event *event, const cleat_key *key);

/* Removes a prepared key; whether it was there. */
bool cleat__event_delete(cleat_event *event, const cleat_key *key);

/* Removes all fields. */
void cleat__event_clear(cleat_event *event);

/* Makes the lazy values, each once. */
void cleat__event_make_lazy(cleat_event *event);
static inline void cleat__event_resolve(cleat_event *event)
{
    if (event->dynamic)
        cleat__event_make_lazy(event);
}

/* A field with its key prepared, from a position; NULL past the end. */
const struct cleat__field *cleat__event_field_at(const cleat_event *event, size_t index);

#endif
