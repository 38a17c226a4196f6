/*
 * event.h - the event: one line's fields while processors work on it.
 *
 * An event lives for one call. Only the processor, patcher, filter or renderer that was given it may use it,
 * on the thread it was given it on, until it returns.
 *
 * Safe, for all functions here: in just that place, and nowhere else.
 */
#ifndef CLEAT_EVENT_H
#define CLEAT_EVENT_H

#include <cleat/fields.h>
#include <cleat/level.h>

CLEAT_BEGIN_DECLS

typedef struct cleat_event cleat_event;

/* The static record of one log statement. The log macros make it; fill one in when you wrap cleat_log_fields(). */
typedef struct cleat_site {
    const char *file;
    const char *function;
    unsigned line;
    unsigned n_keys;        /* private: entries of keys; the first is the event's text */
    cleat_key *keys;        /* private */
    int ready;              /* private: a number, once the keys and what follows have been worked out */
    bool distinct;          /* private: all keys are literals, and none comes twice */
    uint64_t mask[4];       /* private: a Bloom filter of the keys */
    uint64_t lacks_keys_of; /* private: the number of a chain of processors that sets none of the keys; 0: none known */
} cleat_site;

/*
 * The value of a key, or NULL.
 *
 * Owns:    borrowed; valid until the event is changed.
 * Example: const cleat_value *path = cleat_event_get(event, "path");
 */
CLEAT_API const cleat_value *cleat_event_get(const cleat_event *event, const char *key);

/*
 * Sets a key: a key that is there keeps its place, a new one goes to the end. Key and value are copied.
 *
 * Errors:  -ENOMEM: the field is left off and counted.
 * Example: cleat_event_set(event, "path", cleat_string("/redacted"));
 */
CLEAT_API int cleat_event_set(cleat_event *event, const char *key, cleat_value value);

/*
 * Sets a key of the event unless it is there already. Key and value are copied.
 *
 * Errors:  -ENOMEM: the field is left off and counted.
 * Example: cleat_event_set_default(event, "region", cleat_string("eu-west"));
 */
CLEAT_API int cleat_event_set_default(cleat_event *event, const char *key, cleat_value value);

/*
 * Removes a key from the event. Returns whether it was there.
 *
 * Example: if (cleat_event_delete(event, "internal_id")) hidden++;
 */
CLEAT_API bool cleat_event_delete(cleat_event *event, const char *key);

/*
 * Gives a field a new key; its value goes to the end, as if deleted and set. A field that already has the new
 * key is overridden in its place.
 *
 * event:   the one this step was given.
 * key:     the one it has.
 * new_key: the one it gets; copied.
 * Errors:  -ENOENT: no field has the old key; -ENOMEM.
 * Example: cleat_event_rename(event, "event", "message");
 */
CLEAT_API int cleat_event_rename(cleat_event *event, const char *key, const char *new_key);

/*
 * How many fields the event has.
 *
 * Example: if (cleat_event_count(event) > 50) return CLEAT_DROP;
 */
CLEAT_API size_t cleat_event_count(const cleat_event *event);

/*
 * The field at a place, in order; a NULL key past the end.
 *
 * index:   from 0.
 * Owns:    borrowed until the event is changed.
 * Example: cleat_field f;
 *          for (size_t i = 0; (f = cleat_event_at(event, i)).key; i++) show(f);
 */
CLEAT_API cleat_field cleat_event_at(const cleat_event *event, size_t index);

/*
 * The fields as they are now, as a list that outlives the event. Lazy values are made first.
 *
 * Owns:    the caller releases it with cleat_fields_unref(). NULL when there is no memory or no field.
 * Example: cleat_fields *copy = cleat_event_snapshot(event);
 */
CLEAT_API cleat_fields *cleat_event_snapshot(cleat_event *event);

/*
 * The level of the call that made the event.
 *
 * Example: if (cleat_event_level(event) >= CLEAT_ERROR) page_somebody();
 */
CLEAT_API int cleat_event_level(const cleat_event *event);

/*
 * The name of the logger, or NULL for the default logger.
 *
 * Owns:    borrowed for the life of the event.
 * Example: const char *name = cleat_event_logger_name(event);
 */
CLEAT_API const char *cleat_event_logger_name(const cleat_event *event);

/*
 * The call site of the event, or NULL when the line came through a function rather than a macro.
 *
 * Owns:    borrowed; static.
 * Example: const cleat_site *site = cleat_event_site(event);
 */
CLEAT_API const cleat_site *cleat_event_site(const cleat_event *event);

/*
 * The time of the event's call: nanoseconds since 1970-01-01T00:00:00Z. The clock is read once for a line.
 *
 * Example: cleat_event_set(event, "at", cleat_time(cleat_event_time(event)));
 */
CLEAT_API int64_t cleat_event_time(cleat_event *event);

/*
 * Memory that lives until the event's line has been written.
 *
 * Owns:    borrowed; the line does.
 * Example: cleat_event_set(event, "step", cleat_scratch_printf(cleat_event_scratch(event), "%d/%d", i, n));
 */
CLEAT_API cleat_scratch *cleat_event_scratch(cleat_event *event);

CLEAT_END_DECLS

#endif
