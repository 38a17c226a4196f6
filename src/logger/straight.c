#include "logger/straight.h"

#include "processors/processor.h"

/*
 * Most chains only fill in a list (the context variables) and set a few fixed keys (level, timestamp). Whether any
 * of an event's keys meet is then a question between few parties, nearly all of which are the same from line to line:
 *
 *   the fixed keys among each other    answered when the chain is configured;
 *   a list and the fixed keys          answered once for a list and a chain, and kept with the list;
 *   two lists                          answered once, and kept with one of them;
 *   the call's keys and all of these   asked for each line, mostly answered by the lists' masks.
 *
 * If no keys meet, the event's spans can be strung together as they come.
 */

/* So many steps do with the spans and fields that an event begins with. */
#define MOST_STEPS 16

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

static bool call_is_apart(const struct cleat__pipeline *pipeline, const cleat_fields *bound,
                          const cleat_fields *filled_in, const struct cleat__call *call)
{
    const struct cleat__flat *bound_flat = bound != NULL ? cleat__fields_flat(bound) : NULL;
    const struct cleat__flat *filled_in_flat = filled_in != NULL ? cleat__fields_flat(filled_in) : NULL;
    struct cleat__mask mask = {{0}};
    for (uint32_t i = 1; i < call->count; i++) {
        const cleat_key *key = &call->keys[i];
        if (key->text == NULL || cleat__mask_has(&mask, key->hash) || is_fixed_key(pipeline, key) ||
            has_key(bound_flat, key) || has_key(filled_in_flat, key))
            return false;
        cleat__mask_add(&mask, key->hash);
    }
    return true;
}

/* -- stringing together -- */

static void add_list(cleat_event *event, const cleat_fields *list)
{
    const struct cleat__flat *flat = cleat__fields_flat(list);
    event->spans[event->n_spans++] = (struct cleat__span){flat->fields, list, 0, flat->count};
    event->dynamic |= flat->dynamic;
}

static void add_call(cleat_event *event, const struct cleat__call *call)
{
    struct cleat__field *fields = cleat__fields_of_call(call);
    uint32_t count = call->count - 1;
    for (uint32_t i = 0; i < count; i++) {
        fields[i].key = &call->keys[i + 1];
        event->dynamic |= cleat__may_be_lazy(&fields[i].value);
    }
    event->spans[event->n_spans++] = (struct cleat__span){fields, NULL, 0, count};
}

/* The event's own fields from `first` up to the next free place become a span. */
static struct cleat__field *end_span(cleat_event *event, const struct cleat__field *first, struct cleat__field *next)
{
    if (next > first)
        event->spans[event->n_spans++] = (struct cleat__span){first, NULL, 0, (uint32_t)(next - first)};
    return next;
}

/* The event's text, and what the chain does, which begins with it: there is room for all of it. */
static void run_steps(cleat_event *event, const struct cleat__pipeline *pipeline, const cleat_fields *filled_in,
                      const struct cleat__call *call)
{
    struct cleat__field *first = event->own;
    struct cleat__field *next = first;
    next->key = &cleat__event_key;
    cleat__set_literal_event(call, event->limits, &next++->value);
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

bool cleat__go_straight(cleat_event *event, const struct cleat__pipeline *pipeline, const cleat_fields *bound,
                        const struct cleat__call *call)
{
    if (pipeline->straight_id == 0 || !cleat__has_literal_event(call))
        return false;
    const cleat_fields *filled_in = pipeline->filled_in != NULL ? pipeline->filled_in() : NULL;
    if (!lists_are_apart(pipeline, bound, filled_in) ||
        (call->count > 1 && !call_is_apart(pipeline, bound, filled_in, call)))
        return false;
    if (bound != NULL)
        add_list(event, bound);
    if (call->count > 1)
        add_call(event, call);
    run_steps(event, pipeline, filled_in, call);
    cleat__mask_fill(&event->mask); /* whoever looks for a key now (a filter, a renderer) has to look */
    return true;
}
