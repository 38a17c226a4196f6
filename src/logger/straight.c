#include "logger/straight.h"

#include <string.h>

#include "processors/processor.h"

/*
 * Most chains only fill in a list (the context variables) and set a few fixed keys (level, timestamp). Whether any
 * of an event's keys meet is then a question between few parties, nearly all of which are the same from line to line:
 *
 *   the fixed keys among each other    answered when the chain is configured;
 *   a list and the fixed keys          answered once for a list and a chain, and kept with the list;
 *   two lists                          answered once, and kept with one of them;
 *   the call's keys among each other   answered when the call site first logs;
 *   the call's keys and the fixed keys answered once for a call site and a chain, and kept with the call site;
 *   the call's keys and the lists      asked for each line, mostly answered by masks.
 *
 * If no keys meet, the event's spans can be strung together as they come. Nor is it far from that when the call
 * overrides some of the logger's fields: its list is then split into the spans between them.
 */

/* So many steps, and CLEAT__MOST_OVERRIDES, do with the spans and fields that an event begins with. */
#define MOST_STEPS 12

static bool is_fixed_key(const struct cleat__pipeline *pipeline, const cleat_key *key)
{
    for (uint32_t i = 0; i < pipeline->n_fixed_keys; i++)
        if (cleat__key_equal(pipeline->fixed_keys[i], key))
            return true;
    return false;
}

static bool add_fixed_key(struct cleat__pipeline *pipeline, const cleat_key *key)
{
    if (is_fixed_key(pipeline, key))
        return false;
    pipeline->fixed_keys[pipeline->n_fixed_keys++] = key;
    return true;
}

static bool add_filled_in(struct cleat__pipeline *pipeline, const cleat_fields *(*list)(void))
{
    if (pipeline->filled_in != NULL)
        return false;
    pipeline->filled_in = list;
    return true;
}

static bool add_step(struct cleat__pipeline *pipeline, const struct cleat__effect *effect)
{
    if (effect->make != NULL)
        return add_fixed_key(pipeline, effect->key);
    return effect->list != NULL && add_filled_in(pipeline, effect->list);
}

void cleat__plan_straight(struct cleat__pipeline *pipeline)
{
    static _Atomic uint64_t last_id;
    if (pipeline->n_processors > MOST_STEPS || pipeline->context_class != NULL)
        return;
    add_fixed_key(pipeline, &cleat__event_key);
    for (size_t i = 0; i < pipeline->n_processors; i++)
        if (!add_step(pipeline, &pipeline->processors[i]->effect))
            return;
    pipeline->straight_id = atomic_fetch_add(&last_id, 1) + 1;
}

/* -- whether keys meet -- */

static bool has_key(const struct cleat__flat *flat, const cleat_key *key)
{
    return flat != NULL && cleat__mask_has(&flat->mask, key->hash) && cleat__flat_find(flat, key) < flat->count;
}

static bool find_out_lacks_fixed_keys(const cleat_fields *list, const struct cleat__pipeline *pipeline)
{
    const struct cleat__flat *flat = cleat__fields_flat(list);
    if (flat == NULL)
        return false;
    for (uint32_t i = 0; i < pipeline->n_fixed_keys; i++)
        if (has_key(flat, pipeline->fixed_keys[i]))
            return false;
    struct cleat__list_head *head = (struct cleat__list_head *)(void *)list;
    atomic_store_explicit(&head->lacks_keys_of, pipeline->straight_id, memory_order_relaxed);
    return true;
}

static bool lacks_fixed_keys(const cleat_fields *list, const struct cleat__pipeline *pipeline)
{
    const struct cleat__list_head *head = (const struct cleat__list_head *)(const void *)list;
    return atomic_load_explicit(&head->lacks_keys_of, memory_order_relaxed) == pipeline->straight_id ||
           find_out_lacks_fixed_keys(list, pipeline);
}

static bool lists_are_apart(const struct cleat__pipeline *pipeline, const cleat_fields *bound,
                            const cleat_fields *filled_in)
{
    return (bound == NULL || lacks_fixed_keys(bound, pipeline)) &&
           (filled_in == NULL || lacks_fixed_keys(filled_in, pipeline)) &&
           (bound == NULL || filled_in == NULL || cleat__fields_are_disjoint(filled_in, bound));
}

static bool find_out_site_lacks_fixed_keys(cleat_site *site, const struct cleat__pipeline *pipeline)
{
    for (unsigned i = 1; i < site->n_keys; i++)
        if (is_fixed_key(pipeline, &site->keys[i]))
            return false;
    __atomic_store_n(&site->lacks_keys_of, pipeline->straight_id, __ATOMIC_RELAXED);
    return true;
}

static bool site_lacks_fixed_keys(cleat_site *site, const struct cleat__pipeline *pipeline)
{
    return __atomic_load_n(&site->lacks_keys_of, __ATOMIC_RELAXED) == pipeline->straight_id ||
           find_out_site_lacks_fixed_keys(site, pipeline);
}

static bool may_share_keys(const cleat_site *site, const cleat_fields *list)
{
    if (list == NULL)
        return false;
    struct cleat__mask mask;
    memcpy(mask.words, site->mask, sizeof(mask.words));
    return cleat__masks_meet(&mask, &cleat__fields_flat(list)->mask);
}

static bool shares_key(const struct cleat__call *call, const cleat_fields *list)
{
    const struct cleat__flat *flat = cleat__fields_flat(list);
    for (uint32_t i = 1; i < call->count; i++)
        if (has_key(flat, &call->keys[i]))
            return true;
    return false;
}

static bool add_override(struct cleat__way *way, uint32_t place, uint32_t field)
{
    if (way->n_overrides == CLEAT__MOST_OVERRIDES)
        return false;
    way->overriding |= UINT64_C(1) << field;
    uint32_t i = way->n_overrides++;
    for (; i > 0 && way->overrides[i - 1].place > place; i--)
        way->overrides[i] = way->overrides[i - 1];
    way->overrides[i] = (struct cleat__override){place, field};
    return true;
}

static bool find_overrides(struct cleat__way *way, const struct cleat__call *call)
{
    const struct cleat__flat *flat = cleat__fields_flat(way->bound);
    if (call->count > 64)
        return false;
    for (uint32_t i = 1; i < call->count; i++) {
        const cleat_key *key = &call->keys[i];
        uint32_t place = cleat__mask_has(&flat->mask, key->hash) ? cleat__flat_find(flat, key) : flat->count;
        if (place < flat->count && !add_override(way, place, i - 1))
            return false;
    }
    return true;
}

/* Whether the call's keys meet nothing, or only some of the logger's fields. */
static bool call_is_apart(struct cleat__way *way, const struct cleat__pipeline *pipeline,
                          const struct cleat__call *call)
{
    cleat_site *site = call->site;
    return site->distinct && site_lacks_fixed_keys(site, pipeline) &&
           (!may_share_keys(site, way->filled_in) || !shares_key(call, way->filled_in)) &&
           (!may_share_keys(site, way->bound) || find_overrides(way, call));
}

bool cleat__find_way_between(struct cleat__way *way, const struct cleat__pipeline *pipeline,
                             const struct cleat__call *call)
{
    way->n_overrides = 0;
    way->overriding = 0;
    return lists_are_apart(pipeline, way->bound, way->filled_in) &&
           (call->count == 1 || call_is_apart(way, pipeline, call));
}

bool cleat__find_way(struct cleat__way *way, const struct cleat__pipeline *pipeline, const cleat_fields *bound,
                     const struct cleat__call *call)
{
    if (pipeline->straight_id == 0 || call->keys == NULL)
        return false;
    way->bound = bound;
    way->filled_in = pipeline->filled_in != NULL ? pipeline->filled_in() : NULL;
    return cleat__find_way_between(way, pipeline, call);
}

/* -- stringing together -- */

static void add_span(cleat_event *event, const struct cleat__field *fields, const cleat_fields *list, uint32_t from,
                     uint32_t to)
{
    if (from < to)
        event->spans[event->n_spans++] = (struct cleat__span){fields, list, from, to};
}

static void add_list(cleat_event *event, const cleat_fields *list)
{
    const struct cleat__flat *flat = cleat__fields_flat(list);
    add_span(event, flat->fields, list, 0, flat->count);
    event->dynamic |= flat->dynamic;
}

static void add_overridden_list(cleat_event *event, const struct cleat__way *way, const struct cleat__field *fields)
{
    const struct cleat__flat *flat = cleat__fields_flat(way->bound);
    uint32_t from = 0;
    for (uint32_t i = 0; i < way->n_overrides; i++) {
        const struct cleat__override *override = &way->overrides[i];
        add_span(event, flat->fields, way->bound, from, override->place);
        add_span(event, fields + override->field, NULL, 0, 1);
        from = override->place + 1;
    }
    add_span(event, flat->fields, way->bound, from, flat->count);
    event->dynamic |= flat->dynamic;
}

/* What the call adds: all of its fields but the overriding ones, in runs. */
static void add_call(cleat_event *event, const struct cleat__call *call, const struct cleat__way *way)
{
    struct cleat__field *fields = cleat__fields_of_call(call);
    uint32_t from = 0;
    for (uint64_t left = way->overriding; left != 0; left &= left - 1) {
        uint32_t overriding = (uint32_t)__builtin_ctzll(left);
        add_span(event, fields, NULL, from, overriding);
        from = overriding + 1;
    }
    add_span(event, fields, NULL, from, call->count - 1);
}

static void set_keys(cleat_event *event, const struct cleat__call *call)
{
    struct cleat__field *field = cleat__fields_of_call(call);
    const cleat_key *end = call->keys + call->count;
    bool dynamic = false;
    for (const cleat_key *key = call->keys + 1; key < end; key++, field++) {
        field->key = key;
        dynamic |= cleat__may_be_lazy(&field->value);
    }
    event->dynamic |= dynamic;
}

/* The event's own fields from `first` up to the next free place become a span. */
static struct cleat__field *end_span(cleat_event *event, const struct cleat__field *first, struct cleat__field *next)
{
    add_span(event, first, NULL, 0, (uint32_t)(next - first));
    return next;
}

/* The event's text, and what the chain does, which begins with it: there is room for all of it. */
static void run_steps(cleat_event *event, const struct cleat__pipeline *pipeline, const cleat_fields *filled_in,
                      const struct cleat__call *call)
{
    struct cleat__field *first = event->own;
    struct cleat__field *next = first;
    next->key = &cleat__event_key;
    cleat__set_event_text(call, event->limits, &next->value);
    event->dynamic |= cleat__may_be_lazy(&next++->value);
    for (size_t i = 0; i < pipeline->n_processors; i++) {
        const cleat_processor *step = pipeline->processors[i];
        if (step->effect.make != NULL) {
            next->key = step->effect.key;
            step->effect.make(event, step, &next++->value);
        } else if (filled_in != NULL) {
            first = end_span(event, first, next);
            add_list(event, filled_in);
        }
    }
    end_span(event, first, next);
    event->own_count = (uint32_t)(next - event->own);
}

void cleat__go_straight(cleat_event *event, const struct cleat__pipeline *pipeline, const struct cleat__way *way,
                        const struct cleat__call *call)
{
    set_keys(event, call);
    if (way->n_overrides > 0)
        add_overridden_list(event, way, cleat__fields_of_call(call));
    else if (way->bound != NULL)
        add_list(event, way->bound);
    add_call(event, call, way);
    run_steps(event, pipeline, way->filled_in, call);
    cleat__mask_fill(&event->mask); /* whoever looks for a key now (a filter, a renderer) has to look */
}
