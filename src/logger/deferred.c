#include "logger/deferred.h"

#include <stddef.h>
#include <string.h>

#include "base/copy.h"
#include "logger/workspace.h"
#include "sinks/async.h"

/* So many lists of a line the lane keeps; one more place is the renderer's. */
#define MOST_LISTS (CLEAT__LANE_KEEPS - 1)

/*
 * What a record holds, one behind the other: this, the spans, the own fields, and the lists that are to be let go of.
 * The lane has a reference to the renderer and the lists of the last record. Another one that comes in a place takes it
 * over with a reference of its own, and the record carries the former one away; so lines that use the same ones count
 * nothing.
 */
struct deferred {
    const cleat_renderer *renderer;
    cleat_renderer *former_renderer; /* to be let go of; NULL: none */
    uint32_t n_spans;
    uint32_t n_fields;
    uint32_t former_lists; /* where they are */
    uint32_t n_former_lists;
};

struct span {
    const cleat_fields *list; /* NULL: own fields */
    uint32_t from;
    uint32_t to;
};

/* An own field: the value and the rest of the key as they are; then the key's text, then the value's, if it is one. */
#define KEY_REST offsetof(cleat_key, length)
#define KEY_REST_SIZE (sizeof(cleat_key) - KEY_REST)
#define FIELD_SIZE (KEY_REST_SIZE + sizeof(cleat_value))

static inline bool has_text(unsigned kind)
{
    return kind - CLEAT_STRING <= CLEAT_BYTES - CLEAT_STRING;
}

/* -- at the call -- */

/*
 * Member by member: to copy at once what was just put together of smaller pieces would stall the processor. `to` stays
 * behind the places for the value and the key's rest, where the texts go.
 */
static inline void put_value(char *to, const cleat_value *from)
{
    cleat_value *value = (cleat_value *)(void *)to;
    value->kind = from->kind;
    value->flags = from->flags;
    value->aux = from->aux;
    value->as.natural = from->as.natural;
    value->with.length = from->with.length;
}

/*
 * Where the payload goes on, or NULL: a field is of a kind that cannot wait, or there is no room. Not inlined: it has
 * enough to keep in registers.
 */
__attribute__((noinline)) static char *put_fields(char *to, const char *end, const struct cleat__field *field,
                                                  const struct cleat__field *last)
{
    for (; field < last; field++) {
        const cleat_key *key = field->key;
        const cleat_value *value = &field->value;
        size_t size = FIELD_SIZE + key->length;
        if (__builtin_expect(value->kind > CLEAT_ERRNO || size > (size_t)(end - to), 0))
            return NULL;
        put_value(to, value);
        memcpy(to + sizeof(*value), (const char *)key + KEY_REST, KEY_REST_SIZE);
        cleat__copy(to + FIELD_SIZE, key->text, key->length);
        to += size;
        if (!has_text(value->kind))
            continue;
        size_t length = value->with.length;
        if (__builtin_expect(value->as.text == NULL || length > (size_t)(end - to), 0))
            return NULL;
        cleat__copy(to, value->as.text, length);
        to += length;
    }
    return to;
}

/* Where the payload ends, or NULL. *changed: the places of lists that take another one, as bits. */
static inline char *encode(const struct cleat__deferral *deferral, const cleat_event *event, unsigned *changed)
{
    struct deferred *deferred = (struct deferred *)(void *)deferral->payload;
    struct span *spans = (struct span *)(void *)(deferred + 1);
    char *to = (char *)(spans + event->n_spans);
    uint32_t n_fields = 0;
    unsigned n_lists = 0;
    *changed = 0;
    if (event->n_spans > CLEAT__SPANS || to > deferral->end)
        return NULL;
    for (uint32_t i = 0; i < event->n_spans && to != NULL; i++) {
        const struct cleat__span *span = &event->spans[i];
        spans[i] = (struct span){span->list, span->from, span->to};
        if (span->list == NULL) {
            to = put_fields(to, deferral->end, span->fields + span->from, span->fields + span->to);
            n_fields += span->to - span->from;
            continue;
        }
        if (n_lists == MOST_LISTS)
            return NULL;
        *changed |= (unsigned)(deferral->lane->kept[n_lists] != (const void *)span->list) << n_lists;
        n_lists++;
    }
    deferred->n_spans = event->n_spans;
    deferred->n_fields = n_fields;
    return n_fields <= CLEAT__OWN_FIELDS ? to : NULL;
}

/* The lane takes a list over; the one that it had in that place goes into the record. */
static char *keep_list(void **kept, const cleat_fields *list, struct deferred *deferred, char *to)
{
    void *former = *kept;
    *kept = cleat_fields_ref((cleat_fields *)list);
    if (former == NULL)
        return to;
    deferred->n_former_lists++;
    memcpy(to, &former, sizeof(former));
    return to + sizeof(former);
}

static char *keep_lists(const struct cleat__deferral *deferral, const cleat_event *event, unsigned changed, char *to)
{
    struct deferred *deferred = (struct deferred *)(void *)deferral->payload;
    deferred->former_lists = (uint32_t)(to - deferral->payload);
    deferred->n_former_lists = 0;
    unsigned place = 0;
    for (uint32_t i = 0; i < event->n_spans && changed >> place != 0; i++) {
        if (event->spans[i].list == NULL)
            continue;
        if ((changed >> place & 1) != 0)
            to = keep_list(&deferral->lane->kept[place], event->spans[i].list, deferred, to);
        place++;
    }
    return to;
}

/* From here on the lane keeps what the record uses. Returns where the payload ends now; there is room for it. */
static inline char *keep(const struct cleat__deferral *deferral, cleat_renderer *renderer, const cleat_event *event,
                         unsigned changed, char *to)
{
    struct deferred *deferred = (struct deferred *)(void *)deferral->payload;
    void **kept = &deferral->lane->kept[MOST_LISTS];
    deferred->renderer = renderer;
    deferred->former_renderer = NULL;
    deferred->n_former_lists = 0;
    if (__builtin_expect(*kept != (void *)renderer, 0)) {
        deferred->former_renderer = *kept;
        *kept = cleat_renderer_ref(renderer);
    }
    return __builtin_expect(changed == 0, 1) ? to : keep_lists(deferral, event, changed, to);
}

static const struct cleat__deferred_class deferred_class;

bool cleat__defer_line(cleat_sink *sink, cleat_renderer *renderer, cleat_event *event)
{
    struct cleat__deferral deferral;
    if (event->dynamic)
        return false;
    int64_t stamp = cleat__event_time(event);
    if (!cleat__begin_deferral(sink, &deferral))
        return false;
    deferral.end -= MOST_LISTS * sizeof(void *); /* for the former lists */
    unsigned changed;
    char *end = deferral.end > deferral.payload ? encode(&deferral, event, &changed) : NULL;
    if (__builtin_expect(end == NULL, 0)) {
        cleat__cancel_deferral();
        return false;
    }
    end = keep(&deferral, renderer, event, changed, end);
    const struct deferred *deferred = (const struct deferred *)(const void *)deferral.payload;
    const struct cleat__record record = {
        .deferred = &deferred_class,
        .stamp = stamp,
        .level = event->level,
        .releases = deferred->former_renderer != NULL || deferred->n_former_lists > 0,
    };
    cleat__commit_deferral(sink, &deferral, end, record);
    return true;
}

bool cleat__can_defer(const cleat_sink *sink, const cleat_renderer *renderer)
{
    return renderer->cls->fields_alone && cleat__sink_can_defer(sink);
}

/* -- on the sink's thread -- */

static const char *take_field(const char *from, struct cleat__field *field, cleat_key *key)
{
    memcpy(&field->value, from, sizeof(field->value));
    memcpy((char *)key + KEY_REST, from + sizeof(field->value), KEY_REST_SIZE);
    from += FIELD_SIZE;
    key->text = from;
    field->key = key;
    from += key->length;
    if (!has_text(field->value.kind))
        return from;
    field->value.as.text = from;
    return from + field->value.with.length;
}

static void take_list(cleat_event *event, const struct span *span)
{
    const struct cleat__flat *flat = cleat__fields_flat(span->list); /* it was there at the call */
    event->spans[event->n_spans++] = (struct cleat__span){flat->fields, span->list, span->from, span->to};
}

static const char *take_own(cleat_event *event, const struct span *span, cleat_key *keys, const char *from)
{
    struct cleat__field *fields = event->own + event->own_count;
    uint32_t count = span->to - span->from;
    for (uint32_t i = 0; i < count; i++)
        from = take_field(from, &fields[i], &keys[event->own_count + i]);
    event->spans[event->n_spans++] = (struct cleat__span){fields, NULL, 0, count};
    event->own_count += count;
    return from;
}

static bool decode(const struct deferred *deferred, cleat_event *event)
{
    cleat_key *keys = cleat__scratch_alloc(event->scratch, (deferred->n_fields + 1) * sizeof(*keys));
    if (keys == NULL)
        return false;
    const struct span *span = (const struct span *)(const void *)(deferred + 1);
    const char *from = (const char *)(span + deferred->n_spans);
    for (const struct span *end = span + deferred->n_spans; span < end; span++) {
        if (span->list != NULL)
            take_list(event, span);
        else
            from = take_own(event, span, keys, from);
    }
    cleat__mask_fill(&event->mask); /* whoever looks for a key has to look */
    return true;
}

static void render(const void *payload, int level, struct cleat__buffer *line)
{
    const struct deferred *deferred = payload;
    struct cleat__line *work = cleat__line_open();
    if (work == NULL) {
        line->failed = true;
        return;
    }
    cleat_event *event = &work->event;
    cleat__event_begin(event, &work->scratch, &work->memory);
    event->level = level;
    event->level_record = cleat__level_of(level);
    event->limits = &deferred->renderer->limits;
    /* Not behind the lines before it: a renderer measures a line from the beginning of the buffer. */
    struct cleat__buffer *own = &work->buffer;
    own->length = 0;
    if (decode(deferred, event))
        cleat__render_line(deferred->renderer, event, own);
    if (own->length > 0 && !own->failed)
        cleat__buffer_add(line, own->data, own->length);
    else
        line->failed = true;
    cleat__line_close(work);
}

static void release(const void *payload)
{
    const struct deferred *deferred = payload;
    const char *at = (const char *)payload + deferred->former_lists;
    for (uint32_t i = 0; i < deferred->n_former_lists; i++, at += sizeof(void *)) {
        cleat_fields *former;
        memcpy(&former, at, sizeof(former));
        cleat_fields_unref(former);
    }
    cleat_renderer_unref(deferred->former_renderer);
}

static void release_kept(void *kept[CLEAT__LANE_KEEPS])
{
    for (unsigned i = 0; i < CLEAT__LANE_KEEPS; i++) {
        void *former = kept[i];
        kept[i] = NULL;
        if (i == MOST_LISTS)
            cleat_renderer_unref(former);
        else
            cleat_fields_unref(former);
    }
}

static const struct cleat__deferred_class deferred_class = {render, release, release_kept};
