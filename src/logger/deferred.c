#include "logger/deferred.h"

#include <string.h>

#include "base/copy.h"
#include "logger/workspace.h"
#include "sinks/async.h"

/* So many lists of a line the lane keeps; one more place is the renderer's. */
#define MOST_LISTS (CLEAT__LANE_KEEPS - 1)

/*
 * What a record holds, one behind the other: this, the spans, the lists that are to be let go of, the own fields. The
 * lane has a reference to the renderer and the lists of the last record. Another one that comes in a place takes it
 * over with a reference of its own, and the record carries the former one away; so lines that use the same ones count
 * nothing.
 */
struct deferred {
    const cleat_renderer *renderer;
    cleat_renderer *former_renderer; /* to be let go of; NULL: none */
    uint16_t n_spans;
    uint16_t n_former_lists;
    uint32_t n_fields;
};

struct span {
    const cleat_fields *list; /* NULL: own fields */
    uint32_t from;
    uint32_t to;
};

/* Before each own field's key and value. */
struct field_head {
    uint32_t hash;
    uint32_t aux;
    uint16_t key_length;
    uint8_t kind;
    uint8_t flags;
    bool plain;
};

/* What is not a text. */
struct plain_value {
    uint64_t as;
    uint64_t with;
};

_Static_assert(sizeof(((cleat_value *)0)->as) == 8 && sizeof(((cleat_value *)0)->with) == 8,
               "a value's parts are copied as they are");

/* -- at the call -- */

/* A record in the making. */
struct encoding {
    struct deferred *head;
    char *to;
    const char *end;
    void **kept;      /* by the lane */
    unsigned n_lists; /* so far */
    unsigned changed; /* bits: the places of lists that take another one */
};

static bool has_text(unsigned kind)
{
    return kind == CLEAT_STRING || kind == CLEAT_BYTES;
}

static char *put(char *to, const void *from, size_t size)
{
    return (char *)memcpy(to, from, size) + size;
}

/* Where the next one goes, or NULL: it is of a kind that cannot wait, or too long. */
static char *put_field(char *to, const char *end, const struct cleat__field *field)
{
    const cleat_key *key = field->key;
    const cleat_value *value = &field->value;
    bool text = has_text(value->kind);
    size_t length = text ? value->with.length : 0;
    size_t room = (size_t)(end - to);
    if (value->kind > CLEAT_ERRNO || key->length > UINT16_MAX || (text && value->as.text == NULL) || length > room ||
        sizeof(struct field_head) + sizeof(struct plain_value) + key->length + length > room)
        return NULL;
    const struct field_head head = {.hash = key->hash,
                                    .aux = value->aux,
                                    .key_length = (uint16_t)key->length,
                                    .kind = value->kind,
                                    .flags = value->flags,
                                    .plain = key->plain};
    to = put(to, &head, sizeof(head));
    cleat__copy(to, key->text, key->length);
    to += key->length;
    if (!text) {
        to = put(to, &value->as, sizeof(value->as));
        return put(to, &value->with, sizeof(value->with));
    }
    uint32_t text_length = (uint32_t)length;
    to = put(to, &text_length, sizeof(text_length));
    cleat__copy(to, value->as.text, length);
    return to + length;
}

static bool put_fields(struct encoding *encoding, const struct cleat__span *span)
{
    char *to = encoding->to;
    for (uint32_t i = span->from; i < span->to && to != NULL; i++)
        to = put_field(to, encoding->end, &span->fields[i]);
    encoding->head->n_fields += span->to - span->from;
    encoding->to = to;
    return to != NULL;
}

/* The references that a list takes the place of go into the record, behind the spans. */
static bool put_list(struct encoding *encoding, const cleat_fields *list)
{
    unsigned place = encoding->n_lists++;
    if (place == MOST_LISTS)
        return false;
    const void *former = encoding->kept[place];
    if (__builtin_expect(former == (const void *)list, 1))
        return true;
    encoding->changed |= 1U << place;
    if (former == NULL)
        return true;
    if ((size_t)(encoding->end - encoding->to) < sizeof(former))
        return false;
    encoding->to = put(encoding->to, &former, sizeof(former));
    encoding->head->n_former_lists++;
    return true;
}

static bool put_spans(struct encoding *encoding, const cleat_event *event)
{
    struct span *spans = (struct span *)(void *)encoding->to;
    if (event->n_spans > CLEAT__SPANS || (size_t)(encoding->end - encoding->to) < event->n_spans * sizeof(*spans))
        return false;
    encoding->to += event->n_spans * sizeof(*spans);
    for (uint32_t i = 0; i < event->n_spans; i++) {
        const struct cleat__span *span = &event->spans[i];
        spans[i] = (struct span){span->list, span->from, span->to};
        if (span->list != NULL && !put_list(encoding, span->list))
            return false;
    }
    for (uint32_t i = 0; i < event->n_spans; i++)
        if (event->spans[i].list == NULL && !put_fields(encoding, &event->spans[i]))
            return false;
    return encoding->head->n_fields <= CLEAT__OWN_FIELDS;
}

static bool encode(struct encoding *encoding, const cleat_renderer *renderer, const cleat_event *event)
{
    if ((size_t)(encoding->end - encoding->to) < sizeof(struct deferred))
        return false;
    encoding->head = (struct deferred *)(void *)encoding->to;
    encoding->to += sizeof(struct deferred);
    cleat_renderer *former = encoding->kept[MOST_LISTS];
    *encoding->head = (struct deferred){
        .renderer = renderer,
        .former_renderer = former != renderer ? former : NULL,
        .n_spans = (uint16_t)event->n_spans,
    };
    return put_spans(encoding, event);
}

/* From here on the lane keeps what the record uses. */
static bool keep(struct encoding *encoding, cleat_renderer *renderer, const cleat_event *event)
{
    bool renderer_changes = encoding->kept[MOST_LISTS] != (void *)renderer;
    if (__builtin_expect(!renderer_changes && encoding->changed == 0, 1))
        return false;
    if (renderer_changes)
        encoding->kept[MOST_LISTS] = cleat_renderer_ref(renderer);
    unsigned place = 0;
    for (uint32_t i = 0; i < event->n_spans; i++) {
        const cleat_fields *list = event->spans[i].list;
        if (list != NULL && (encoding->changed >> place++ & 1) != 0)
            encoding->kept[place - 1] = cleat_fields_ref((cleat_fields *)list);
    }
    return encoding->head->former_renderer != NULL || encoding->head->n_former_lists > 0;
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
    struct encoding encoding = {.to = deferral.payload, .end = deferral.end, .kept = deferral.lane->kept};
    if (!encode(&encoding, renderer, event)) {
        cleat__cancel_deferral();
        return false;
    }
    const struct cleat__record record = {
        .deferred = &deferred_class,
        .stamp = stamp,
        .level = event->level,
        .releases = keep(&encoding, renderer, event),
    };
    cleat__commit_deferral(sink, &deferral, encoding.to, record);
    return true;
}

bool cleat__can_defer(const cleat_sink *sink, const cleat_renderer *renderer)
{
    return renderer->cls->fields_alone && cleat__sink_can_defer(sink);
}

/* -- on the sink's thread -- */

/* Where a record's parts are. */
static const struct span *spans_of(const struct deferred *deferred)
{
    return (const struct span *)(const void *)(deferred + 1);
}

static cleat_fields *const *former_lists_of(const struct deferred *deferred)
{
    return (cleat_fields *const *)(const void *)(spans_of(deferred) + deferred->n_spans);
}

static const char *take(void *to, const char *from, size_t size)
{
    memcpy(to, from, size);
    return from + size;
}

static const char *take_field(const char *from, struct cleat__field *field, cleat_key *key)
{
    struct field_head head;
    from = take(&head, from, sizeof(head));
    *key = (cleat_key){.text = from, .length = head.key_length, .hash = head.hash, .plain = head.plain};
    from += head.key_length;
    field->key = key;
    field->value.kind = head.kind;
    field->value.flags = head.flags;
    field->value.aux = head.aux;
    if (!has_text(head.kind)) {
        from = take(&field->value.as, from, sizeof(field->value.as));
        return take(&field->value.with, from, sizeof(field->value.with));
    }
    uint32_t length;
    from = take(&length, from, sizeof(length));
    field->value.as.text = from;
    field->value.with.length = length;
    return from + length;
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
    const char *from = (const char *)(former_lists_of(deferred) + deferred->n_former_lists);
    for (uint16_t i = 0; i < deferred->n_spans; i++) {
        const struct span *span = &spans_of(deferred)[i];
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
    for (uint16_t i = 0; i < deferred->n_former_lists; i++)
        cleat_fields_unref(former_lists_of(deferred)[i]);
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
