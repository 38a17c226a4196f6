/* list.h - what a list is made of, for the files that cleat_fields is made of. */
#ifndef CLEAT_MODEL_LIST_H
#define CLEAT_MODEL_LIST_H

#include "model/fields.h"

/* The kind of an operation that removes its key. */
#define CLEAT__REMOVED ((cleat_kind)255)

struct cleat_fields {
    struct cleat__list_head head; /* first: see there */
    struct cleat__flat own; /* its operations; its flat form too if nothing is before it, and no key twice or removed */
    uint32_t n_bound;       /* the last so many of the operations came with the call that made the list */
    uint32_t chain_length;  /* operations of this list and all before it */
    uint32_t compact_at;    /* a longer chain is begun anew */
    _Atomic unsigned owners; /* apart from what lines read: other threads write it */
    cleat_fields *before;
};

/* chain.c: visits the lists of a chain that are newer than `older`, oldest first. */
void cleat__for_each_list(const cleat_fields *newest, const cleat_fields *older,
                          void (*visit)(const cleat_fields *list, void *arg), void *arg);

/* The newest operation on a key, or NULL. */
const struct cleat__field *cleat__last_operation(const cleat_fields *fields, const cleat_key *key);

/* Lists of so many fields have a table; shorter ones are looked through as fast. */
#define CLEAT__SHORTEST_TABLE 9U
#define CLEAT__LONGEST_TABLE 16383U

/* The places of a table for so many keys: four for each, so that nearly all keys that are not there meet an empty one
   at once. 0: none is made. */
static inline uint32_t cleat__key_table_size(uint32_t count)
{
    if (count < CLEAT__SHORTEST_TABLE || count > CLEAT__LONGEST_TABLE)
        return 0;
    return 4U << (32 - (unsigned)__builtin_clz(count - 1));
}

/* flat.c: makes the table of a flat form that has one; memory has room for its places. */
void cleat__make_key_table(struct cleat__flat *flat, uint16_t *memory);

#endif
