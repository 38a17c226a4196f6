#include "logger/deferred_call.h"

#include "ambient/ambient.h"
#include "base/late_time.h"
#include "logger/deferred_record.h"
#include "logger/handover.h"
#include "logger/recipe.h"
#include "logger/straight.h"
#include "model/interned_keys.h"
#include "renderers/renderer.h"

/* What a record holds, one behind the other: this, the fields of the call and their texts, what is let go of. */
struct deferred_call {
    struct cleat__former former; /* first: see there */
    const struct cleat__recipe *recipe;
    const cleat_fields *bound;     /* NULL: none */
    const cleat_fields *filled_in; /* NULL: none */
    int64_t time;                  /* 0: to be worked out from the record's stamp */
    uint32_t n_fields;             /* the text of the event comes behind theirs */
    uint32_t event_length;
    bool event_is_plain;
};

/* The places of what the lane keeps, and of what its memo is about. */
enum {
    BOUND,
    FILLED_IN,
    RECIPE
};

/* -- at the call -- */

/* What a call comes to, but for its values. */
struct parts {
    const struct cleat__recipe *recipe;
    const cleat_fields *bound;     /* NULL: none */
    const cleat_fields *filled_in; /* NULL: none */
};

/* Whether a call like this one has gone this way before: then nothing has to be found out. */
static inline bool is_known(const struct cleat__lane *lane, const struct parts *parts, const cleat_site *site)
{
    const struct cleat__lane_memo *memo = &lane->memo;
    uint32_t number = (uint32_t)site->ready;
    return memo->kept[BOUND] == parts->bound && memo->kept[FILLED_IN] == parts->filled_in &&
           memo->kept[RECIPE] == parts->recipe && memo->sites[number % CLEAT__LANE_MEMO_SITES] == number;
}

static bool can_wait(const cleat_fields *list)
{
    return list == NULL || !cleat__fields_flat(list)->dynamic;
}

/* Whether a call can go this way. */
__attribute__((noinline, cold)) static bool find_out(const struct cleat__pipeline *pipeline, const struct parts *parts,
                                                     const struct cleat__call *call)
{
    struct cleat__way way = {.bound = parts->bound, .filled_in = parts->filled_in};
    return cleat__find_way_between(&way, pipeline, call) && way.n_overrides == 0 && can_wait(parts->bound) &&
           can_wait(parts->filled_in) && call->count <= CLEAT__OWN_FIELDS - parts->recipe->n_steps;
}

static char *keep_one(const struct cleat__deferral *deferral, unsigned place, const void *what, char *to)
{
    return what == NULL || cleat__keeps(deferral, place, what) ? to : cleat__keep(deferral, place, what, to);
}

/* From here on the lane keeps what the record uses, and knows the call site. Returns where the payload ends now. */
__attribute__((noinline, cold)) static char *keep(const struct cleat__deferral *deferral, const struct parts *parts,
                                                  const cleat_site *site, char *to)
{
    struct cleat__lane_memo *memo = &deferral->lane->memo;
    uint32_t number = (uint32_t)site->ready;
    to = keep_one(deferral, CLEAT__RECIPE_PLACE, parts->recipe, to);
    to = keep_one(deferral, BOUND, parts->bound, to);
    to = keep_one(deferral, FILLED_IN, parts->filled_in, to);
    if (memo->kept[BOUND] != parts->bound || memo->kept[FILLED_IN] != parts->filled_in ||
        memo->kept[RECIPE] != parts->recipe)
        *memo = (struct cleat__lane_memo){{parts->bound, parts->filled_in, parts->recipe}, {0}};
    memo->sites[number % CLEAT__LANE_MEMO_SITES] = number;
    return to;
}

/* Where the payload ends, or NULL: a value cannot wait, or there is no room. */
static inline char *put_call(struct deferred_call *deferred, const struct cleat__call *call, const char *end)
{
    const cleat_key *event = call->keys;
    const cleat_key *behind = event + call->count;
    const cleat_field *field = call->fields + 1;
    struct cleat__own_field *own = (struct cleat__own_field *)(void *)(deferred + 1);
    char *to = (char *)(own + call->count - 1);
    if (__builtin_expect(to > end, 0))
        return NULL;
    for (const cleat_key *key = event + 1; key < behind; key++, field++)
        if ((to = cleat__put_field(own++, key, &field->value, to, end)) == NULL)
            return NULL;
    if (__builtin_expect(event->length > (size_t)(end - to), 0))
        return NULL;
    deferred->event_is_plain = event->plain;
    deferred->event_length = event->length;
    deferred->n_fields = call->count - 1;
    cleat__copy(to, event->text, event->length);
    return to + event->length;
}

static const struct cleat__deferred_class call_class;

/* Inside of a sink. False: nothing was put. */
static inline bool put_record(const struct cleat__deferral *deferral, const struct cleat__pipeline *pipeline,
                              const struct parts *parts, const struct cleat__call *call)
{
    struct deferred_call *deferred = (struct deferred_call *)(void *)deferral->payload;
    bool known = is_known(deferral->lane, parts, call->site);
    if (__builtin_expect(!known, 0) && !find_out(pipeline, parts, call))
        return false;
    deferred->time = cleat__stamp_now(&deferral->record->stamp);
    char *end = put_call(deferred, call, deferral->end);
    if (__builtin_expect(end == NULL, 0))
        return false;
    deferred->former.count = 0;
    deferred->recipe = parts->recipe;
    deferred->bound = parts->bound;
    deferred->filled_in = parts->filled_in;
    if (__builtin_expect(!known, 0))
        end = keep(deferral, parts, call->site, end);
    cleat__finish_record(parts->recipe->sink, deferral, &call_class, call->level, end);
    return true;
}

static inline bool defer(const struct cleat__pipeline *pipeline, const cleat_logger *log,
                         const struct cleat__call *call)
{
    const struct cleat__recipe *recipe = pipeline->recipe;
    const struct parts parts = {recipe, log->bound, recipe->filled_in != NULL ? recipe->filled_in() : NULL};
    struct cleat__deferral deferral;
    if (!cleat__begin_record(recipe->sink, &deferral))
        return false;
    if (__builtin_expect(put_record(&deferral, pipeline, &parts, call), 1))
        return true;
    cleat__cancel_deferral();
    return false;
}

__attribute__((hot)) bool cleat__defer_call(const cleat_logger *log, const struct cleat__call *call)
{
    if (log->patchers != NULL || cleat__literal_event(call) == NULL)
        return false;
    _Atomic(struct cleat__pipeline *) *mark = cleat__mark_take();
    if (mark == NULL)
        return false;
    cleat__line_begins(); /* the context's list is not ours */
    const struct cleat__pipeline *pipeline = cleat__use_pipeline(mark, &log->family->pipeline);
    bool deferred = pipeline != NULL && pipeline->recipe != NULL && defer(pipeline, log, call);
    atomic_store_explicit(mark, NULL, memory_order_release);
    cleat__line_ends();
    cleat__mark_give();
    return deferred;
}

/* -- on the sink's thread -- */

/* What the chain makes, from one of its steps to another. */
static void make_fields(const struct cleat__recipe *recipe, uint32_t from, uint32_t to, cleat_event *event)
{
    for (uint32_t i = from; i < to; i++) {
        const cleat_processor *step = recipe->steps[i];
        struct cleat__field *field = &event->own[event->own_count++];
        field->key = step->effect.key;
        step->effect.make(event, step, &field->value);
    }
}

static void end_span(cleat_event *event, const struct cleat__field **first)
{
    const struct cleat__field *next = event->own + event->own_count;
    cleat__add_own_span(event, *first, (uint32_t)(next - *first));
    *first = next;
}

static void add_list(cleat_event *event, const cleat_fields *list)
{
    if (list != NULL)
        cleat__add_list_span(event, list, 0, cleat__fields_flat(list)->count);
}

static void take_event_text(const struct deferred_call *deferred, const char *text, cleat_event *event)
{
    struct cleat__field *field = &event->own[event->own_count++];
    field->key = &cleat__event_key;
    field->value = cleat_string_n(text, deferred->event_length);
    if (deferred->event_is_plain && deferred->event_length <= event->limits->max_value_bytes)
        field->value.flags = CLEAT__PRINTABLE;
}

/* As cleat__go_straight() does, in the same order. */
static bool decode(const struct deferred_call *deferred, cleat_event *event)
{
    const struct cleat__recipe *recipe = deferred->recipe;
    const struct cleat__own_field *fields = (const struct cleat__own_field *)(const void *)(deferred + 1);
    struct cleat__taking taking = {fields, (const char *)(fields + deferred->n_fields)};
    const struct cleat__field *first = event->own;
    if (!cleat__take_fields(&taking, event, deferred->n_fields))
        return false;
    take_event_text(deferred, taking.text, event);
    add_list(event, deferred->bound);
    make_fields(recipe, 0, recipe->n_before_list, event);
    if (deferred->filled_in != NULL)
        end_span(event, &first);
    add_list(event, deferred->filled_in);
    make_fields(recipe, recipe->n_before_list, recipe->n_steps, event);
    end_span(event, &first);
    return true;
}

static void render(const struct cleat__record *record, struct cleat__buffer *line)
{
    const struct deferred_call *deferred = (const struct deferred_call *)(const void *)(record + 1);
    const cleat_renderer *renderer = deferred->recipe->renderer;
    struct cleat__line *work = cleat__begin_late_line(record->level, &renderer->limits);
    if (work == NULL) {
        line->failed = true;
        return;
    }
    cleat_event *event = &work->event;
    event->stamp = record->stamp;
    event->time = deferred->time != 0 ? deferred->time : cleat__late_time(record->stamp);
    cleat__end_late_line(work, renderer, decode(deferred, event), line);
}

static const struct cleat__deferred_class call_class = {render, cleat__release_former, cleat__release_kept};
