#include "logger/deferred.h"

#include "logger/deferred_record.h"
#include "sinks/async.h"

/* What a record holds, one behind the other: this, the spans, the own fields and their texts, what is let go of. */
struct deferred {
    struct cleat__former former; /* first: see there */
    const cleat_renderer *renderer;
    uint32_t n_spans;
    uint32_t n_fields;
};

struct span {
    const cleat_fields *list; /* NULL: own fields */
    uint32_t from;
    uint32_t to;
};

/* -- at the call -- */

/* Puts the own fields of an event, of which there are so many. Returns where the payload ends, or NULL: it cannot
   wait. */
static char *put_fields(struct cleat__own_field *own, uint32_t count, const char *end, const cleat_event *event)
{
    char *to = (char *)(own + count);
    if (count > CLEAT__OWN_FIELDS || to > end)
        return NULL;
    for (const struct cleat__span *span = event->spans, *last = span + event->n_spans; span < last; span++) {
        if (span->list != NULL)
            continue;
        const struct cleat__field *field = span->fields + span->from;
        for (const struct cleat__field *behind = span->fields + span->to; field < behind && to != NULL; field++)
            to = cleat__put_field(own++, field->key, &field->value, to, end);
    }
    return to;
}

/* Where the payload ends, or NULL. */
static char *encode(const struct cleat__deferral *deferral, const cleat_event *event)
{
    struct deferred *deferred = (struct deferred *)(void *)deferral->payload;
    struct span *put = (struct span *)(void *)(deferred + 1);
    uint32_t n_fields = 0;
    unsigned n_lists = 0;
    if (event->n_spans > CLEAT__SPANS || (char *)(put + event->n_spans) > deferral->end)
        return NULL;
    for (const struct cleat__span *span = event->spans, *last = span + event->n_spans; span < last; span++, put++) {
        put->list = span->list;
        put->from = span->from;
        put->to = span->to;
        if (span->list == NULL)
            n_fields += span->to - span->from;
        else
            n_lists++;
    }
    deferred->n_spans = event->n_spans;
    deferred->n_fields = n_fields;
    if (n_lists > CLEAT__MOST_LISTS)
        return NULL;
    return put_fields((struct cleat__own_field *)(void *)put, n_fields, deferral->end, event);
}

/* From here on the lane keeps what the record uses. Returns where the payload ends now; there is room for it. */
static char *keep(const struct cleat__deferral *deferral, const cleat_renderer *renderer, const cleat_event *event,
                  char *to)
{
    struct deferred *deferred = (struct deferred *)(void *)deferral->payload;
    unsigned place = 0;
    deferred->renderer = renderer;
    deferred->former.count = 0;
    if (!cleat__keeps(deferral, CLEAT__RENDERER_PLACE, renderer))
        to = cleat__keep(deferral, CLEAT__RENDERER_PLACE, renderer, to);
    for (uint32_t i = 0; i < event->n_spans; i++) {
        const cleat_fields *list = event->spans[i].list;
        if (list != NULL && !cleat__keeps(deferral, place++, list))
            to = cleat__keep(deferral, place - 1, list, to);
    }
    return to;
}

static const struct cleat__deferred_class deferred_class;

bool cleat__defer_line(cleat_sink *sink, const cleat_renderer *renderer, cleat_event *event)
{
    struct cleat__deferral deferral;
    if (event->dynamic)
        return false;
    cleat__event_time(event);
    if (!cleat__begin_record(sink, &deferral))
        return false;
    char *end = encode(&deferral, event);
    if (end == NULL) {
        cleat__cancel_deferral();
        return false;
    }
    deferral.record->stamp = event->stamp;
    end = keep(&deferral, renderer, event, end);
    cleat__finish_record(sink, &deferral, &deferred_class, event->level, end);
    return true;
}

bool cleat__can_defer(const cleat_sink *sink, const cleat_renderer *renderer)
{
    return renderer->cls->fields_alone && cleat__sink_can_defer(sink);
}

/* -- on the sink's thread -- */

static bool decode(const struct deferred *deferred, cleat_event *event)
{
    const struct span *span = (const struct span *)(const void *)(deferred + 1);
    const struct span *end = span + deferred->n_spans;
    const struct cleat__own_field *fields = (const struct cleat__own_field *)(const void *)end;
    struct cleat__taking taking = {fields, (const char *)(fields + deferred->n_fields)};
    const struct cleat__field *own = event->own;
    if (!cleat__take_fields(&taking, event, deferred->n_fields))
        return false;
    for (; span < end; span++) {
        if (span->list != NULL) {
            cleat__add_list_span(event, span->list, span->from, span->to);
        } else {
            cleat__add_own_span(event, own, span->to - span->from);
            own += span->to - span->from;
        }
    }
    return true;
}

static void render(const struct cleat__record *record, struct cleat__buffer *line)
{
    const struct deferred *deferred = (const struct deferred *)(const void *)(record + 1);
    struct cleat__line *work = cleat__begin_late_line(record->level, &deferred->renderer->limits);
    if (work == NULL)
        line->failed = true;
    else
        cleat__end_late_line(work, deferred->renderer, decode(deferred, &work->event), line);
}

static const struct cleat__deferred_class deferred_class = {render, cleat__release_former, cleat__release_kept};
