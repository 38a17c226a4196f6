/*
 * Runs the cases of tests/vectors: each through a logger with the case's chain, once for each renderer. The form is
 * described in tests/vectors/README.md. The lines they should give were worked out in Python (oracle.py), which is
 * also asked for random cases here, where there is a Python.
 */
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>
#include <jansson.h>

#include <cleat.h>

#include "model/event.h"
#include "sinks/async_sink.h"
#include "support.h"

/* -- memory of one case, given back at its end -- */

#define PIECES 65536
static void *pieces[PIECES];
static size_t n_pieces;

static void *keep(void *piece)
{
    assert_non_null(piece);
    assert_true(n_pieces < PIECES);
    pieces[n_pieces++] = piece;
    return piece;
}

static void free_pieces(void)
{
    while (n_pieces > 0)
        free(pieces[--n_pieces]);
}

static void *take(size_t count, size_t size)
{
    return keep(calloc(count + 1, size));
}

/* -- from JSON to values -- */

static cleat_value value_of(const json_t *json);

static const char *string_at(const json_t *json, const char *key)
{
    return json_string_value(json_object_get(json, key));
}

static int64_t integer_at(const json_t *json, const char *key, int64_t otherwise)
{
    const json_t *member = json_object_get(json, key);
    return member != NULL ? json_integer_value(member) : otherwise;
}

static bool is_true_at(const json_t *json, const char *key)
{
    return json_is_true(json_object_get(json, key));
}

static char *bytes_of_hex(const char *hex, size_t *length)
{
    *length = strlen(hex) / 2;
    char *bytes = take(*length, 1);
    for (size_t i = 0; i < *length; i++) {
        unsigned byte;
        assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
        bytes[i] = (char)byte;
    }
    return bytes;
}

static cleat_value bytes_of_base64(const char *text)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *bytes = take(strlen(text), 1);
    size_t length = 0;
    unsigned bits = 0;
    unsigned n_bits = 0;
    for (; *text != '\0' && *text != '='; text++) {
        bits = bits << 6 | (unsigned)(strchr(letters, *text) - letters);
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            bytes[length++] = (char)(bits >> n_bits & 0xFF);
        }
    }
    return cleat_bytes(bytes, length);
}

static const char *key_of(const json_t *json)
{
    size_t length;
    return json_is_string(json) ? json_string_value(json) : bytes_of_hex(string_at(json, "hex"), &length);
}

static cleat_field *fields_of(const json_t *pairs, size_t *count)
{
    *count = json_array_size(pairs);
    cleat_field *fields = take(*count, sizeof(*fields));
    for (size_t i = 0; i < *count; i++) {
        const json_t *pair = json_array_get(pairs, i);
        fields[i].key = key_of(json_array_get(pair, 0));
        fields[i].value = value_of(json_array_get(pair, 1));
    }
    return fields;
}

static cleat_value object_of_pairs(const json_t *pairs)
{
    size_t count;
    const cleat_field *fields = fields_of(pairs, &count);
    return cleat_object_n(fields, count);
}

static cleat_value object_of(json_t *json)
{
    cleat_field *fields = take(json_object_size(json), sizeof(*fields));
    size_t count = 0;
    const char *key;
    json_t *part;
    json_object_foreach(json, key, part)
    {
        fields[count].key = key;
        fields[count++].value = value_of(part);
    }
    return cleat_object_n(fields, count);
}

static cleat_value list_of(const json_t *json)
{
    size_t count = json_array_size(json);
    cleat_value *items = take(count, sizeof(*items));
    for (size_t i = 0; i < count; i++)
        items[i] = value_of(json_array_get(json, i));
    return cleat_list_n(items, count);
}

static cleat_value boxed(cleat_value value, cleat_value **box)
{
    *box = take(1, sizeof(**box));
    **box = value;
    return value;
}

static cleat_value make_lazy(void *arg, cleat_scratch *scratch)
{
    (void)scratch;
    return *(const cleat_value *)arg;
}

static int render_foreign(const void *object, cleat_writer *writer)
{
    return cleat_write_value(writer, *(const cleat_value *)object);
}

static int fail_to_render(const void *object, cleat_writer *writer)
{
    (void)object;
    cleat_write_value(writer, cleat_string("half of it"));
    return -EIO;
}

static const cleat_foreign_class foreign = {"foreign", NULL, NULL, render_foreign};
static const cleat_foreign_class broken = {"broken", NULL, NULL, fail_to_render};

static cleat_value string_of(const json_t *json)
{
    size_t length;
    const char *repeat = string_at(json, "repeat");
    if (repeat == NULL) {
        const char *bytes = bytes_of_hex(string_at(json, "hex"), &length);
        return cleat_string_n(bytes, length);
    }
    size_t times = (size_t)integer_at(json, "times", 1);
    length = strlen(repeat);
    char *text = take(length * times, 1);
    for (size_t i = 0; i < times; i++)
        memcpy(text + i * length, repeat, length);
    return cleat_string_n(text, length * times);
}

static cleat_value nested_of(const json_t *json)
{
    cleat_value value = value_of(json_object_get(json, "value"));
    for (int64_t i = integer_at(json, "times", 1); i > 0; i--) {
        cleat_value *box;
        boxed(value, &box);
        value = cleat_list_n(box, 1);
    }
    return value;
}

static cleat_value wrapped(const json_t *json, const char *kind)
{
    cleat_value *box;
    if (strcmp(kind, "null") == 0)
        return cleat_string(NULL);
    if (strcmp(kind, "uint") == 0)
        return cleat_uint(strtoull(string_at(json, "value"), NULL, 10));
    if (strcmp(kind, "double") == 0)
        return cleat_double(strtod(string_at(json, "value"), NULL));
    if (strcmp(kind, "string") == 0)
        return string_of(json);
    if (strcmp(kind, "bytes") == 0)
        return bytes_of_base64(string_at(json, "base64"));
    if (strcmp(kind, "time") == 0)
        return cleat_time(integer_at(json, "ns", 0));
    if (strcmp(kind, "duration") == 0)
        return cleat_duration(integer_at(json, "ns", 0));
    if (strcmp(kind, "errno") == 0)
        return cleat_errno((int)integer_at(json, "number", 0));
    if (strcmp(kind, "object") == 0)
        return object_of_pairs(json_object_get(json, "fields"));
    if (strcmp(kind, "nested") == 0)
        return nested_of(json);
    if (strcmp(kind, "broken") == 0)
        return cleat_foreign(&broken, NULL);
    boxed(value_of(json_object_get(json, "value")), &box);
    if (strcmp(kind, "lazy") == 0)
        return cleat_lazy(make_lazy, box);
    assert_string_equal(kind, "foreign");
    return cleat_foreign(&foreign, box);
}

static cleat_value value_of(const json_t *json)
{
    switch (json_typeof(json)) {
    case JSON_TRUE:
    case JSON_FALSE:
        return cleat_bool(json_is_true(json));
    case JSON_INTEGER:
        return cleat_int(json_integer_value(json));
    case JSON_REAL:
        return cleat_double(json_real_value(json));
    case JSON_STRING:
        return cleat_string_n(json_string_value(json), json_string_length(json));
    case JSON_ARRAY:
        return list_of(json);
    case JSON_OBJECT:
        return string_at(json, "$") != NULL ? wrapped(json, string_at(json, "$"))
                                            : object_of((json_t *)(uintptr_t)json);
    default:
        return cleat_null();
    }
}

/* -- processors -- */

static int set_time(cleat_event *event, void *arg)
{
    event->time = *(const int64_t *)arg;
    return CLEAT_KEEP;
}

static int set_fields(cleat_event *event, void *arg)
{
    size_t count;
    const cleat_field *fields = fields_of(arg, &count);
    for (size_t i = 0; i < count; i++)
        cleat_event_set(event, fields[i].key, fields[i].value);
    return CLEAT_KEEP;
}

static int set_default_fields(cleat_event *event, void *arg)
{
    size_t count;
    const cleat_field *fields = fields_of(arg, &count);
    for (size_t i = 0; i < count; i++)
        cleat_event_set_default(event, fields[i].key, fields[i].value);
    return CLEAT_KEEP;
}

static int drop_event(cleat_event *event, void *arg)
{
    (void)event;
    (void)arg;
    return CLEAT_DROP;
}

static int fail_step(cleat_event *event, void *arg)
{
    (void)event;
    return -(int)json_integer_value(arg);
}

static const char **strings_of(const json_t *json, size_t *count)
{
    *count = json_array_size(json);
    const char **strings = take(*count, sizeof(*strings));
    for (size_t i = 0; i < *count; i++)
        strings[i] = json_string_value(json_array_get(json, i));
    return strings;
}

static unsigned callsite_parameters(const json_t *names)
{
    static const char *const known[] = {"filename", "pathname",    "lineno",  "func_name",
                                        "thread",   "thread_name", "process", "process_name"};
    unsigned sum = 0;
    size_t count;
    const char **wanted = strings_of(names, &count);
    for (size_t i = 0; i < count; i++)
        for (unsigned k = 0; k < 8; k++)
            sum += strcmp(known[k], wanted[i]) == 0 ? 1U << k : 0;
    return sum;
}

static cleat_processor *timestamper_of(const json_t *step)
{
    cleat_timestamper_options options = {string_at(step, "format"), string_at(step, "key"), is_true_at(step, "local")};
    return cleat_timestamper(&options);
}

static cleat_processor *user_processor_of(const json_t *step, const char *name)
{
    if (strcmp(name, "set") == 0)
        return cleat_make_processor(name, set_fields, json_object_get(step, "fields"), NULL);
    if (strcmp(name, "set_default") == 0)
        return cleat_make_processor(name, set_default_fields, json_object_get(step, "fields"), NULL);
    if (strcmp(name, "fail") == 0)
        return cleat_make_processor(name, fail_step, json_object_get(step, "error"), NULL);
    assert_string_equal(name, "drop");
    return cleat_make_processor(name, drop_event, NULL, NULL);
}

static cleat_processor *plain_processor_of(const char *name)
{
    static const struct {
        const char *name;
        cleat_processor *(*make)(void);
    } plain[] = {
        {"merge_contextvars", cleat_merge_contextvars}, {"merge_threadlocal", cleat_merge_threadlocal},
        {"add_log_level", cleat_add_log_level},         {"add_logger_name", cleat_add_logger_name},
        {"format_errors", cleat_format_errors},         {"sort_keys", cleat_sort_keys},
        {"capture_logs", cleat_capture_logs},
    };
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
        if (strcmp(plain[i].name, name) == 0)
            return plain[i].make();
    return NULL;
}

static int level_at(const json_t *json, const char *key)
{
    const json_t *level = json_object_get(json, key);
    return json_is_integer(level) ? (int)json_integer_value(level) : cleat_level_number(json_string_value(level));
}

static cleat_processor *processor_of(const json_t *step)
{
    const char *name = string_at(step, "name");
    size_t count;
    cleat_processor *processor = plain_processor_of(name);
    if (processor != NULL)
        return processor;
    if (strcmp(name, "timestamper") == 0)
        return timestamper_of(step);
    if (strcmp(name, "add_callsite") == 0)
        return cleat_add_callsite(callsite_parameters(json_object_get(step, "parameters")));
    if (strcmp(name, "event_renamer") == 0)
        return cleat_event_renamer(string_at(step, "to"), string_at(step, "replace_by"));
    if (strcmp(name, "add_backtrace") == 0)
        return cleat_add_backtrace(level_at(step, "level"));
    if (strcmp(name, "sample") == 0)
        return cleat_sample((unsigned)integer_at(step, "one_in", 1), level_at(step, "below"));
    if (strcmp(name, "rate_limit") == 0)
        return cleat_rate_limit(json_number_value(json_object_get(step, "per_second")),
                                (unsigned)integer_at(step, "burst", 1));
    if (strcmp(name, "filter_by_level") == 0)
        return cleat_filter_by_level(level_at(step, "level"));
    if (strcmp(name, "redact") == 0) {
        const char **patterns = strings_of(json_object_get(step, "patterns"), &count);
        return cleat_redact(patterns, count, string_at(step, "replacement"));
    }
    if (strcmp(name, "drop_keys") == 0) {
        const char **keys = strings_of(json_object_get(step, "keys"), &count);
        return cleat_drop_keys(keys, count);
    }
    return user_processor_of(step, name);
}

/* -- renderers -- */

static cleat_renderer *text_renderer_of(const json_t *options, bool logfmt)
{
    size_t count;
    const char **key_order = strings_of(json_object_get(options, "key_order"), &count);
    cleat_text_options text = {
        .sort_keys = is_true_at(options, "sort_keys"),
        .drop_missing = is_true_at(options, "drop_missing"),
        .key_order = key_order,
        .n_key_order = count,
        .bool_as_value = is_true_at(options, "bool_as_value"),
    };
    return logfmt ? cleat_logfmt_renderer(&text) : cleat_keyvalue_renderer(&text);
}

/* Set: console lines are made in colour whatever the case says, and compared without the escape sequences. */
static bool colours_on_trial;

static bool wants_colours(const json_t *options)
{
    const char *colours = string_at(options, "colours");
    return colours_on_trial || (colours != NULL && strcmp(colours, "always") == 0);
}

static void strip_colours(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        if (*from != '\033')
            *to++ = *from;
        else
            from += strcspn(from, "m");
    }
    *to = '\0';
}

static cleat_renderer *console_renderer_of(const json_t *options)
{
    cleat_console_options console = {
        .colours = wants_colours(options) ? CLEAT_COLOURS_ALWAYS : CLEAT_COLOURS_NEVER,
        .event_width = (int)integer_at(options, "event_width", 0),
        .icons = is_true_at(options, "icons"),
        .sort_keys = is_true_at(options, "sort_keys"),
    };
    return cleat_console_renderer(&console);
}

static cleat_renderer *renderer_of(const json_t *test_case, const char *label)
{
    const json_t *options = json_object_get(json_object_get(test_case, "renderers"), label);
    const char *name = options != NULL ? string_at(options, "name") : label;
    if (strcmp(name, "json") == 0) {
        cleat_json_options json = {is_true_at(options, "sort_keys"), is_true_at(options, "ascii"),
                                   is_true_at(options, "spaced")};
        return cleat_json_renderer(&json);
    }
    if (strcmp(name, "console") == 0)
        return console_renderer_of(options);
    assert_true(strcmp(name, "logfmt") == 0 || strcmp(name, "keyvalue") == 0);
    return text_renderer_of(options, strcmp(name, "logfmt") == 0);
}

/* -- one case -- */

static void replace_logger(cleat_logger **log, cleat_logger *by)
{
    assert_non_null(by);
    cleat_unref(*log);
    *log = by;
}

static void apply_to_logger(cleat_logger **log, const char *operation, json_t *argument)
{
    size_t count;
    if (strcmp(operation, "bind") == 0 || strcmp(operation, "new") == 0) {
        const cleat_field *fields = fields_of(argument, &count);
        replace_logger(log, *operation == 'b' ? cleat_bind_fields(*log, fields, count)
                                              : cleat_new_fields(*log, fields, count));
    } else if (strcmp(operation, "unbind") == 0 || strcmp(operation, "try_unbind") == 0) {
        const char **keys = strings_of(argument, &count);
        replace_logger(log, *operation == 'u' ? cleat_unbind_keys(*log, keys, count)
                                              : cleat_try_unbind_keys(*log, keys, count));
    } else {
        assert_string_equal(operation, "patch");
        replace_logger(log, cleat_patch(*log, set_fields, argument));
    }
}

static void apply_to_store(bool threadlocal, const char *operation, const json_t *argument)
{
    size_t count;
    if (strcmp(operation, "bind") == 0) {
        const cleat_field *fields = fields_of(argument, &count);
        int result = threadlocal ? cleat_bind_threadlocal_fields(fields, count)
                                 : cleat_bind_contextvars_fields(NULL, fields, count);
        assert_int_equal(result, 0);
    } else if (strcmp(operation, "unbind") == 0) {
        const char **keys = strings_of(argument, &count);
        if (threadlocal)
            cleat_unbind_threadlocal_keys(keys, count);
        else
            cleat_unbind_contextvars_keys(keys, count);
    } else {
        assert_string_equal(operation, "clear");
        if (threadlocal)
            cleat_clear_threadlocal();
        else
            cleat_clear_contextvars();
    }
}

/* operation and argument of each entry of an array of objects with one member. */
#define for_each_operation(array, operation, argument)                                                                 \
    for (size_t op_index = 0; op_index < json_array_size(array); op_index++)                                           \
    json_object_foreach(json_array_get(array, op_index), operation, argument)

/* Lines through an asynchronous sink, whose thread makes most of them, are the same; so many records it was given. */
static cleat_sink *asynchronous;
static bool asynchronous_on_trial;
static size_t n_deferred;

static cleat_sink *sink_of_handler(cleat_sink *memory)
{
    if (!asynchronous_on_trial)
        return cleat_sink_ref(memory);
    asynchronous = cleat_async_sink(cleat_sink_ref(memory), &(cleat_async_options){.queue_bytes = 64 * 1024});
    return cleat_sink_ref(asynchronous);
}

/* Logger and contexts are gone by now: the lines that wait have kept what they need. */
static void end_asynchronous(void)
{
    if (asynchronous == NULL)
        return;
    const struct cleat__lane *lane = ((const struct cleat__async_sink *)asynchronous)->lanes.first;
    n_deferred += lane != NULL && lane->keeper != NULL;
    assert_int_equal(cleat_sink_flush(asynchronous, 10000), 0);
    cleat_sink_unref(asynchronous);
    asynchronous = NULL;
}

static cleat_sink *memory_sink(cleat_logger **log, const json_t *test_case, const char *label, int64_t *time)
{
    const json_t *chain = json_object_get(test_case, "chain");
    const json_t *limits = json_object_get(test_case, "limits");
    size_t count = json_array_size(chain);
    cleat_processor **processors = take(count + 1, sizeof(cleat_processor *));
    *time = integer_at(test_case, "time", 0);
    processors[0] = cleat_make_processor("set_time", set_time, time, NULL);
    for (size_t i = 0; i < count; i++)
        processors[i + 1] = processor_of(json_array_get(chain, i));
    cleat_sink *sink = cleat_memory_sink(0);
    const cleat_handler handler = {.renderer = renderer_of(test_case, label), .sink = sink_of_handler(sink)};
    const cleat_config config = {
        .processors = processors,
        .n_processors = count + 1,
        .handlers = &handler,
        .n_handlers = 1,
        .max_value_bytes = (size_t)integer_at(limits, "max_value_bytes", 0),
        .max_line_bytes = (size_t)integer_at(limits, "max_line_bytes", 0),
        .max_depth = (unsigned)integer_at(limits, "max_depth", 0),
    };
    const json_t *call = json_object_get(test_case, "call");
    if (json_is_array(call))
        call = json_array_get(call, 0);
    *log = cleat_wrap_logger(string_at(call, "logger_name"), &config);
    assert_non_null(*log);
    return sink;
}

static void make_call(cleat_logger *log, const json_t *call)
{
    const json_t *place = json_object_get(call, "site");
    cleat_site site = {.file = string_at(place, "file"),
                       .function = string_at(place, "function"),
                       .line = (unsigned)integer_at(place, "line", 0)};
    size_t count;
    const cleat_field *fields = fields_of(json_object_get(call, "fields"), &count);
    cleat_value event = value_of(json_object_get(call, "event"));
    for (int64_t i = integer_at(call, "times", 1); i > 0; i--)
        cleat_log_fields(log, cleat_level_number(string_at(call, "level")), place != NULL ? &site : NULL, event, fields,
                         count);
}

/* All lines of a sink, without the last newline; NULL when there are none. */
static char *lines_of(cleat_sink *sink)
{
    size_t count = cleat_memory_count(sink);
    char *all = NULL;
    for (size_t i = 0; i < count; i++) {
        char *line = keep(cleat_memory_line(sink, i));
        char *joined = take((all != NULL ? strlen(all) + 1 : 0) + strlen(line), 1);
        sprintf(joined, "%s%s%s", all != NULL ? all : "", all != NULL ? "\n" : "", line);
        all = joined;
    }
    return all;
}

static bool is_expected(const json_t *expected, const char *lines)
{
    if (json_is_null(expected) || lines == NULL)
        return json_is_null(expected) && lines == NULL;
    return strcmp(json_string_value(expected), lines) == 0;
}

/* Runs a case with one of its renderers; whether the lines are as expected. */
static bool run_with(const json_t *test_case, const char *label, const json_t *expected)
{
    cleat_logger *log;
    int64_t time;
    const char *operation;
    json_t *argument;
    cleat_sink *sink = memory_sink(&log, test_case, label, &time);
    for_each_operation(json_object_get(test_case, "contextvars"), operation, argument)
        apply_to_store(false, operation, argument);
    for_each_operation(json_object_get(test_case, "threadlocal"), operation, argument)
        apply_to_store(true, operation, argument);
    for_each_operation(json_object_get(test_case, "logger"), operation, argument)
        apply_to_logger(&log, operation, argument);
    const json_t *call = json_object_get(test_case, "call");
    for (size_t i = 0; i < (json_is_array(call) ? json_array_size(call) : 1); i++)
        make_call(log, json_is_array(call) ? json_array_get(call, i) : call);
    cleat_clear_contextvars();
    cleat_clear_threadlocal();
    cleat_unref(log);
    end_asynchronous();
    char *lines = lines_of(sink);
    if (colours_on_trial && lines != NULL) {
        assert_non_null(strstr(lines, "\033["));
        strip_colours(lines);
    }
    bool right = is_expected(expected, lines);
    if (!right)
        print_error("%s, %s:\n  expected %s\n  got      %s\n", string_at(test_case, "name"), label,
                    json_is_null(expected) ? "no line" : json_string_value(expected),
                    lines != NULL ? lines : "no line");
    cleat_sink_unref(sink);
    free_pieces();
    return right;
}

static bool is_plain_console(const json_t *test_case, const char *label)
{
    const json_t *options = json_object_get(json_object_get(test_case, "renderers"), label);
    const char *name = options != NULL ? string_at(options, "name") : label;
    return strcmp(name, "console") == 0 && string_at(options, "colours") == NULL;
}

/* How many lines of a file's cases are wrong. */
static size_t run_cases(const json_t *cases, size_t *count)
{
    size_t wrong = 0;
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *test_case = json_array_get(cases, i);
        const char *label;
        json_t *expected;
        json_object_foreach(json_object_get(test_case, "lines"), label, expected)
        {
            if (colours_on_trial && !is_plain_console(test_case, label))
                continue;
            wrong += !run_with(test_case, label, expected);
            ++*count;
        }
    }
    return wrong;
}

/* -- files -- */

static const char *vectors(void)
{
    static char path[4096];
    const char *root = getenv("CLEAT_SOURCE_ROOT");
    snprintf(path, sizeof(path), "%s/tests/vectors", root != NULL ? root : ".");
    return path;
}

static int is_json(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 5 && strcmp(entry->d_name + length - 5, ".json") == 0;
}

static size_t run_file(const char *name, size_t *count)
{
    char path[5000];
    snprintf(path, sizeof(path), "%s/%s", vectors(), name);
    json_error_t error;
    json_t *cases = json_load_file(path, JSON_ALLOW_NUL, &error);
    if (cases == NULL)
        fail_msg("%s:%d: %s", path, error.line, error.text);
    size_t wrong = run_cases(cases, count);
    json_decref(cases);
    return wrong;
}

/* How many lines of all files are wrong; how many there are. */
static size_t run_files(size_t *count)
{
    struct dirent **entries;
    int n_files = scandir(vectors(), &entries, is_json, alphasort);
    assert_true(n_files > 0);
    size_t wrong = 0;
    *count = 0;
    for (int i = 0; i < n_files; i++) {
        wrong += run_file(entries[i]->d_name, count);
        free(entries[i]);
    }
    free(entries);
    return wrong;
}

static void vectors_give_the_lines_in_the_files(void **state)
{
    (void)state;
    size_t count;
    assert_int_equal(run_files(&count), 0);
    assert_true(count > 1000);
}

static void vectors_in_colour_are_the_plain_lines_and_escape_sequences(void **state)
{
    (void)state;
    size_t count;
    colours_on_trial = true;
    size_t wrong = run_files(&count);
    colours_on_trial = false;
    assert_int_equal(wrong, 0);
    assert_true(count > 100);
}

static void vectors_through_an_asynchronous_sink_give_the_same_lines(void **state)
{
    (void)state;
    size_t count;
    asynchronous_on_trial = true;
    size_t wrong = run_files(&count);
    asynchronous_on_trial = false;
    assert_int_equal(wrong, 0);
    assert_true(n_deferred > 500);
}

static bool has_python(void)
{
    return system("python3 -c 'import sys; sys.exit(sys.version_info < (3, 7))' 2>/dev/null") == 0;
}

static void vectors_are_what_the_oracle_works_out(void **state)
{
    (void)state;
    if (!has_python())
        skip();
    char command[5000];
    snprintf(command, sizeof(command), "python3 -B '%s/oracle.py' --check", vectors());
    assert_int_equal(system(command), 0);
}

static void random_cases_give_the_lines_that_the_oracle_works_out(void **state)
{
    (void)state;
    if (!has_python())
        skip();
    size_t wrong = 0;
    size_t count = 0;
    for (int seed = 1; seed <= (is_heavy() ? 10 : 1); seed++) {
        char command[5000];
        snprintf(command, sizeof(command), "python3 -B '%s/oracle.py' --random %d %d", vectors(), seed,
                 is_heavy() ? 2000 : 500);
        FILE *output = popen(command, "r");
        assert_non_null(output);
        json_error_t error;
        json_t *cases = json_loadf(output, JSON_ALLOW_NUL, &error);
        assert_int_equal(pclose(output), 0);
        if (cases == NULL)
            fail_msg("seed %d, line %d: %s", seed, error.line, error.text);
        wrong += run_cases(cases, &count);
        asynchronous_on_trial = true;
        wrong += run_cases(cases, &count);
        asynchronous_on_trial = false;
        json_decref(cases);
    }
    assert_true(count > 2000);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_give_the_lines_in_the_files),
        cmocka_unit_test(vectors_in_colour_are_the_plain_lines_and_escape_sequences),
        cmocka_unit_test(vectors_through_an_asynchronous_sink_give_the_same_lines),
        cmocka_unit_test(vectors_are_what_the_oracle_works_out),
        cmocka_unit_test(random_cases_give_the_lines_that_the_oracle_works_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
