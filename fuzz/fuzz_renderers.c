/*
 * fuzz_renderers.c - events of every kind of value, made from the fuzzer's bytes, through all four renderers. Each line
 * is one line of valid UTF-8 without control characters (K14, K15), and those of JSON are JSON with unique keys (K1).
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cleat.h>
#include <jansson.h>

#include "support.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);

/* The line that is being checked. */
static const char *checked;
static size_t checked_length;

static void give_up(int where)
{
    fprintf(stderr, "the check at line %d failed, with this line of log:\n", where);
    fwrite(checked, 1, checked_length, stderr);
    abort();
}

#define check_log(condition) ((condition) ? (void)0 : give_up(__LINE__))

/*
 * Checking lines.
 */

enum {
    JSON,
    LOGFMT,
    KEYVALUE,
    CONSOLE,
    RENDERERS
};

static const int kinds[RENDERERS] = {JSON, LOGFMT, KEYVALUE, CONSOLE};
static unsigned lines[RENDERERS];

/* Below 0x20 there is nothing, nor DEL; and of C1 nothing, which terminals take for control characters too. */
static void check_text(const char *line, size_t length)
{
    check_log(is_utf8(line, length));
    for (const char *end = line + length; line < end; line++) {
        check_log((unsigned char)*line >= 0x20 && *line != 0x7F);
        check_log(memcmp(line, "\xC2", 1) != 0 || (unsigned char)line[1] >= 0xA0);
    }
}

/* The console shows errors and stacks below a line's head, each of their lines indented. */
static void check_console(const char *line, size_t length)
{
    const char *end = line + length;
    while (line < end) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        const char *stop = newline != NULL ? newline : end;
        check_text(line, (size_t)(stop - line));
        check_log(newline == NULL || (newline + 1 < end && newline[1] == ' '));
        line = stop + 1;
    }
}

static void check_json(const char *line, size_t length)
{
    json_error_t error;
    json_t *parsed = json_loadb(line, length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    /* jansson has no integers above INT64_MAX, no numbers beyond a double, and no U+0000 in keys: these are right. */
    if (parsed == NULL)
        check_log(json_error_code(&error) == json_error_numeric_overflow ||
                  json_error_code(&error) == json_error_null_byte_in_key);
    else
        check_log(json_object_get(parsed, "event") != NULL || json_object_get(parsed, "cleat_cut") != NULL);
    json_decref(parsed);
}

static int check_line(const char *line, size_t length, int level, void *arg)
{
    (void)level;
    int kind = *(const int *)arg;
    checked = line;
    checked_length = length;
    check_log(length > 0 && line[length - 1] == '\n');
    length--;
    if (kind == CONSOLE)
        check_console(line, length);
    else
        check_text(line, length);
    if (kind == JSON)
        check_json(line, length);
    lines[kind]++;
    return 0;
}

/*
 * Making fields.
 */

/* The fuzzer's bytes, taken one after the other; zeros when they have run out. */
struct source {
    const uint8_t *at;
    const uint8_t *end;
    char *next; /* where the next text is put */
    char *room_end;
};

static uint64_t take_bytes(struct source *source, unsigned count)
{
    uint64_t number = 0;
    for (; count > 0 && source->at < source->end; count--)
        number = number << 8 | *source->at++;
    return number;
}

static const char *take_text(struct source *source, size_t *length)
{
    size_t wanted = (size_t)take_bytes(source, 1);
    size_t left = (size_t)(source->end - source->at);
    size_t room = (size_t)(source->room_end - source->next) - 1;
    *length = wanted < left ? wanted : left;
    *length = *length < room ? *length : room;
    char *text = source->next;
    memcpy(text, source->at, *length);
    text[*length] = '\0';
    source->at += *length;
    if (*length < room)
        source->next += *length + 1;
    return text;
}

static const char *take_key(struct source *source)
{
    static const char *const known[] = {"event", "level", "timestamp", "logger", "error", "exception", "stack", "a"};
    uint64_t choice = take_bytes(source, 1);
    size_t length;
    return choice < 8 ? known[choice] : take_text(source, &length);
}

static cleat_value make_lazy(void *arg, cleat_scratch *scratch)
{
    return cleat_scratch_printf(scratch, "lazy %s", (const char *)arg);
}

static int render_foreign(const void *object, cleat_writer *writer)
{
    const cleat_value *value = object;
    return value->kind == CLEAT_NULL ? -EIO : cleat_write_value(writer, *value);
}

static const cleat_foreign_class foreign_class = {"fuzzed", NULL, NULL, render_foreign};

/* Parts of lists and objects, and what foreign objects stand for; they live as long as the call. */
static cleat_value values[256];
static cleat_field fields[256];
static size_t n_values;
static size_t n_fields;

static cleat_value take_value(struct source *source, unsigned depth);

static cleat_value take_list(struct source *source, unsigned depth)
{
    size_t count = take_bytes(source, 1) % 5;
    if (depth > 120 || n_values + count > 256)
        return cleat_list_n(NULL, 0);
    cleat_value *items = values + n_values;
    n_values += count;
    for (size_t i = 0; i < count; i++)
        items[i] = take_value(source, depth + 1);
    return cleat_list_n(items, count);
}

static cleat_value take_object(struct source *source, unsigned depth)
{
    size_t count = take_bytes(source, 1) % 5;
    if (depth > 120 || n_fields + count > 256)
        return cleat_object_n(NULL, 0);
    cleat_field *parts = fields + n_fields;
    n_fields += count;
    for (size_t i = 0; i < count; i++) {
        parts[i].key = take_key(source);
        parts[i].value = take_value(source, depth + 1);
    }
    return cleat_object_n(parts, count);
}

static cleat_value take_double(struct source *source)
{
    uint64_t bits = take_bytes(source, 8);
    double number;
    memcpy(&number, &bits, sizeof(number));
    return cleat_double(number);
}

static cleat_value take_foreign(struct source *source, unsigned depth)
{
    if (depth > 120 || n_values == 256)
        return cleat_foreign(&foreign_class, values);
    cleat_value *value = values + n_values++;
    *value = take_value(source, depth + 1);
    return cleat_foreign(&foreign_class, value);
}

static cleat_value take_value(struct source *source, unsigned depth)
{
    size_t length;
    const char *text;
    switch (take_bytes(source, 1) % 16) {
    case CLEAT_BOOL:
        return cleat_bool(take_bytes(source, 1) % 2 == 1);
    case CLEAT_INT:
        return cleat_int((int64_t)take_bytes(source, 8));
    case CLEAT_UINT:
        return cleat_uint(take_bytes(source, 8));
    case CLEAT_DOUBLE:
        return take_double(source);
    case CLEAT_STRING:
        text = take_text(source, &length);
        return cleat_string_n(text, length);
    case CLEAT_BYTES:
        text = take_text(source, &length);
        return cleat_bytes(text, length);
    case CLEAT_TIME:
        return cleat_time((int64_t)take_bytes(source, 8));
    case CLEAT_DURATION:
        return cleat_duration((int64_t)take_bytes(source, 8));
    case CLEAT_ERRNO:
        return cleat_errno((int)take_bytes(source, 4));
    case CLEAT_LIST:
        return take_list(source, depth);
    case CLEAT_OBJECT:
        return take_object(source, depth);
    case CLEAT_LAZY:
        text = take_text(source, &length);
        return cleat_lazy(make_lazy, (void *)(uintptr_t)text);
    case CLEAT_FOREIGN:
        return take_foreign(source, depth);
    case 14:
        return cleat_string(take_text(source, &length));
    case 15:
        return cleat_string(NULL);
    default:
        return cleat_null();
    }
}

/*
 * Logging them.
 */

static cleat_logger *loggers[2]; /* with generous limits, and with narrow ones */

static cleat_renderer *make_renderer(int kind, bool other_options)
{
    switch (kind) {
    case JSON:
        return cleat_json_renderer(&(cleat_json_options){.sort_keys = other_options, .ascii = other_options});
    case LOGFMT:
        return cleat_logfmt_renderer(&(cleat_text_options){.bool_as_value = other_options});
    case KEYVALUE:
        return cleat_keyvalue_renderer(&(cleat_text_options){.sort_keys = other_options});
    default:
        return cleat_console_renderer(&(cleat_console_options){
            .colours = CLEAT_COLOURS_NEVER, .icons = other_options, .event_width = other_options ? -1 : 0});
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    for (int other = 0; other < 2; other++) {
        cleat_handler handlers[RENDERERS];
        for (int i = 0; i < RENDERERS; i++)
            handlers[i] = (cleat_handler){
                .renderer = make_renderer(kinds[i], other == 1),
                .sink = cleat_callback_sink(check_line, (void *)(uintptr_t)&kinds[i], NULL),
            };
        cleat_config config = {.handlers = handlers, .n_handlers = RENDERERS};
        if (other == 1) {
            config.max_value_bytes = 20;
            config.max_line_bytes = 1024;
            config.max_depth = 3;
        }
        loggers[other] = cleat_wrap_logger(other == 1 ? "fuzz\n" : "fuzz", &config);
        check_log(loggers[other] != NULL);
    }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char room[8192];
    struct source source = {data, data + size, room, room + sizeof(room)};
    n_values = 0;
    n_fields = 0;
    memset(lines, 0, sizeof(lines));
    cleat_clear_contextvars();

    uint64_t choice = take_bytes(&source, 1);
    cleat_field row[12];
    size_t counts[3]; /* what the context, the logger and the call have */
    for (size_t i = 0; i < 3; i++)
        counts[i] = take_bytes(&source, 1) % 5;
    size_t count = counts[0] + counts[1] + counts[2];
    for (size_t i = 0; i < count; i++) {
        row[i].key = take_key(&source);
        row[i].value = take_value(&source, 0);
    }
    cleat_value event = take_value(&source, 0);

    cleat_bind_contextvars_fields(NULL, row, counts[0]);
    cleat_logger *log = cleat_bind_fields(loggers[choice % 2], row + counts[0], counts[1]);
    int level = choice & 2 ? CLEAT_ERROR : CLEAT_INFO;
    cleat_log_fields(log, level, NULL, event, row + counts[0] + counts[1], counts[2]);
    cleat_unref(log);
    for (int i = 0; i < RENDERERS; i++)
        check_log(lines[i] == 1);
    return 0;
}
