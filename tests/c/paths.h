/*
 * paths.h - the ways that lead to one line. The engine has fast ones for what is usual: events that are strung
 * together, bytes that are kept with lists, keys that are interned, rows of fields, lines that a sink's thread makes.
 * Whichever a line takes, it must be the same, byte for byte, as the one that is made in the slowest way.
 */
#ifndef TESTS_PATHS_H
#define TESTS_PATHS_H

#include <stdlib.h>

#include "processors/processor.h"
#include "random_line.h"

/* -- lines as they come out -- */

struct written {
    char *text;
    size_t length;
    size_t count;
};

/* The line that is expected, and the first one that differs from it. */
struct comparison {
    struct written expected;
    struct written other;
};

static void keep_written(struct written *written, const char *text, size_t length)
{
    free(written->text);
    written->text = malloc(length);
    written->length = length;
    if (written->text != NULL)
        memcpy(written->text, text, length);
}

static int expect_line(const char *text, size_t length, int level, void *arg)
{
    (void)level;
    struct comparison *comparison = arg;
    keep_written(&comparison->expected, text, length);
    comparison->expected.count++;
    return 0;
}

static int compare_line(const char *text, size_t length, int level, void *arg)
{
    (void)level;
    struct comparison *comparison = arg;
    const struct written *expected = &comparison->expected;
    bool same = length == expected->length && memcmp(text, expected->text, length) == 0;
    if (!same && comparison->other.text == NULL)
        keep_written(&comparison->other, text, length);
    comparison->other.count++;
    return 0;
}

/* -- steps of chains -- */

static void make_fixed_time(cleat_event *event, const cleat_processor *processor, cleat_value *value)
{
    (void)event;
    (void)processor;
    *value = cleat_time(INT64_C(1769904000123456000));
}

/* As the timestamper, but of one time. */
static cleat_processor *fixed_timestamper(void)
{
    static cleat_key key;
    cleat__key_prepare(&key, "timestamp", 9);
    cleat_processor *processor = cleat__processor_new(sizeof(*processor), "fixed_timestamper", cleat__run_effect);
    if (processor != NULL) {
        processor->effect.key = &key;
        processor->effect.make = make_fixed_time;
    }
    return processor;
}

/* A chain with a step of which the engine knows nothing goes step by step. */
static int do_nothing(cleat_event *event, void *arg)
{
    (void)event;
    (void)arg;
    return CLEAT_KEEP;
}

/* Puts the event together anew, field by field, from copies: nothing that is kept with a list or a key serves now. */
static int copy_all(cleat_event *event, void *arg)
{
    (void)arg;
    for (size_t left = cleat_event_count(event); left > 0; left--) {
        cleat_field field = cleat_event_at(event, 0);
        cleat_event_delete(event, field.key);
        cleat_event_set(event, field.key, field.value);
    }
    return CLEAT_KEEP;
}

static cleat_processor *make_step(enum random_step step)
{
    switch (step) {
    case MERGE_CONTEXT:
        return cleat_merge_contextvars();
    case ADD_LEVEL:
        return cleat_add_log_level();
    case ADD_TIMESTAMP:
        return fixed_timestamper();
    default:
        return cleat_add_logger_name();
    }
}

/* -- loggers -- */

enum last_step {
    NOTHING_MORE,
    DO_NOTHING,
    COPY_ALL,
    SORT_KEYS
};

static cleat_processor *make_last_step(enum last_step step)
{
    if (step == SORT_KEYS)
        return cleat_sort_keys();
    return cleat_make_processor("last", step == COPY_ALL ? copy_all : do_nothing, NULL, NULL);
}

static cleat_renderer *make_renderer(const struct random_line *line, bool sorts)
{
    const cleat_text_options text = {.sort_keys = sorts};
    const cleat_json_options json = {.sort_keys = sorts, .ascii = line->json.ascii, .spaced = line->json.spaced};
    const cleat_console_options console = {.colours = CLEAT_COLOURS_NEVER, .sort_keys = sorts};
    switch (line->renderer) {
    case JSON_LINES:
        return cleat_json_renderer(&json);
    case LOGFMT_LINES:
        return cleat_logfmt_renderer(&text);
    case KEYVALUE_LINES:
        return cleat_keyvalue_renderer(&text);
    default:
        return cleat_console_renderer(&console);
    }
}

/* The sink is taken over. */
static cleat_logger *make_logger(const struct random_line *line, enum last_step last, cleat_sink *sink)
{
    cleat_processor *processors[LONGEST_CHAIN + 1];
    size_t count = 0;
    while (count < LONGEST_CHAIN && line->chain[count] != NO_STEP) {
        processors[count] = make_step(line->chain[count]);
        count++;
    }
    if (last != NOTHING_MORE)
        processors[count++] = make_last_step(last);
    cleat_handler handler = {.renderer = make_renderer(line, line->sorted && last != SORT_KEYS), .sink = sink};
    return cleat_wrap_logger("paths", &(cleat_config){.processors = processors,
                                                      .n_processors = count,
                                                      .handlers = &handler,
                                                      .n_handlers = 1,
                                                      .max_value_bytes = line->max_value_bytes,
                                                      .max_line_bytes = line->max_line_bytes,
                                                      .max_depth = line->max_depth});
}

/* -- binding -- */

/* Binds to *log, or in the context when that is NULL. */
static void bind_some(cleat_logger **log, const cleat_field *fields, size_t count)
{
    if (log == NULL) {
        cleat_bind_contextvars_fields(NULL, fields, count);
        return;
    }
    cleat_logger *before = *log;
    *log = cleat_bind_fields(before, fields, count);
    cleat_unref(before);
}

static void bind_at_once(const struct random_line *line, const struct random_fields *fields, cleat_logger **log)
{
    (void)line;
    bind_some(log, fields->fields, fields->count);
}

/* As the bind macros do it, with a record that is new each time. */
static void bind_by_statement(const struct random_line *line, const struct random_fields *fields, cleat_logger **log)
{
    (void)line;
    cleat_key *keys = calloc(fields->count + 1, sizeof(*keys));
    for (size_t i = 0; i < fields->count; i++)
        keys[i].text = fields->fields[i].key;
    struct cleat__bind_site site = {.keys = keys};
    if (log == NULL) {
        cleat__bind_contextvars_at(NULL, &site, fields->fields, fields->count);
    } else {
        cleat_logger *before = *log;
        *log = cleat__bind_at(before, &site, fields->fields, fields->count);
        cleat_unref(before);
    }
    free(keys);
}

static void unbind_one(cleat_logger **log, const char *key)
{
    if (log == NULL) {
        cleat_unbind_contextvars_keys(&key, 1);
        return;
    }
    cleat_logger *before = *log;
    *log = cleat_try_unbind_keys(before, &key, 1);
    cleat_unref(before);
}

static void bind_others_first(const struct random_fields *fields, cleat_logger **log)
{
    for (size_t i = 0; i < fields->count && i < FEW_FIELDS; i++) {
        cleat_field other = {fields->fields[i].key, cleat_string("another value")};
        bind_some(log, &other, 1);
    }
}

/* It comes to the same. */
static void bind_piecemeal(const struct random_line *line, const struct random_fields *fields, cleat_logger **log)
{
    static const char passing[] = "a key that nobody else has";
    for (unsigned i = 0; i < line->overrides; i++)
        bind_others_first(fields, log);
    bind_some(log, &(const cleat_field){passing, cleat_null()}, 1);
    for (size_t from = 0; from < fields->count; from += line->chunk) {
        size_t left = fields->count - from;
        bind_some(log, fields->fields + from, left < line->chunk ? left : line->chunk);
    }
    unbind_one(log, passing);
}

/* -- logging -- */

/* As the log macros do it. What they have in static memory is made here for each line's call site. */
struct call_site {
    cleat_site site;
    cleat_key keys[MOST_CALL_FIELDS + 1];
};

static void make_call_site(struct call_site *made, const struct random_line *line)
{
    *made = (struct call_site){.site = {.file = __FILE__, .function = __func__, .line = __LINE__}};
    made->site.keys = made->keys;
    made->site.n_keys = (unsigned)line->n_call + 1;
    if (line->literal[0])
        made->keys[0].text = line->call[0].value.as.text;
    for (size_t i = 1; i <= line->n_call; i++)
        if (line->literal[i])
            made->keys[i].text = line->call[i].key;
}

static void log_from_site(cleat_logger *log, const struct random_line *line, struct call_site *made)
{
    cleat_field fields[MOST_CALL_FIELDS + 1];
    memcpy(fields, line->call, sizeof(fields));
    cleat__emit(log, line->level, &made->site, fields, line->n_call + 1);
}

static void log_with_keys_of_run_time(cleat_logger *log, const struct random_line *line, struct call_site *made)
{
    (void)made;
    cleat_log_fields(log, line->level, NULL, line->call[0].value, line->call + 1, line->n_call);
}

/* -- the ways -- */

struct way {
    const char *name;
    enum last_step last;
    void (*bind)(const struct random_line *line, const struct random_fields *fields, cleat_logger **log);
    void (*log)(cleat_logger *log, const struct random_line *line, struct call_site *made);
    bool asynchronous;
    bool sorted; /* for lines with sorted keys only */
};

static const struct way slowest_way = {"copied", COPY_ALL, bind_at_once, log_with_keys_of_run_time, false, false};

static const struct way ways[] = {
    {"straight", NOTHING_MORE, bind_at_once, log_from_site, false, false},
    {"step by step", DO_NOTHING, bind_at_once, log_from_site, false, false},
    {"bound by a statement", NOTHING_MORE, bind_by_statement, log_from_site, false, false},
    {"bound piecemeal", NOTHING_MORE, bind_piecemeal, log_from_site, false, false},
    {"bound piecemeal, step by step", DO_NOTHING, bind_piecemeal, log_from_site, false, false},
    {"keys of run time", NOTHING_MORE, bind_at_once, log_with_keys_of_run_time, false, false},
    {"sorted before", SORT_KEYS, bind_at_once, log_from_site, false, true},
    {"asynchronous", NOTHING_MORE, bind_at_once, log_from_site, true, false},
};

/* So many lines each: bytes are kept on the second, and used from the third on. */
enum {
    LINES_OF_A_WAY = 4
};

static void go(const struct way *way, const struct random_line *line, unsigned n_lines, cleat_sink *sink)
{
    struct call_site site;
    if (way->asynchronous)
        sink = cleat_async_sink(sink, NULL);
    cleat_sink_ref(sink);
    cleat_logger *log = make_logger(line, way->last, sink);
    cleat_clear_contextvars();
    way->bind(line, &line->context, NULL);
    way->bind(line, &line->bound, &log);
    make_call_site(&site, line);
    for (unsigned i = 0; i < n_lines; i++)
        way->log(log, line, &site);
    cleat_sink_flush(sink, -1);
    cleat_unref(log);
    cleat_sink_unref(sink);
    cleat_clear_contextvars();
}

static bool is_for(const struct way *way, const struct random_line *line)
{
    return (!way->asynchronous || line->asynchronous) && (!way->sorted || line->sorted);
}

static void show_written(const char *name, const struct written *written)
{
    fprintf(stderr, "%s, %zu lines, %zu bytes:\n", name, written->count, written->length);
    fwrite(written->text, 1, written->text != NULL ? written->length : 0, stderr);
    fputc('\n', stderr);
}

/* Whether a way came to the same lines; says it when not. */
static bool is_same(const struct way *way, const struct random_line *line, struct comparison *comparison)
{
    comparison->other = (struct written){NULL, 0, 0};
    go(way, line, LINES_OF_A_WAY, cleat_callback_sink(compare_line, comparison, NULL));
    bool same = comparison->other.text == NULL && comparison->other.count == LINES_OF_A_WAY;
    if (!same) {
        show_written(slowest_way.name, &comparison->expected);
        show_written(way->name, &comparison->other);
    }
    free(comparison->other.text);
    return same;
}

/* Whether all ways lead to the same line. */
RANDOM_UNUSED static bool all_ways_are_same(const struct random_line *line)
{
    struct comparison comparison = {{NULL, 0, 0}, {NULL, 0, 0}};
    go(&slowest_way, line, 1, cleat_callback_sink(expect_line, &comparison, NULL));
    bool same = comparison.expected.count == 1;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]) && same; i++)
        if (is_for(&ways[i], line))
            same = is_same(&ways[i], line, &comparison);
    free(comparison.expected.text);
    return same;
}

#endif
