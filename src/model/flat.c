#include "model/list.h"

#include <string.h>

#include "base/alloc.h"

/* -- the table -- */

/* Room for the table of a list of at most so many fields: one that is too long for a table may come to fewer. */
static uint32_t table_room(uint32_t most)
{
    return cleat__key_table_size(most < CLEAT__LONGEST_TABLE ? most : CLEAT__LONGEST_TABLE);
}

void cleat__make_key_table(struct cleat__flat *flat, uint16_t *memory)
{
    uint32_t size = cleat__key_table_size(flat->count);
    memset(memory, 0, size * sizeof(*memory));
    for (uint32_t i = 0; i < flat->count; i++) {
        uint32_t place = flat->fields[i].key->hash & (size - 1);
        while (memory[place] != 0)
            place = (place + 1) & (size - 1);
        memory[place] = (uint16_t)(i + 1);
    }
    flat->table = memory;
    flat->table_mask = size - 1;
}

static uint32_t look_through(const struct cleat__flat *flat, const cleat_key *key)
{
    uint32_t i = 0;
    while (i < flat->count && !cleat__key_equal(flat->fields[i].key, key))
        i++;
    return i;
}

uint32_t cleat__flat_find(const struct cleat__flat *flat, const cleat_key *key)
{
    if (flat->table == NULL)
        return look_through(flat, key);
    uint32_t place = key->hash & flat->table_mask;
    while (flat->table[place] != 0) {
        uint32_t index = flat->table[place] - 1U;
        if (cleat__key_equal(flat->fields[index].key, key))
            return index;
        place = (place + 1) & flat->table_mask;
    }
    return flat->count;
}

/* -- the flat form -- */

/* With its fields and its table behind it. */
struct flat_form {
    struct cleat__flat flat;
    struct cleat__field fields[];
};

static const struct cleat__flat *known_flat(const cleat_fields *list)
{
    return atomic_load_explicit(&list->head.flat, memory_order_acquire);
}

static uint32_t find_in(const struct flat_form *form, const cleat_key *key)
{
    if (!cleat__mask_has(&form->flat.mask, key->hash))
        return form->flat.count;
    /* From the end: what is set over and over was mostly bound last. */
    for (uint32_t i = form->flat.count; i > 0; i--)
        if (cleat__key_equal(form->fields[i - 1].key, key))
            return i - 1;
    return form->flat.count;
}

/* What an operation does to a dict: a key that is there keeps its place, a new one goes to the end (K2). */
static void apply_operation(const struct cleat__field *operation, void *arg)
{
    struct flat_form *form = arg;
    uint32_t place = find_in(form, operation->key);
    if (operation->value.kind != CLEAT__REMOVED) {
        form->fields[place] = *operation;
        form->flat.count += place == form->flat.count ? 1 : 0;
        cleat__mask_add(&form->flat.mask, operation->key->hash);
    } else if (place < form->flat.count) {
        form->flat.count--;
        memmove(&form->fields[place], &form->fields[place + 1], (form->flat.count - place) * sizeof(form->fields[0]));
    }
}

static void apply_list(const cleat_fields *list, void *arg)
{
    struct flat_form *form = arg;
    form->flat.dynamic = form->flat.dynamic || list->own.dynamic;
    for (uint32_t i = 0; i < list->own.count; i++)
        apply_operation(&list->own.fields[i], form);
}

/* Begins with the flat form of the nearest list before it that has one, and applies the rest. */
static struct flat_form *make_flat(const cleat_fields *fields)
{
    uint32_t most = fields->chain_length;
    struct flat_form *form =
        cleat__alloc(sizeof(*form) + most * sizeof(form->fields[0]) + table_room(most) * sizeof(uint16_t));
    if (form == NULL)
        return NULL;
    form->flat = (struct cleat__flat){.fields = form->fields};
    const cleat_fields *start = fields->before;
    while (start != NULL && known_flat(start) == NULL)
        start = start->before;
    if (start != NULL) {
        const struct cleat__flat *flat = known_flat(start);
        form->flat.mask = flat->mask;
        form->flat.count = flat->count;
        form->flat.dynamic = flat->dynamic;
        memcpy(form->fields, flat->fields, flat->count * sizeof(form->fields[0]));
    }
    cleat__for_each_list(fields, start, apply_list, form);
    if (cleat__key_table_size(form->flat.count) > 0)
        cleat__make_key_table(&form->flat, (uint16_t *)(form->fields + most));
    return form;
}

const struct cleat__flat *cleat__fields_make_flat(const cleat_fields *fields)
{
    struct flat_form *made = make_flat(fields);
    if (made == NULL)
        return NULL;
    const struct cleat__flat *other = NULL;
    if (atomic_compare_exchange_strong(&((cleat_fields *)fields)->head.flat, &other, &made->flat))
        return &made->flat;
    cleat__free(made); /* another thread was faster */
    return other;
}

/* -- two lists -- */

uint64_t cleat__fields_id(const cleat_fields *fields)
{
    static _Atomic uint64_t last_id;
    _Atomic uint64_t *place = &((cleat_fields *)fields)->head.id;
    uint64_t id = atomic_load_explicit(place, memory_order_relaxed);
    if (id != 0)
        return id;
    uint64_t fresh = atomic_fetch_add(&last_id, 1) + 1;
    return atomic_compare_exchange_strong(place, &id, fresh) ? fresh : id;
}

static bool share_no_key(const struct cleat__flat *left, const struct cleat__flat *right)
{
    for (uint32_t i = 0; i < left->count; i++) {
        const cleat_key *key = left->fields[i].key;
        if (cleat__mask_has(&right->mask, key->hash) && cleat__flat_find(right, key) < right->count)
            return false;
    }
    return true;
}

bool cleat__fields_find_out_disjoint(const cleat_fields *left, const cleat_fields *right)
{
    const struct cleat__flat *left_flat = cleat__fields_flat(left);
    const struct cleat__flat *right_flat = cleat__fields_flat(right);
    if (left_flat == NULL || right_flat == NULL || !share_no_key(left_flat, right_flat))
        return false;
    atomic_store_explicit(&((cleat_fields *)left)->head.disjoint_from, cleat__fields_id(right), memory_order_relaxed);
    return true;
}
