#include "model/list.h"

#include <string.h>

#include "base/alloc.h"
#include "base/copy.h"
#include "base/owners.h"
#include "model/bind_site.h"
#include "model/interned_keys.h"
#include "model/value.h"

/* -- counting owners -- */

static void free_list(cleat_fields *list)
{
    if (list->own.dynamic)
        for (uint32_t i = 0; i < list->own.count; i++)
            cleat__drop_value(&list->own.fields[i].value);
    const struct cleat__flat *flat = atomic_load_explicit(&list->head.flat, memory_order_relaxed);
    if (flat != &list->own)
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
        cleat__add_owner(&fields->owners);
    return fields;
}

void cleat_fields_unref(cleat_fields *fields)
{
    while (fields != NULL && cleat__was_last_owner(&fields->owners)) {
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

/* Simple values have no parts. */
static bool is_simple(const cleat_value *value)
{
    return value->kind <= CLEAT_ERRNO;
}

static bool has_text(const cleat_value *value)
{
    return (value->kind == CLEAT_STRING || value->kind == CLEAT_BYTES) && value->as.text != NULL;
}

static void measure_value(struct cleat__room *room, const cleat_value *value)
{
    if (!is_simple(value))
        cleat__measure_value(room, value, 1);
    else if (has_text(value))
        cleat__measure_text(room, value->with.length);
}

/* In the words in which it was written: what was just written would stall the processor if it were read in larger ones.
 */
static void copy_simple_value(cleat_value *to, const cleat_value *from)
{
    memcpy(to, from, offsetof(cleat_value, as));
    to->as = from->as;
    to->with = from->with;
}

static void copy_value(struct cleat__room *room, cleat_value *to, const cleat_value *from)
{
    if (!is_simple(from)) {
        *to = cleat__copy_value(room, from, 1);
        return;
    }
    copy_simple_value(to, from);
    if (has_text(from))
        to->as.text = cleat__copy_into(room, from->as.text, &to->with.length);
}

/* What is beside the list and its operations in its block. */
struct extent {
    size_t owner; /* room for who owns it */
    size_t keys;  /* copied keys, their number */
    size_t rest;  /* parts of values and text, in bytes */
};

static size_t table_bytes(const cleat_fields *before, uint32_t count)
{
    return before == NULL ? cleat__key_table_size(count) * sizeof(uint16_t) : 0;
}

static void begin_head(struct cleat__list_head *head)
{
    atomic_init(&head->flat, NULL);
    atomic_init(&head->rendered, NULL);
    atomic_init(&head->was_rendered, false);
    atomic_init(&head->id, 0);
    atomic_init(&head->disjoint_from, 0);
    atomic_init(&head->lacks_keys_of, 0);
}

/*
 * One block: the list, the room for its owner, its operations, copied keys, the table of keys, parts of values, and all
 * text.
 */
static inline cleat_fields *allocate_list(cleat_fields *before, uint32_t count, const struct extent *extent)
{
    size_t operations = count * sizeof(struct cleat__field);
    cleat_fields *list = cleat__alloc(sizeof(*list) + extent->owner + operations + extent->keys * sizeof(cleat_key) +
                                      table_bytes(before, count) + extent->rest);
    if (list == NULL)
        return NULL;
    begin_head(&list->head);
    list->own.count = count;
    list->own.dynamic = false;
    list->own.fields = (struct cleat__field *)(void *)((char *)(list + 1) + extent->owner);
    list->own.table = NULL;
    list->own.table_mask = 0;
    atomic_init(&list->owners, 1);
    list->before = before;
    list->n_bound = count;
    list->chain_length = count + (before != NULL ? before->chain_length : 0);
    list->compact_at = before != NULL ? before->compact_at : 4 * count + 64;
    return list;
}

static struct cleat__field *operations_of(cleat_fields *list)
{
    return (struct cleat__field *)list->own.fields;
}

static uint16_t *table_of(const cleat_fields *list, const struct extent *extent)
{
    const cleat_key *keys = (const cleat_key *)(const void *)(list->own.fields + list->own.count);
    return (uint16_t *)(keys + extent->keys);
}

static char *rest_of(const cleat_fields *list, const struct extent *extent)
{
    return (char *)table_of(list, extent) + table_bytes(list->before, list->own.count);
}

/* A list that begins anew and has no key twice is its own flat form. */
static void be_own_flat_form(cleat_fields *list, const struct extent *extent)
{
    if (list->before != NULL)
        return;
    if (cleat__key_table_size(list->own.count) > 0)
        cleat__make_key_table(&list->own, table_of(list, extent));
    atomic_store_explicit(&list->head.flat, &list->own, memory_order_relaxed);
}

static bool has_operation(const cleat_fields *list, uint32_t count, const cleat_key *key)
{
    uint32_t i = 0;
    while (i < count && !cleat__key_equal(list->own.fields[i].key, key))
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
            measure_value(room, wish->value);
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
        struct cleat__field *operation = operations_of(list) + i;
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
    list->own.mask = mask;
    list->own.dynamic = room->dynamic;
    return repeats;
}

static cleat_fields *make_list(cleat_fields *before, uint32_t count, wish_at at, const void *source, size_t owner_size)
{
    struct wishes wishes;
    wishes.count = count;
    wishes.at = at;
    wishes.source = source;
    struct cleat__room room = {.holds = true};
    struct extent extent = {.owner = owner_size};
    extent.keys = measure(&wishes, &room);
    extent.rest = room.aligned_bytes + room.text_bytes;
    cleat_fields *list = allocate_list(before, count, &extent);
    if (list == NULL)
        return NULL;
    room.front = rest_of(list, &extent);
    room.back = room.front + extent.rest;
    room.parts = 0;
    cleat_key *keys = (cleat_key *)(void *)(operations_of(list) + count);
    bool repeats = copy_wishes(list, &wishes, &room, keys);
    if (!repeats)
        be_own_flat_form(list, &extent);
    return list;
}

/* -- the list of a bind statement with simple values, whose keys are known -- */

#define NOT_SIMPLE SIZE_MAX

/* What the copies of their texts take, or NOT_SIMPLE. */
static size_t text_size(const cleat_field *fields, size_t count)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        const cleat_value *value = &fields[i].value;
        if (!is_simple(value))
            return NOT_SIMPLE;
        if (has_text(value))
            size += value->with.length + 1;
    }
    return size;
}

static char *copy_text(char *to, cleat_value *value)
{
    size_t length = value->with.length;
    cleat__copy(to, value->as.text, length);
    to[length] = '\0';
    value->as.text = to;
    return to + length + 1;
}

static cleat_fields *make_known_list(cleat_fields *before, const struct cleat__binding *binding, size_t text_size)
{
    uint32_t count = (uint32_t)binding->count;
    const struct extent extent = {.owner = binding->owner_size, .rest = text_size};
    cleat_fields *list = allocate_list(before, count, &extent);
    if (list == NULL)
        return NULL;
    struct cleat__field *operation = operations_of(list);
    const struct cleat__field *end = operation + count;
    const cleat_field *field = binding->fields;
    const cleat_key *key = binding->site->keys;
    char *text = rest_of(list, &extent);
    for (; operation < end; operation++, field++, key++) {
        operation->key = cleat__interned_key(key->number);
        copy_simple_value(&operation->value, &field->value);
        if (has_text(&field->value))
            text = copy_text(text, &operation->value);
    }
    memcpy(list->own.mask.words, binding->site->mask, sizeof(list->own.mask.words));
    be_own_flat_form(list, &extent);
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
static cleat_fields *begin_anew(const cleat_fields *before, uint32_t count, wish_at at, const void *source,
                                size_t owner_size)
{
    const struct cleat__flat *flat = cleat__fields_flat(before);
    if (flat == NULL)
        return NULL;
    struct joined joined = {flat, source, at};
    cleat_fields *list = make_list(NULL, flat->count + count, wish_from_joined, &joined, owner_size);
    if (list != NULL)
        list->n_bound = count;
    return list;
}

static bool is_too_long(const cleat_fields *before, uint32_t count)
{
    return before != NULL && before->chain_length + count > before->compact_at;
}

static cleat_fields *add_operations(cleat_fields *before, uint32_t count, wish_at at, const void *source,
                                    size_t owner_size)
{
    if (is_too_long(before, count)) {
        cleat_fields *list = begin_anew(before, count, at, source, owner_size);
        if (list != NULL)
            return list;
    }
    cleat_fields *list = make_list(before, count, at, source, owner_size);
    if (list != NULL)
        cleat_fields_ref(before);
    return list;
}

cleat_fields *cleat__fields_bind(cleat_fields *before, const struct cleat__binding *binding)
{
    uint32_t count = (uint32_t)binding->count;
    if (count == 0)
        return cleat_fields_ref(before);
    bool known = cleat__keys_are_known(binding->site, count) && !is_too_long(before, count);
    size_t text = known ? text_size(binding->fields, count) : NOT_SIMPLE;
    if (text == NOT_SIMPLE)
        return add_operations(before, count, wish_from_field, binding->fields, binding->owner_size);
    cleat_fields *list = make_known_list(before, binding, text);
    if (list != NULL && before != NULL)
        cleat_fields_ref(before);
    return list;
}

void *cleat__fields_owner_room(cleat_fields *fields)
{
    return fields + 1;
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
    return add_operations(before, (uint32_t)count, wish_from_prepared, fields, 0);
}

cleat_fields *cleat_fields_new(const cleat_field *fields, size_t count)
{
    return cleat__fields_bind(NULL, &(struct cleat__binding){fields, count, NULL, 0});
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
    return finish(add_operations(before, (uint32_t)count, wish_to_remove, keys, 0), result);
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
    struct restoration restoration = {after->own.fields + (after->own.count - after->n_bound), before};
    return finish(add_operations(current, after->n_bound, wish_to_restore, &restoration, 0), result);
}

cleat_fields *cleat__fields_merge(cleat_fields *lower, cleat_fields *upper)
{
    if (lower == NULL || upper == NULL)
        return cleat_fields_ref(lower != NULL ? lower : upper);
    const struct cleat__flat *flat = cleat__fields_flat(upper);
    if (flat == NULL)
        return NULL;
    struct joined none_before = {flat, NULL, NULL};
    return add_operations(lower, flat->count, wish_from_joined, &none_before, 0);
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
