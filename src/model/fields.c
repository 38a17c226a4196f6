#include "model/list.h"

#include <string.h>

#include "base/alloc.h"
#include "model/interned_keys.h"
#include "model/value.h"

/* -- counting owners -- */

static void free_list(cleat_fields *list)
{
    if (list->dynamic)
        for (uint32_t i = 0; i < list->n_operations; i++)
            cleat__drop_value(&list->operations[i].value);
    const struct cleat__flat *flat = atomic_load_explicit(&list->head.flat, memory_order_relaxed);
    if (flat != &list->own_flat)
        cleat__free((void *)flat);
    struct cleat__rendered *rendered = atomic_load_explicit(&list->head.rendered, memory_order_relaxed);
    while (rendered != NULL) {
        struct cleat__rendered *next = rendered->next;
        cleat__free(rendered);
        rendered = next;
    }
    cleat__free(list);
}

cleat_fields *cleat_fields_ref(cleat_fields *fields)
{
    if (fields != NULL)
        atomic_fetch_add_explicit(&fields->owners, 1, memory_order_relaxed);
    return fields;
}

void cleat_fields_unref(cleat_fields *fields)
{
    while (fields != NULL && atomic_fetch_sub_explicit(&fields->owners, 1, memory_order_acq_rel) == 1) {
        cleat_fields *before = fields->before;
        free_list(fields);
        fields = before;
    }
}

/* -- making a list -- */

/* An operation that is asked for. */
struct wish {
    const cleat_key *key; /* NULL: text is the key, not yet prepared */
    const char *text;
    const cleat_value *value; /* NULL: remove the key */
};

typedef void (*wish_at)(const void *source, uint32_t index, struct wish *wish);

/* Whether its key has to be copied. */
static bool brings_its_key(const struct wish *wish)
{
    return wish->key == NULL || wish->key->number == 0;
}

static size_t wish_key_length(const struct wish *wish)
{
    return wish->key != NULL ? wish->key->length : strlen(wish->text);
}

static const cleat_key *copy_key(struct cleat__room *room, cleat_key *key, const struct wish *wish)
{
    size_t length = wish_key_length(wish);
    const char *text = cleat__copy_into(room, wish->key != NULL ? wish->key->text : wish->text, &length);
    cleat__key_prepare(key, text, length);
    return key;
}

/* Members one by one: what was just written in parts would stall the processor if it were read as a whole. */
static void copy_value(struct cleat__room *room, cleat_value *to, const cleat_value *from)
{
    if (from->kind > CLEAT_ERRNO) {
        *to = cleat__copy_value(room, from, 1);
        return;
    }
    size_t length = from->with.length;
    to->kind = from->kind;
    to->flags = from->flags;
    to->none = 0;
    to->aux = 0;
    if ((from->kind == CLEAT_STRING || from->kind == CLEAT_BYTES) && from->as.text != NULL)
        to->as.text = cleat__copy_into(room, from->as.text, &length);
    else
        to->as = from->as;
    to->with.length = length;
}

/* A list that begins anew and has no key twice is its own flat form. */
static void be_own_flat_form(cleat_fields *list, uint16_t *table, bool repeats)
{
    if (list->before != NULL || repeats)
        return;
    list->own_flat = (struct cleat__flat){
        .mask = list->mask, .count = list->n_operations, .dynamic = list->dynamic, .fields = list->operations};
    cleat__make_key_table(&list->own_flat, table);
    atomic_store_explicit(&list->head.flat, &list->own_flat, memory_order_relaxed);
}

static bool has_operation(const cleat_fields *list, uint32_t count, const cleat_key *key)
{
    uint32_t i = 0;
    while (i < count && !cleat__key_equal(list->operations[i].key, key))
        i++;
    return i < count;
}

/* So many wishes are looked up once. Of more, each is asked for when it is measured and when it is copied; as a key may
   have come to last in between, or ceased to be found, there is room for a copy of it in any case. */
#define FEW 16U

struct wishes {
    uint32_t count;
    wish_at at;
    const void *source;
    struct wish few[FEW];
    struct wish other; /* that of an index beyond the few */
};

/* The wishes of a first walk are those of the second; what is beyond the few is looked up in both. */
static const struct wish *look_up(struct wishes *wishes, uint32_t index)
{
    struct wish *wish = index < FEW ? &wishes->few[index] : &wishes->other;
    wishes->at(wishes->source, index, wish);
    return wish;
}

/* Adds up what the copies need; returns how many keys are to be copied. */
static size_t measure(struct wishes *wishes, struct cleat__room *room)
{
    size_t n_keys = 0;
    for (uint32_t i = 0; i < wishes->count; i++) {
        const struct wish *wish = look_up(wishes, i);
        if (i >= FEW || brings_its_key(wish)) {
            cleat__measure_text(room, wish_key_length(wish));
            n_keys++;
        }
        if (wish->value != NULL)
            cleat__measure_value(room, wish->value, 1);
    }
    return n_keys;
}

/* Fills in the list's operations and its mask; copied keys go to `keys`. Whether a key comes twice or is removed. */
static bool copy_wishes(cleat_fields *list, struct wishes *wishes, struct cleat__room *room, cleat_key *keys)
{
    struct cleat__mask mask = {{0}};
    bool repeats = false;
    for (uint32_t i = 0; i < wishes->count; i++) {
        const struct wish *wish = i < FEW ? &wishes->few[i] : look_up(wishes, i);
        struct cleat__field *operation = &list->operations[i];
        operation->key = brings_its_key(wish) ? copy_key(room, keys++, wish) : cleat__interned_key(wish->key->number);
        if (wish->value != NULL)
            copy_value(room, &operation->value, wish->value);
        else
            operation->value = (cleat_value){.kind = CLEAT__REMOVED};
        uint32_t hash = operation->key->hash;
        repeats =
            repeats || wish->value == NULL || (cleat__mask_has(&mask, hash) && has_operation(list, i, operation->key));
        cleat__mask_add(&mask, hash);
    }
    list->mask = mask;
    return repeats;
}

/* One block: the list, its operations, copied keys, the table of keys, parts of values, and all text from the back. */
static cleat_fields *make_list(cleat_fields *before, uint32_t count, wish_at at, const void *source)
{
    struct wishes wishes;
    wishes.count = count;
    wishes.at = at;
    wishes.source = source;
    struct cleat__room room = {.holds = true};
    size_t n_keys = measure(&wishes, &room);
    size_t heads = sizeof(cleat_fields) + count * sizeof(struct cleat__field) + n_keys * sizeof(cleat_key);
    size_t table_bytes = before == NULL ? cleat__key_table_size(count) * sizeof(uint16_t) : 0;
    size_t size = heads + table_bytes + room.aligned_bytes + room.text_bytes;
    cleat_fields *list = cleat__alloc(size);
    if (list == NULL)
        return NULL;
    *list = (cleat_fields){.owners = 1, .n_operations = count, .n_bound = count, .before = before};
    list->operations = (struct cleat__field *)(list + 1);
    cleat_key *keys = (cleat_key *)(list->operations + count);
    uint16_t *table = (uint16_t *)(keys + n_keys);
    room.front = (char *)table + table_bytes;
    room.back = (char *)list + size;
    room.parts = 0;
    bool repeats = copy_wishes(list, &wishes, &room, keys);
    list->dynamic = room.dynamic;
    list->chain_length = count + (before != NULL ? before->chain_length : 0);
    list->compact_at = before != NULL ? before->compact_at : 4 * count + 64;
    be_own_flat_form(list, table, repeats);
    return list;
}

/* -- the operations -- */

static void wish_for(struct wish *wish, const char *key, const cleat_value *value)
{
    wish->text = key != NULL ? key : "";
    wish->key = cleat__key_intern(wish->text);
    wish->value = value;
}

static void wish_from_field(const void *source, uint32_t index, struct wish *wish)
{
    const cleat_field *field = (const cleat_field *)source + index;
    wish_for(wish, field->key, &field->value);
}

/* The fields of two sources as one. */
struct joined {
    const struct cleat__flat *flat;
    const void *more;
    wish_at more_at;
};

static void wish_from_joined(const void *source, uint32_t index, struct wish *wish)
{
    const struct joined *joined = source;
    if (index >= joined->flat->count) {
        // NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): where nothing follows, no index is that large
        joined->more_at(joined->more, index - joined->flat->count, wish);
        return;
    }
    const struct cleat__field *field = &joined->flat->fields[index];
    *wish = (struct wish){field->key, NULL, &field->value};
}

/*
 * A chain would grow with each override and removal; when it is four times as long as what it came to the last time,
 * the list is begun anew. Spread over the binds that made it so long, that costs each of them the same.
 */
static cleat_fields *begin_anew(const cleat_fields *before, uint32_t count, wish_at at, const void *source)
{
    const struct cleat__flat *flat = cleat__fields_flat(before);
    if (flat == NULL)
        return NULL;
    struct joined joined = {flat, source, at};
    cleat_fields *list = make_list(NULL, flat->count + count, wish_from_joined, &joined);
    if (list != NULL)
        list->n_bound = count;
    return list;
}

static cleat_fields *add_operations(cleat_fields *before, uint32_t count, wish_at at, const void *source)
{
    if (before != NULL && before->chain_length + count > before->compact_at) {
        cleat_fields *list = begin_anew(before, count, at, source);
        if (list != NULL)
            return list;
    }
    cleat_fields *list = make_list(before, count, at, source);
    if (list != NULL)
        cleat_fields_ref(before);
    return list;
}

cleat_fields *cleat__fields_bind(cleat_fields *before, const cleat_field *fields, size_t count)
{
    if (count == 0)
        return cleat_fields_ref(before);
    return add_operations(before, (uint32_t)count, wish_from_field, fields);
}

static void wish_from_prepared(const void *source, uint32_t index, struct wish *wish)
{
    const struct cleat__field *field = (const struct cleat__field *)source + index;
    *wish = (struct wish){field->key, NULL, &field->value};
}

cleat_fields *cleat__fields_bind_prepared(cleat_fields *before, const struct cleat__field *fields, size_t count)
{
    if (count == 0)
        return cleat_fields_ref(before);
    return add_operations(before, (uint32_t)count, wish_from_prepared, fields);
}

cleat_fields *cleat_fields_new(const cleat_field *fields, size_t count)
{
    return cleat__fields_bind(NULL, fields, count);
}

static const cleat_value *value_of(const cleat_fields *fields, const cleat_key *key)
{
    const struct cleat__field *operation = cleat__last_operation(fields, key);
    return operation != NULL && operation->value.kind != CLEAT__REMOVED ? &operation->value : NULL;
}

const cleat_value *cleat_fields_get(const cleat_fields *fields, const char *text)
{
    cleat_key key;
    if (text == NULL)
        text = "";
    cleat__key_prepare(&key, text, strlen(text));
    return value_of(fields, &key);
}

static void wish_to_remove(const void *source, uint32_t index, struct wish *wish)
{
    const char *const *keys = source;
    wish_for(wish, keys[index], NULL);
}

/* The empty list is NULL everywhere, so that nothing is left of fields that are gone (K9). */
static cleat_fields *null_if_empty(cleat_fields *list)
{
    const struct cleat__flat *flat = cleat__fields_flat(list);
    if (flat == NULL || flat->count > 0)
        return list;
    cleat_fields_unref(list);
    return NULL;
}

static int finish(cleat_fields *list, cleat_fields **result)
{
    if (list == NULL)
        return -ENOMEM;
    *result = null_if_empty(list);
    return 0;
}

int cleat__fields_unbind(cleat_fields *before, const char *const *keys, size_t count, cleat_fields **result)
{
    bool any = false;
    for (size_t i = 0; i < count && !any; i++)
        any = keys[i] != NULL && cleat_fields_get(before, keys[i]) != NULL;
    if (!any) {
        *result = cleat_fields_ref(before);
        return 0;
    }
    return finish(add_operations(before, (uint32_t)count, wish_to_remove, keys), result);
}

struct restoration {
    const struct cleat__field *bound;
    const cleat_fields *before;
};

static void wish_to_restore(const void *source, uint32_t index, struct wish *wish)
{
    const struct restoration *restoration = source;
    const cleat_key *key = restoration->bound[index].key;
    *wish = (struct wish){key, NULL, value_of(restoration->before, key)};
}

int cleat__fields_restore(cleat_fields *current, cleat_fields *before, cleat_fields *after, cleat_fields **result)
{
    if (current == after) {
        *result = cleat_fields_ref(before);
        return 0;
    }
    struct restoration restoration = {after->operations + (after->n_operations - after->n_bound), before};
    return finish(add_operations(current, after->n_bound, wish_to_restore, &restoration), result);
}

cleat_fields *cleat__fields_merge(cleat_fields *lower, cleat_fields *upper)
{
    if (lower == NULL || upper == NULL)
        return cleat_fields_ref(lower != NULL ? lower : upper);
    const struct cleat__flat *flat = cleat__fields_flat(upper);
    if (flat == NULL)
        return NULL;
    struct joined none_before = {flat, NULL, NULL};
    return add_operations(lower, flat->count, wish_from_joined, &none_before);
}

/* -- looking into a list -- */

size_t cleat_fields_count(const cleat_fields *fields)
{
    const struct cleat__flat *flat = fields != NULL ? cleat__fields_flat(fields) : NULL;
    return flat != NULL ? flat->count : 0;
}

cleat_field cleat_fields_at(const cleat_fields *fields, size_t index)
{
    const struct cleat__flat *flat = fields != NULL ? cleat__fields_flat(fields) : NULL;
    if (flat == NULL || index >= flat->count)
        return (cleat_field){NULL, cleat_null()};
    return (cleat_field){flat->fields[index].key->text, flat->fields[index].value};
}

bool cleat_fields_equal(const cleat_fields *left, const cleat_fields *right)
{
    size_t count = cleat_fields_count(left);
    if (count != cleat_fields_count(right))
        return false;
    for (size_t i = 0; i < count; i++) {
        cleat_field field = cleat_fields_at(left, i);
        const cleat_value *other = cleat_fields_get(right, field.key);
        if (other == NULL || !cleat_value_equal(field.value, *other))
            return false;
    }
    return true;
}
