/*
 * fields.h - cleat_fields, the immutable list that bound contexts, context variables and thread-local contexts are.
 *
 * A list is made by adding a few operations (set a key, remove a key) to the list before it, which it keeps alive:
 * so a bind costs what it binds, whatever was bound before. What the operations come to, in the order of a
 * Python dict (K2), is worked out when somebody looks, and kept: the flat form. With it are kept the bytes that
 * each renderer made of it.
 */
#ifndef CLEAT_MODEL_FIELDS_H
#define CLEAT_MODEL_FIELDS_H

#include <stdatomic.h>

#include <cleat/fields.h>

#include "base/buffer.h"
#include "base/hash.h"
#include "model/key.h"

/* A field with its key prepared. */
struct cleat__field {
    const cleat_key *key;
    cleat_value value;
};

/* What a list comes to. */
struct cleat__flat {
    struct cleat__mask mask; /* of all keys */
    uint32_t count;
    bool dynamic; /* has lazy or foreign values: its bytes cannot be kept */
    const struct cleat__field *fields;
    const uint16_t *table; /* where keys are by their hash, open addressing; NULL: short or very long lists */
    uint32_t table_mask;
};

/* The bytes a renderer made of a flat list: those of field i stand at offsets[i] up to offsets[i + 1]. */
struct cleat__rendered {
    struct cleat__rendered *next;
    uint64_t format;
    const char *bytes;
    uint32_t offsets[];
};

/* The beginning of every list: what lines need of it, made when first asked for. */
struct cleat__list_head {
    _Atomic(const struct cleat__flat *) flat;
    _Atomic(struct cleat__rendered *) rendered;
    _Atomic bool was_rendered;      /* bytes are kept from the second time on, for many lists live for one line only */
    _Atomic uint64_t id;            /* never used twice; 0: none given yet */
    _Atomic uint64_t disjoint_from; /* the id of a list that was found to share no key with this one */
    _Atomic uint64_t lacks_keys_of; /* the id of a chain whose fixed keys it was found not to have; see straight.c */
};

/* Makes the bytes of one field, with what separates it from the one before. */
typedef void (*cleat__render_field)(struct cleat__buffer *buffer, const struct cleat__field *field,
                                    const void *renderer);

/* What is to be bound. */
struct cleat__binding {
    const cleat_field *fields;
    size_t count;
    struct cleat__bind_site *site; /* of the statement that they stand in; NULL: an array of them */
    size_t owner_size;             /* so much room is asked for in the list's memory, for who is to own the list */
};

/* `before` with fields set over it, as a new list; before keeps its owner. NULL without memory. */
cleat_fields *cleat__fields_bind(cleat_fields *before, const struct cleat__binding *binding);

/* The room that was asked for, which lives as long as the list. There is none if no fields were bound. */
void *cleat__fields_owner_room(cleat_fields *fields);

/* The list with keys that are prepared already; those that are not kept for ever are copied. */
CLEAT_API cleat_fields *cleat__fields_bind_prepared(cleat_fields *before, const struct cleat__field *fields,
                                                    size_t count);

/* `before` without keys; absent ones do not matter. *result may become NULL, the empty list. -ENOMEM. */
int cleat__fields_unbind(cleat_fields *before, const char *const *keys, size_t count, cleat_fields **result);

/*
 * `current` with the keys of the operations that led from `before` to `after` put back to what they are in
 * `before`, as a new list in *result (NULL: empty). -ENOMEM.
 */
int cleat__fields_restore(cleat_fields *current, cleat_fields *before, cleat_fields *after, cleat_fields **result);

/* `lower` with the fields of `upper` set over it, as a new list; NULL when both are empty, or without memory. */
cleat_fields *cleat__fields_merge(cleat_fields *lower, cleat_fields *upper);

const struct cleat__flat *cleat__fields_make_flat(const cleat_fields *fields);
const struct cleat__rendered *cleat__fields_make_rendered(const cleat_fields *fields, uint64_t format,
                                                          cleat__render_field render, const void *renderer);

/* The flat form, or NULL without memory. Safe in a signal handler. */
static inline const struct cleat__flat *cleat__fields_flat(const cleat_fields *fields)
{
    struct cleat__list_head *head = (struct cleat__list_head *)(void *)fields;
    const struct cleat__flat *flat = atomic_load_explicit(&head->flat, memory_order_acquire);
    return __builtin_expect(flat != NULL, 1) ? flat : cleat__fields_make_flat(fields);
}

/* Where a key is in a flat form, or its count when it is not there. */
uint32_t cleat__flat_find(const struct cleat__flat *flat, const cleat_key *key);

/* The number of a list, which no other one ever has. */
uint64_t cleat__fields_id(const cleat_fields *fields);

/* The way of two lists of which it is not known yet. */
bool cleat__fields_find_out_disjoint(const cleat_fields *left, const cleat_fields *right);

/* Whether two lists share no key: found out once for two lists that meet on line after line. */
static inline bool cleat__fields_are_disjoint(const cleat_fields *left, const cleat_fields *right)
{
    struct cleat__list_head *left_head = (struct cleat__list_head *)(void *)left;
    struct cleat__list_head *right_head = (struct cleat__list_head *)(void *)right;
    uint64_t id = atomic_load_explicit(&right_head->id, memory_order_relaxed);
    if (id != 0 && atomic_load_explicit(&left_head->disjoint_from, memory_order_relaxed) == id)
        return true;
    return cleat__fields_find_out_disjoint(left, right);
}

/* The kept bytes for a format, made with render if need be. NULL when none are kept: the first time that any are asked
   for, of a dynamic list, and without memory. */
static inline const struct cleat__rendered *cleat__fields_rendered(const cleat_fields *fields, uint64_t format,
                                                                   cleat__render_field render, const void *renderer)
{
    struct cleat__list_head *head = (struct cleat__list_head *)(void *)fields;
    const struct cleat__rendered *first = atomic_load_explicit(&head->rendered, memory_order_acquire);
    if (__builtin_expect(first != NULL && first->format == format, 1))
        return first;
    return cleat__fields_make_rendered(fields, format, render, renderer);
}

/* Calls visit(field, arg) for each field, without the flat form and without memory. An overridden field comes where
   it was set last: order is what gives way when there is no memory. */
void cleat__fields_visit(const cleat_fields *fields, void (*visit)(const struct cleat__field *field, void *arg),
                         void *arg);

#endif
