#include "logger/deferred.h"

#include <stddef.h>
#include <string.h>

#include "base/copy.h"
#include "logger/workspace.h"
#include "model/interned_keys.h"
#include "processors/processor.h"
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

/* An own field. Behind all of them: for each, the rest of its key and the key's text, if it is not known; the value's
   text, if it is one. */
struct own_field {
    uint8_t kind;
    uint8_t flags;
    uint16_t key; /* its number; 0: not known */
    uint32_t aux;
    uint64_t as;
    uint64_t with;
};

#define KEY_REST offsetof(cleat_key, length)
#define KEY_REST_SIZE (sizeof(cleat_key) - KEY_REST)

static inline bool has_text(unsigned kind)
{
    return kind - CLEAT_STRING <= CLEAT_BYTES - CLEAT_STRING;
}

/* -- at the call -- */

static char *put_unknown_key(char *to, const char *end, const cleat_key *key)
{
    if (KEY_REST_SIZE + key->length > (size_t)(end - to))
        return NULL;
    memcpy(to, (const char *)key + KEY_REST, KEY_REST_SIZE);
    cleat__copy(to + KEY_REST_SIZE, key->text, key->length);
    return to + KEY_REST_SIZE + key->length;
}

static inline char *put_text(char *to, const char *end, const cleat_value *value)
{
    size_t length = value->with.length;
    if (__builtin_expect(value->as.text == NULL || length > (size_t)(end - to), 0))
        return NULL;
    cleat__copy(to, value->as.text, length);
    return to + length;
}

/* Member by member, for to copy at once what was just put together of smaller pieces would stall the processor. */
static inline void put_head(struct own_field *own, const cleat_key *key, const cleat_value *value)
{
    own->kind = value->kind;
    own->flags = value->flags;
    own->key = key->number;
    own->aux = value->aux;
    own->as = value->as.natural;
    own->with = value->with.length;
}

/* Puts a field, and its texts at `to`. Returns where they end, or NULL: its kind cannot wait, or there is no room. */
static inline char *put_field(struct own_field *own, const cleat_key *key, const cleat_value *value, char *to,
                              const char *end)
{
    put_head(own, key, value);
    if (__builtin_expect(own->key == 0, 0) && (to = put_unknown_key(to, end, key)) == NULL)
        return NULL;
    if (has_text(value->kind))
        return put_text(to, end, value);
    return __builtin_expect(value->kind <= CLEAT_ERRNO, 1) ? to : NULL;
}

/* Puts the own fields of an event, of which there are so many. Returns where the payload ends, or NULL as above. */
__attribute__((noinline)) static char *put_fields(struct own_field *own, uint32_t count, const char *end,
                                                  const cleat_event *event)
{
    char *to = (char *)(own + count);
    if (count > CLEAT__OWN_FIELDS || to > end)
        return NULL;
    for (const struct cleat__span *span = event->spans, *last = span + event->n_spans; span < last; span++) {
        if (span->list != NULL)
            continue;
        const struct cleat__field *field = span->fields + span->from;
        for (const struct cleat__field *behind = span->fields + span->to; field < behind && to != NULL; field++)
            to = put_field(own++, field->key, &field->value, to, end);
    }
    return to;
}

/* The lists of a record, in order. */
struct lists {
    unsigned count;
    unsigned changed; /* the places in which the lane has another one, as bits */
    const cleat_fields *items[MOST_LISTS];
};

static inline void note_list(struct lists *lists, const struct cleat__lane *lane, const cleat_fields *list)
{
    lists->changed |= (unsigned)(lane->kept[lists->count] != (const void *)list) << lists->count;
    lists->items[lists->count++] = list;
}

/* Where the payload ends, or NULL. */
static inline char *encode(const struct cleat__deferral *deferral, const cleat_event *event, struct lists *lists)
{
    struct deferred *deferred = (struct deferred *)(void *)deferral->payload;
    struct span *put = (struct span *)(void *)(deferred + 1);
    uint32_t n_fields = 0;
    if (event->n_spans > CLEAT__SPANS || (char *)(put + event->n_spans) > deferral->end)
        return NULL;
    for (const struct cleat__span *span = event->spans, *last = span + event->n_spans; span < last; span++, put++) {
        put->list = span->list;
        put->from = span->from;
        put->to = span->to;
        if (span->list == NULL)
            n_fields += span->to - span->from;
        else if (lists->count < MOST_LISTS)
            note_list(lists, deferral->lane, span->list);
        else
            return NULL;
    }
    deferred->n_spans = event->n_spans;
    deferred->n_fields = n_fields;
    return put_fields((struct own_field *)(void *)put, n_fields, deferral->end, event);
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

__attribute__((noinline)) static char *keep_lists(const struct cleat__deferral *deferral, const struct lists *lists,
                                                  char *to)
{
    struct deferred *deferred = (struct deferred *)(void *)deferral->payload;
    deferred->former_lists = (uint32_t)(to - deferral->payload);
    for (unsigned i = 0; i < lists->count; i++)
        if ((lists->changed >> i & 1) != 0)
            to = keep_list(&deferral->lane->kept[i], lists->items[i], deferred, to);
    return to;
}

/* From here on the lane keeps what the record uses. Returns where the payload ends now; there is room for it. */
static inline char *keep(const struct cleat__deferral *deferral, cleat_renderer *renderer, const struct lists *lists,
                         char *to)
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
    return __builtin_expect(lists->changed == 0, 1) ? to : keep_lists(deferral, lists, to);
}

static inline bool begin(cleat_sink *sink, struct cleat__deferral *deferral)
{
    if (!cleat__begin_deferral(sink, deferral))
        return false;
    deferral->end -= MOST_LISTS * sizeof(void *); /* for the former lists */
    return true;
}

static const struct cleat__deferred_class deferred_class;

/* Gives the record to the sink's thread; end: of its payload, or NULL, and then there is none. */
static inline bool finish(cleat_sink *sink, const struct cleat__deferral *deferral, cleat_renderer *renderer,
                          const struct lists *lists, char *end, const cleat_event *event)
{
    if (__builtin_expect(end == NULL, 0)) {
        cleat__cancel_deferral();
        return false;
    }
    end = keep(deferral, renderer, lists, end);
    const struct deferred *deferred = (const struct deferred *)(const void *)deferral->payload;
    deferral->record->deferred = &deferred_class;
    deferral->record->stamp = event->stamp;
    deferral->record->level = event->level;
    deferral->record->releases = deferred->former_renderer != NULL || deferred->n_former_lists > 0;
    cleat__commit_deferral(sink, deferral, end);
    return true;
}

bool cleat__defer_line(cleat_sink *sink, cleat_renderer *renderer, cleat_event *event)
{
    struct cleat__deferral deferral;
    if (event->dynamic)
        return false;
    cleat__event_time(event);
    if (!begin(sink, &deferral))
        return false;
    struct lists lists;
    lists.count = lists.changed = 0;
    char *end = deferral.end > deferral.payload ? encode(&deferral, event, &lists) : NULL;
    return finish(sink, &deferral, renderer, &lists, end, event);
}

/* -- at a call that goes straight -- */

/* NULL: the handler does not take the call, or a list has values that cannot wait. */
static const struct cleat__handler *handler_for(const cleat_event *event, const struct cleat__pipeline *pipeline,
                                                const struct cleat__way *way)
{
    const struct cleat__handler *handler = &pipeline->handlers[0];
    bool good = way->n_overrides == 0 && event->level >= atomic_load_explicit(&handler->level, memory_order_relaxed) &&
                (way->bound == NULL || !cleat__fields_flat(way->bound)->dynamic) &&
                (way->filled_in == NULL || !cleat__fields_flat(way->filled_in)->dynamic);
    return good ? handler : NULL;
}

static inline struct span *put_list(struct span *span, const struct cleat__deferral *deferral, struct lists *lists,
                                    const cleat_fields *list)
{
    if (list == NULL)
        return span;
    note_list(lists, deferral->lane, list);
    span->list = list;
    span->from = 0;
    span->to = cleat__fields_flat(list)->count;
    return span + 1;
}

static inline struct span *put_own(struct span *span, uint32_t count)
{
    if (count == 0)
        return span;
    span->list = NULL;
    span->from = 0;
    span->to = count;
    return span + 1;
}

static inline char *put_call(const struct cleat__call *call, struct own_field *own, char *to, const char *end)
{
    const cleat_field *field = call->fields + 1;
    const cleat_key *last = call->keys + call->count;
    for (const cleat_key *key = call->keys + 1; key < last && to != NULL; key++, field++)
        to = put_field(own++, key, &field->value, to, end);
    return to;
}

static inline char *put_made(cleat_event *event, const struct cleat__pipeline *pipeline, struct own_field *own,
                             char *to, const char *end)
{
    for (size_t i = 0; i < pipeline->n_processors && to != NULL; i++) {
        const cleat_processor *step = pipeline->processors[i];
        cleat_value value;
        if (step->effect.make == NULL)
            continue;
        step->effect.make(event, step, &value);
        to = put_field(own++, step->effect.key, &value, to, end);
    }
    return to;
}

/* As encode(), of what the event would be. */
static inline char *encode_call(const struct cleat__deferral *deferral, cleat_event *event,
                                const struct cleat__pipeline *pipeline, const struct cleat__way *way,
                                const struct cleat__call *call, struct lists *lists)
{
    struct deferred *deferred = (struct deferred *)(void *)deferral->payload;
    struct span *first = (struct span *)(void *)(deferred + 1);
    uint32_t n_fields = call->count + pipeline->makes;
    if ((char *)((struct own_field *)(void *)(first + 4) + n_fields) > deferral->end || n_fields > CLEAT__OWN_FIELDS)
        return NULL;
    uint32_t behind = way->filled_in != NULL ? pipeline->makes - pipeline->makes_before_list : 0;
    struct span *span = put_list(first, deferral, lists, way->bound);
    span = put_own(span, n_fields - behind);
    span = put_list(span, deferral, lists, way->filled_in);
    span = put_own(span, behind);
    deferred->n_spans = (uint32_t)(span - first);
    deferred->n_fields = n_fields;
    struct own_field *own = (struct own_field *)(void *)span;
    char *to = put_call(call, own, (char *)(own + n_fields), deferral->end);
    if (to == NULL)
        return NULL;
    cleat_value text;
    cleat__set_event_text(call, event->limits, &text);
    to = put_field(own + call->count - 1, &cleat__event_key, &text, to, deferral->end);
    return to != NULL ? put_made(event, pipeline, own + call->count, to, deferral->end) : NULL;
}

bool cleat__defer_call(cleat_event *event, const struct cleat__pipeline *pipeline, const struct cleat__way *way,
                       const struct cleat__call *call)
{
    const struct cleat__handler *handler = handler_for(event, pipeline, way);
    struct cleat__deferral deferral;
    if (handler == NULL)
        return false;
    cleat__event_time(event);
    if (!begin(handler->sink, &deferral))
        return false;
    struct lists lists;
    lists.count = lists.changed = 0;
    char *end = deferral.end > deferral.payload ? encode_call(&deferral, event, pipeline, way, call, &lists) : NULL;
    return finish(handler->sink, &deferral, handler->renderer, &lists, end, event);
}

bool cleat__can_defer(const cleat_sink *sink, const cleat_renderer *renderer)
{
    return renderer->cls->fields_alone && cleat__sink_can_defer(sink);
}

/* -- on the sink's thread -- */

static const char *take_key(const char *from, uint16_t number, const cleat_key **known, cleat_key *key)
{
    *known = number != 0 ? cleat__interned_key(number) : key;
    if (number != 0)
        return from;
    memcpy((char *)key + KEY_REST, from, KEY_REST_SIZE);
    key->text = from + KEY_REST_SIZE;
    return key->text + key->length;
}

/* The next field and its texts are taken from here. */
struct taking {
    const struct own_field *field;
    const char *text;
};

/* key: memory for one that is not known. */
static void take_field(struct taking *taking, struct cleat__field *field, cleat_key *key)
{
    const struct own_field *own = taking->field++;
    taking->text = take_key(taking->text, own->key, &field->key, key);
    field->value.kind = own->kind;
    field->value.flags = own->flags;
    field->value.aux = own->aux;
    field->value.as.natural = own->as;
    field->value.with.length = own->with;
    if (!has_text(own->kind))
        return;
    field->value.as.text = taking->text;
    taking->text += own->with;
}

static void take_list(cleat_event *event, const struct span *span)
{
    const struct cleat__flat *flat = cleat__fields_flat(span->list); /* it was there at the call */
    event->spans[event->n_spans++] = (struct cleat__span){flat->fields, span->list, span->from, span->to};
}

static void take_own(cleat_event *event, const struct span *span, cleat_key *keys, struct taking *taking)
{
    struct cleat__field *fields = event->own + event->own_count;
    uint32_t count = span->to - span->from;
    for (uint32_t i = 0; i < count; i++)
        take_field(taking, &fields[i], &keys[event->own_count + i]);
    event->spans[event->n_spans++] = (struct cleat__span){fields, NULL, 0, count};
    event->own_count += count;
}

static bool decode(const struct deferred *deferred, cleat_event *event)
{
    cleat_key *keys = cleat__scratch_alloc(event->scratch, (deferred->n_fields + 1) * sizeof(*keys));
    if (keys == NULL)
        return false;
    const struct span *span = (const struct span *)(const void *)(deferred + 1);
    const struct span *end = span + deferred->n_spans;
    const struct own_field *fields = (const struct own_field *)(const void *)end;
    struct taking taking = {fields, (const char *)(fields + deferred->n_fields)};
    for (; span < end; span++) {
        if (span->list != NULL)
            take_list(event, span);
        else
            take_own(event, span, keys, &taking);
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
