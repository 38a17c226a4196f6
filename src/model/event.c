#include "model/event.h"

#include <string.h>

#include "base/report.h"
#include "model/known_keys.h"
#include "model/value.h"

cleat_key cleat__event_key;

__attribute__((constructor(103))) static void prepare_event_key(void)
{
    cleat__key_prepare(&cleat__event_key, "event", 5);
    cleat__know_key(&cleat__event_key);
}

/* -- memory -- */

static void *lose_field(void)
{
    cleat__count(CLEAT__LOST_FIELD, 1);
    return NULL;
}

static bool has_room_for_spans(cleat_event *event, uint32_t more)
{
    if (event->spans_capacity - event->n_spans >= more)
        return true;
    uint32_t capacity = event->spans_capacity * 2;
    struct cleat__span *spans = cleat__scratch_alloc(event->scratch, capacity * sizeof(*spans));
    if (spans == NULL)
        return false;
    memcpy(spans, event->spans, event->n_spans * sizeof(*spans));
    event->spans = spans;
    event->spans_capacity = capacity;
    event->open_span = NULL;
    return true;
}

/* Fields never move: a new block is begun when one is full. */
static struct cleat__field *take_own_field(cleat_event *event)
{
    if (event->own_count == event->own_capacity) {
        uint32_t capacity = event->own_capacity * 2;
        struct cleat__field *own = cleat__scratch_alloc(event->scratch, capacity * sizeof(*own));
        if (own == NULL)
            return NULL;
        event->own = own;
        event->own_count = 0;
        event->own_capacity = capacity;
        event->open_span = NULL;
    }
    return &event->own[event->own_count++];
}

/* -- finding -- */

/* The place of a field. */
struct place {
    uint32_t span;
    uint32_t index;
};

static uint32_t find_in(const struct cleat__span *span, const cleat_key *key)
{
    if (span->list != NULL) {
        const struct cleat__flat *flat = cleat__fields_flat(span->list);
        uint32_t index = cleat__mask_has(&flat->mask, key->hash) ? cleat__flat_find(flat, key) : span->to;
        return index >= span->from ? index : span->to;
    }
    uint32_t i = span->from;
    while (i < span->to && !cleat__key_equal(span->fields[i].key, key))
        i++;
    return i;
}

static bool find(const cleat_event *event, const cleat_key *key, struct place *place)
{
    for (uint32_t s = 0; s < event->n_spans; s++) {
        const struct cleat__span *span = &event->spans[s];
        uint32_t index = find_in(span, key);
        if (index < span->to) {
            *place = (struct place){s, index};
            return true;
        }
    }
    return false;
}

const cleat_value *cleat__event_get(const cleat_event *event, const cleat_key *key)
{
    struct place place;
    return find(event, key, &place) ? &event->spans[place.span].fields[place.index].value : NULL;
}

/* -- changing -- */

/* Cuts the field at a place out of its span: [from, i) stays where it is, [i + 1, to) becomes the next span. */
static void split(cleat_event *event, struct place place)
{
    struct cleat__span *span = &event->spans[place.span];
    uint32_t behind = event->n_spans - place.span - 1;
    memmove(span + 2, span + 1, behind * sizeof(*span));
    event->open_span = NULL;
    span[1] = span[0];
    span[1].from = place.index + 1;
    span[0].to = place.index;
    event->n_spans++;
}

/* Where a field that is there takes a new value. */
static cleat_value *replace(cleat_event *event, struct place place)
{
    struct cleat__span *span = &event->spans[place.span];
    if (span->list == NULL)
        return &((struct cleat__field *)span->fields)[place.index].value; /* the event's own, or the call's: ours */
    struct cleat__field *field = has_room_for_spans(event, 2) ? take_own_field(event) : NULL;
    if (field == NULL)
        return lose_field();
    field->key = event->spans[place.span].fields[place.index].key;
    split(event, place);
    span = &event->spans[place.span] + 1;
    memmove(span + 1, span, (event->n_spans - place.span - 1) * sizeof(*span));
    *span = (struct cleat__span){field, NULL, 0, 1};
    event->n_spans++;
    return &field->value;
}

/* A new span, with one field, that is open for more. */
static cleat_value *append(cleat_event *event, const cleat_key *key)
{
    struct cleat__field *field = has_room_for_spans(event, 1) ? take_own_field(event) : NULL;
    if (field == NULL)
        return lose_field();
    field->key = key;
    cleat__mask_add(&event->mask, key->hash);
    event->open_span = &event->spans[event->n_spans++];
    *event->open_span = (struct cleat__span){field, NULL, 0, 1};
    return &field->value;
}

cleat_value *cleat__event_place_any(cleat_event *event, const cleat_key *key)
{
    struct place place;
    if (cleat__mask_has(&event->mask, key->hash) && find(event, key, &place))
        return replace(event, place);
    return append(event, key);
}

void cleat__event_append_fields(cleat_event *event, struct cleat__field *fields, uint32_t count,
                                const struct cleat__mask *mask)
{
    if (!has_room_for_spans(event, 1)) {
        cleat__count(CLEAT__LOST_FIELD, count);
        return;
    }
    event->spans[event->n_spans++] = (struct cleat__span){fields, NULL, 0, count};
    cleat__mask_join(&event->mask, mask);
    event->open_span = NULL;
}

bool cleat__event_delete(cleat_event *event, const cleat_key *key)
{
    struct place place;
    if (!find(event, key, &place))
        return false;
    struct cleat__span *span = &event->spans[place.span];
    event->open_span = NULL;
    if (place.index == span->from) {
        span->from++;
    } else if (place.index == span->to - 1) {
        span->to--;
    } else if (has_room_for_spans(event, 1)) {
        split(event, place);
    } else {
        span->to = place.index; /* without memory, what stands behind the field goes too; it is counted */
        lose_field();
    }
    return true;
}

void cleat__event_clear(cleat_event *event)
{
    event->n_spans = 0;
    event->mask = (struct cleat__mask){{0}};
    event->open_span = NULL;
}

/* -- lists -- */

static void append_run(cleat_event *event, const cleat_fields *list, const struct cleat__flat *flat, uint32_t from,
                       uint32_t to)
{
    if (from == to)
        return;
    if (!has_room_for_spans(event, 1)) {
        cleat__count(CLEAT__LOST_FIELD, to - from);
        return;
    }
    event->spans[event->n_spans++] = (struct cleat__span){flat->fields, list, from, to};
}

/* Whether none of the event's fields has a key of the list. */
static bool is_disjoint(const cleat_event *event, const cleat_fields *list, const struct cleat__flat *flat)
{
    const struct cleat__span *end = event->spans + event->n_spans;
    for (const struct cleat__span *span = event->spans; span < end; span++) {
        if (span->list != NULL) {
            if (!cleat__fields_are_disjoint(list, span->list))
                return false;
            continue;
        }
        for (uint32_t i = span->from; i < span->to; i++) {
            const cleat_key *key = span->fields[i].key;
            if (cleat__mask_has(&flat->mask, key->hash) && cleat__flat_find(flat, key) < flat->count)
                return false;
        }
    }
    return true;
}

/* Appends the runs of fields that are new; those between them override what is there, or are passed over. */
static void add_runs(cleat_event *event, const cleat_fields *list, const struct cleat__flat *flat, bool override)
{
    uint32_t run = 0;
    for (uint32_t i = 0; i < flat->count; i++) {
        struct place place;
        if (!find(event, flat->fields[i].key, &place))
            continue;
        append_run(event, list, flat, run, i);
        run = i + 1;
        cleat_value *value = override ? replace(event, place) : NULL;
        if (value != NULL)
            *value = flat->fields[i].value;
    }
    append_run(event, list, flat, run, flat->count);
}

static void set_visited(const struct cleat__field *field, void *arg)
{
    cleat__event_set(arg, field->key, field->value);
}

static void fill_in_visited(const struct cleat__field *field, void *arg)
{
    cleat_event *event = arg;
    if (cleat__event_get(event, field->key) == NULL)
        cleat__event_set(event, field->key, field->value);
}

void cleat__event_add_list(cleat_event *event, const cleat_fields *list, bool override)
{
    const struct cleat__flat *flat = cleat__fields_flat(list);
    if (flat == NULL) {
        cleat__fields_visit(list, override ? set_visited : fill_in_visited, event);
        return;
    }
    if (is_disjoint(event, list, flat))
        append_run(event, list, flat, 0, flat->count);
    else
        add_runs(event, list, flat, override);
    cleat__mask_join(&event->mask, &flat->mask);
    event->dynamic |= flat->dynamic;
    event->open_span = NULL;
}

void cleat__event_put_beneath(cleat_event *event, const cleat_fields *list)
{
    size_t count = cleat_event_count(event);
    struct cleat__field *fields = cleat__scratch_alloc(event->scratch, (count + 1) * sizeof(*fields));
    if (fields == NULL) {
        cleat__event_fill_in_list(event, list); /* order is what gives way when there is no memory */
        return;
    }
    for (size_t i = 0; i < count; i++)
        fields[i] = *cleat__event_field_at(event, i);
    cleat__event_clear(event);
    cleat__event_set_list(event, list);
    for (size_t i = 0; i < count; i++)
        cleat__event_set(event, fields[i].key, fields[i].value);
}
