/*
 * fields.h - immutable, ordered lists of fields: what a logger carries, what a context holds, what a test
 * captured. You meet them when you look into a context; binding makes them for you.
 */
#ifndef CLEAT_FIELDS_H
#define CLEAT_FIELDS_H

#include <cleat/pairs.h>

CLEAT_BEGIN_DECLS

typedef struct cleat_fields cleat_fields;

/*
 * A list of the given fields, keys and values copied; of a repeated key the last value, in the first place.
 *
 * fields:  count of them; lists and objects are copied whole, foreign objects held.
 * Owns:    the caller releases it with cleat_fields_unref().
 * Safe:    threads, fork.
 * Errors:  NULL: no memory (or no fields: the empty list is NULL everywhere).
 * Example: cleat_fields *f = cleat_fields_new(array, 3);
 */
CLEAT_API cleat_fields *cleat_fields_new(const cleat_field *fields, size_t count);

/*
 * One more owner of fields; gives fields back. NULL is allowed and returned.
 *
 * Owns:    the caller has one reference more to release.
 * Safe:    threads, fork, signals.
 * Example: entry->fields = cleat_fields_ref(fields);
 */
CLEAT_API cleat_fields *cleat_fields_ref(cleat_fields *fields);

/*
 * One owner of fields less; the last one frees. NULL is allowed.
 *
 * Safe:    threads, fork.
 * Example: cleat_fields_unref(entry->fields);
 */
CLEAT_API void cleat_fields_unref(cleat_fields *fields);

/*
 * How many fields there are; 0 for NULL.
 *
 * Safe:    threads, fork.
 * Example: assert(cleat_fields_count(fields) == 3);
 */
CLEAT_API size_t cleat_fields_count(const cleat_fields *fields);

/*
 * The field at a place, in order.
 *
 * fields:  borrowed; NULL: the empty list.
 * index:   from 0.
 * Owns:    key and value are borrowed, and live as long as the list.
 * Safe:    threads, fork.
 * Errors:  a field with a NULL key when index is out of range.
 * Example: for (size_t i = 0; i < cleat_fields_count(f); i++) puts(cleat_fields_at(f, i).key);
 */
CLEAT_API cleat_field cleat_fields_at(const cleat_fields *fields, size_t index);

/*
 * The value of a key, or NULL when the list has no such key.
 *
 * fields:  borrowed; NULL: the empty list.
 * Owns:    borrowed; lives as long as the list.
 * Safe:    threads, fork.
 * Example: const cleat_value *id = cleat_fields_get(f, "request_id");
 */
CLEAT_API const cleat_value *cleat_fields_get(const cleat_fields *fields, const char *key);

/*
 * Whether two lists have the same keys and values; as with Python's dicts, their order does not matter.
 *
 * left, right: borrowed; NULL: the empty list.
 * Safe:    threads, fork.
 * Example: assert(cleat_fields_equal(captured, expected));
 */
CLEAT_API bool cleat_fields_equal(const cleat_fields *left, const cleat_fields *right);

CLEAT_END_DECLS

#endif
