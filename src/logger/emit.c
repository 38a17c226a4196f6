#include <errno.h>
#include <string.h>

#include <cleat/logger.h>

#include "ambient/ambient.h"
#include "base/report.h"
#include "logger/deferred.h"
#include "logger/deferred_call.h"
#include "logger/handover.h"
#include "logger/host.h"
#include "logger/logger_record.h"
#include "logger/straight.h"
#include "logger/workspace.h"
#include "model/bind_site.h"
#include "model/failure.h"
#include "processors/processor.h"
#include "renderers/renderer.h"
#include "sinks/sink.h"

/* -- the call site -- */

#define LONGEST_PRINTABLE 256

static bool is_printable(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] < ' ' || text[i] > '~' || text[i] == '"' || text[i] == '\'' || text[i] == '\\')
            return false;
    return length <= LONGEST_PRINTABLE;
}

/* The event's text is a value, and never a key. */
static void prepare_event_text(cleat_key *text)
{
    if (text->text == NULL)
        return;
    cleat__key_prepare(text, text->text, strlen(text->text));
    text->plain = is_printable(text->text, text->length);
}

static void prepare_site(cleat_site *site)
{
    struct cleat__mask mask;
    prepare_event_text(&site->keys[0]);
    site->distinct = cleat__prepare_keys(site->keys + 1, site->n_keys - 1, &mask);
    memcpy(site->mask, mask.words, sizeof(site->mask));
}

/* Whether what a call site keeps has been worked out. One thread does it, once; others go without meanwhile. */
static bool is_ready(cleat_site *site)
{
    if (cleat__is_prepared(&site->ready))
        return true;
    if (!cleat__begin_preparing(&site->ready))
        return false;
    prepare_site(site);
    cleat__end_preparing(&site->ready);
    return true;
}

/* -- the event -- */

static const cleat_key *key_at_run_time(cleat_event *event, const char *text)
{
    cleat_key *key = cleat__scratch_alloc(event->scratch, sizeof(*key));
    if (key == NULL)
        return NULL;
    if (text == NULL)
        text = "";
    cleat__key_prepare(key, text, strlen(text));
    return key;
}

static void set_event_text(cleat_event *event, const struct cleat__call *call)
{
    cleat_value value;
    cleat__set_event_text(call, event->limits, &value);
    cleat__event_set(event, &cleat__event_key, value);
}

/* Gives each field its prepared key. What has no memory for that is lost: the fields behind it move up. */
static uint32_t prepare_fields(cleat_event *event, const cleat_key *keys, struct cleat__field *fields, uint32_t count)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        const cleat_key *key = keys != NULL ? &keys[i] : NULL;
        if (key == NULL || key->text == NULL)
            key = key_at_run_time(event, ((const cleat_field *)(const void *)&fields[i])->key);
        if (kept != i)
            fields[kept].value = fields[i].value;
        fields[kept].key = key;
        kept += key != NULL;
        event->dynamic |= cleat__may_be_lazy(&fields[i].value);
    }
    if (kept < count)
        cleat__count(CLEAT__LOST_FIELD, count - kept);
    return kept;
}

/* All in one span if no key is there yet or comes twice, as in nearly every call; else one by one. */
static void add_fields(cleat_event *event, struct cleat__field *fields, uint32_t count)
{
    struct cleat__mask mask = {{0}};
    bool meets = false;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t hash = fields[i].key->hash;
        meets |= cleat__mask_has(&event->mask, hash) || cleat__mask_has(&mask, hash);
        cleat__mask_add(&mask, hash);
    }
    if (!meets) {
        cleat__event_append_fields(event, fields, count, &mask);
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        cleat__event_set(event, fields[i].key, fields[i].value);
}

static void add_call_fields(cleat_event *event, const struct cleat__call *call)
{
    const cleat_key *keys = call->keys != NULL ? call->keys + 1 : NULL;
    struct cleat__field *fields = cleat__fields_of_call(call);
    add_fields(event, fields, prepare_fields(event, keys, fields, call->count - 1));
}

static const cleat_fields *bound_fields(const cleat_logger *log, const struct cleat__pipeline *pipeline)
{
    if (pipeline->context_class != NULL && !log->detached)
        return cleat__threadlocal_class_fields(pipeline->context_class);
    return log->bound;
}

static void set_facts(cleat_event *event, const cleat_logger *log, const struct cleat__pipeline *pipeline,
                      const struct cleat__call *call)
{
    event->level = call->level;
    event->level_record = cleat__level_of(call->level);
    event->logger_name = log->family->name;
    event->logger_name_field = log->family->name_field;
    event->site = call->site;
    event->limits = &pipeline->limits;
}

/* Bound context first, then the call's fields, then the event (K2). */
static void fill_event(cleat_event *event, const cleat_fields *bound, const struct cleat__call *call)
{
    if (bound != NULL)
        cleat__event_set_list(event, bound);
    if (call->count > 1)
        add_call_fields(event, call);
    set_event_text(event, call);
}

/* -- the chain -- */

static bool run_patchers(const struct cleat__patchers *patchers, cleat_event *event)
{
    for (uint32_t i = 0; i < patchers->count; i++) {
        int result = patchers->patchers[i].patch(event, patchers->patchers[i].arg);
        if (result == CLEAT_DROP)
            return false;
        if (result < 0)
            cleat__tell_failure(event, "patcher", "of the logger", result);
    }
    return true;
}

static bool run_processors(const struct cleat__pipeline *pipeline, cleat_event *event)
{
    for (size_t i = 0; i < pipeline->n_processors; i++) {
        cleat_processor *processor = pipeline->processors[i];
        int result = processor->run(event, processor);
        if (__builtin_expect(result == CLEAT_KEEP, 1))
            continue;
        if (result > 0)
            return false;
        cleat__tell_failure(event, "processor", processor->name, result);
    }
    return true;
}

/* Whether there is to be a line now. */
static bool make_event(cleat_event *event, const cleat_logger *log, const cleat_fields *bound,
                       const struct cleat__pipeline *pipeline, const struct cleat__call *call)
{
    struct cleat__way way;
    if (log->patchers == NULL && cleat__find_way(&way, pipeline, bound, call)) {
        cleat__go_straight(event, pipeline, &way, call);
        return true;
    }
    fill_event(event, bound, call);
    return (log->patchers == NULL || run_patchers(log->patchers, event)) && run_processors(pipeline, event);
}

static bool takes(const struct cleat__handler *handler, const cleat_event *event)
{
    return event->level >= atomic_load_explicit(&handler->level, memory_order_relaxed) &&
           (handler->filter == NULL || handler->filter(event, handler->filter_arg));
}

static void hand_to_sinks(const struct cleat__pipeline *pipeline, struct cleat__line *line)
{
    for (size_t i = 0; i < pipeline->n_handlers; i++) {
        const struct cleat__handler *handler = &pipeline->handlers[i];
        if (!takes(handler, &line->event))
            continue;
        cleat__event_resolve(&line->event);
        if (handler->defers && cleat__defer_line(handler->sink, handler->renderer, &line->event))
            continue;
        line->buffer.length = 0;
        cleat__render_line(handler->renderer, &line->event, &line->buffer);
        if (line->buffer.failed) {
            line->buffer.failed = false;
            cleat__report(CLEAT__LOST_LINE, "a line is lost: no memory to render it");
            continue;
        }
        cleat__sink_write(handler->sink, line->buffer.data, line->buffer.length, line->event.level);
    }
}

/* -- the way of one line -- */

static void run_line(struct cleat__line *line, const cleat_logger *log, const struct cleat__call *call)
{
    struct cleat__pipeline *pipeline = cleat__use_pipeline(line->pipeline, &log->family->pipeline);
    if (__builtin_expect(pipeline == NULL, 0)) {
        if (!cleat__ensure_configured()) {
            cleat__report(CLEAT__LOST_LINE, "a line is lost: there is no configuration yet, and none could be made");
            return;
        }
        pipeline = cleat__use_pipeline(line->pipeline, &log->family->pipeline);
    }
    cleat__event_begin(&line->event, &line->scratch, &line->memory);
    set_facts(&line->event, log, pipeline, call);
    if (make_event(&line->event, log, bound_fields(log, pipeline), pipeline, call))
        hand_to_sinks(pipeline, line);
    atomic_store_explicit(line->pipeline, NULL, memory_order_release);
}

/* -- lines of a host language -- */

/* Opens a line that runs through a wrapped logger's pipeline. NULL: too deep, or no memory. */
static struct cleat__line *open_host_line(const cleat_logger *log, const struct cleat__call *call)
{
    struct cleat__line *line = cleat__line_open();
    if (line == NULL)
        return NULL;
    const struct cleat__pipeline *pipeline = cleat__use_pipeline(line->pipeline, &log->family->pipeline);
    cleat__event_begin(&line->event, &line->scratch, &line->memory);
    set_facts(&line->event, log, pipeline, call);
    return line;
}

static const struct cleat__pipeline *pipeline_of(const struct cleat__line *line)
{
    return atomic_load_explicit(line->pipeline, memory_order_relaxed);
}

static void leave_pipeline(struct cleat__line *line)
{
    atomic_store_explicit(line->pipeline, NULL, memory_order_release);
}

/* The line with its text, or NULL: there is no event, or no memory. */
static struct cleat__line *render_host_line(struct cleat__line *line, bool has_event, struct cleat__text *text)
{
    if (has_event)
        cleat__render_line(pipeline_of(line)->handlers[0].renderer, &line->event, &line->buffer);
    leave_pipeline(line);
    if (has_event && !line->buffer.failed) {
        *text = (struct cleat__text){line->buffer.data, line->buffer.length};
        return line;
    }
    cleat__line_close(line);
    return NULL;
}

struct cleat__line *cleat__make_line(const cleat_logger *log, const cleat_fields *bound, int level, cleat_site *site,
                                     cleat_field *fields, uint32_t count, struct cleat__text *text)
{
    const struct cleat__call call = {level, site, is_ready(site) ? site->keys : NULL, fields, count};
    struct cleat__line *line = open_host_line(log, &call);
    if (line == NULL)
        return NULL;
    return render_host_line(line, make_event(&line->event, log, bound, pipeline_of(line), &call), text);
}

struct cleat__line *cleat__make_line_of(const cleat_logger *log, cleat_site *site, cleat_field *fields, uint32_t count,
                                        struct cleat__text *text)
{
    const struct cleat__call call = {CLEAT_NOTSET, site, is_ready(site) ? site->keys : NULL, fields, count};
    struct cleat__line *line = call.keys != NULL ? open_host_line(log, &call) : NULL;
    if (line == NULL)
        return NULL;
    struct cleat__field *row = (struct cleat__field *)(void *)fields;
    for (uint32_t i = 0; i < count; i++)
        row[i].key = &call.keys[i + 1];
    struct cleat__mask any;
    cleat__mask_fill(&any);
    cleat__event_append_fields(&line->event, row, count, &any);
    return render_host_line(line, true, text);
}

static bool defer_host_line(const struct cleat__pipeline *pipeline, cleat_event *event)
{
    const struct cleat__handler *handler = &pipeline->handlers[0];
    return handler->defers && cleat__defer_line(handler->sink, handler->renderer, event);
}

bool cleat__hand_over_line(const cleat_logger *log, const cleat_fields *bound, int level, cleat_site *site,
                           cleat_field *fields, uint32_t count)
{
    const struct cleat__call call = {level, site, is_ready(site) ? site->keys : NULL, fields, count};
    struct cleat__line *line = open_host_line(log, &call);
    if (line == NULL)
        return false;
    bool given = make_event(&line->event, log, bound, pipeline_of(line), &call) &&
                 defer_host_line(pipeline_of(line), &line->event);
    leave_pipeline(line);
    cleat__line_close(line);
    return given;
}

/* -- lines of C -- */

static void lose_line(void)
{
    cleat__report(CLEAT__LOST_LINE, "a line is lost: logged too deep inside logging, or no memory");
}

static void make_line(const cleat_logger *log, const struct cleat__call *call)
{
    int *error = &errno; /* found once: that is a call */
    int saved = *error;
    struct cleat__line *line = cleat__line_open();
    if (line != NULL) {
        run_line(line, log, call);
        cleat__line_close(line);
    } else {
        lose_line();
    }
    *error = saved;
}

__attribute__((hot)) void cleat__emit(cleat_logger *log, int level, cleat_site *site, cleat_field *fields, size_t count)
{
    const struct cleat__call call = {level, site, is_ready(site) ? site->keys : NULL, fields, (uint32_t)count};
    log = log != NULL ? log : cleat__default_logger;
    if (atomic_load_explicit(&log->family->defers_calls, memory_order_relaxed) && cleat__defer_call(log, &call))
        return;
    make_line(log, &call);
}

/* A copy that may be written to, with the event in front. */
static cleat_field *copy_fields(cleat_scratch *scratch, cleat_value event, const cleat_field *fields, size_t count)
{
    cleat_field *copy = cleat__scratch_alloc(scratch, (count + 1) * sizeof(*copy));
    if (copy == NULL)
        return NULL;
    copy[0] = (cleat_field){"event", event};
    if (count > 0)
        memcpy(copy + 1, fields, count * sizeof(*copy));
    return copy;
}

void cleat_log_fields(cleat_logger *log, int level, cleat_site *site, cleat_value event, const cleat_field *fields,
                      size_t count)
{
    if (!cleat_is_enabled(log, level))
        return;
    int saved = errno;
    struct cleat__line *line = cleat__line_open();
    cleat_field *copy = line != NULL ? copy_fields(&line->scratch, event, fields, count) : NULL;
    if (copy != NULL) {
        const struct cleat__call call = {level, site, NULL, copy, (uint32_t)count + 1};
        run_line(line, log != NULL ? log : cleat__default_logger, &call);
    } else {
        lose_line();
    }
    if (line != NULL)
        cleat__line_close(line);
    errno = saved;
}
