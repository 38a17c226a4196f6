/* list.h - what a list is made of, for the files that cleat_fields is made of. */
#ifndef CLEAT_MODEL_LIST_H
#define CLEAT_MODEL_LIST_H

#include "model/fields.h"

/* The kind of an operation that removes its key. */
#define CLEAT__REMOVED ((cleat_kind)255)

struct cleat_fields {
    struct cleat__list_head head; /* first: see there */
    _Atomic unsigned owners;
    uint32_t n_operations;
    uint32_t n_bound;        /* the last so many of the operations came with the call that made the list */
    uint32_t chain_length;   /* operations of this list and all before it */
    uint32_t compact_at;     /* a longer chain is begun anew */
    bool dynamic;            /* a value of an operation is lazy or foreign */
    struct cleat__mask mask; /* of the operations' keys */
    cleat_fields *before;
    struct cleat__flat own_flat; /* of a list that needs no other: nothing before it, no key twice or removed */
    struct cleat__field *operations;
};

/* chain.c: visits the lists of a chain that are newer than `older`, oldest first. */
void cleat__for_each_list(const cleat_fields *newest, const cleat_fields *older,
                          void (*visit)(const cleat_fields *list, void *arg), void *arg);

/* The newest operation on a key, or NULL. */
const struct cleat__field *cleat__last_operation(const cleat_fields *fields, const cleat_key *key);

/* flat.c: the places of a table for so many keys; 0: none is made. */
uint32_t cleat__key_table_size(uint32_t count);

/* Makes the table of a flat form; memory has room for cleat__key_table_size(flat->count) places. */
void cleat__make_key_table(struct cleat__flat *flat, uint16_t *memory);

#endif
