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

#include "../tests/c/random_fields.h"
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
/* A field of the input has the name of the one that tells what was left off, and is in its place. */
static bool names_cut;

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
        check_log(names_cut || json_object_get(parsed, "event") != NULL ||
                  json_object_get(parsed, "cleat_cut") != NULL);
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
    static struct source source;
    begin_source(&source, data, size);
    memset(lines, 0, sizeof(lines));
    cleat_clear_contextvars();

    uint64_t choice = take_bytes(&source, 1);
    cleat_field row[12];
    size_t counts[3]; /* what the context, the logger and the call have */
    for (size_t i = 0; i < 3; i++)
        counts[i] = take_bytes(&source, 1) % 5;
    size_t count = counts[0] + counts[1] + counts[2];
    for (size_t i = 0; i < count; i++)
        row[i] = take_field(&source);
    cleat_value event = take_value(&source, 0);
    names_cut = false;
    for (size_t i = 0; i < count; i++)
        names_cut |= row[i].key != NULL && strcmp(row[i].key, "cleat_cut") == 0;

    cleat_bind_contextvars_fields(NULL, row, counts[0]);
    cleat_logger *log = cleat_bind_fields(loggers[choice % 2], row + counts[0], counts[1]);
    int level = choice & 2 ? CLEAT_ERROR : CLEAT_INFO;
    cleat_log_fields(log, level, NULL, event, row + counts[0] + counts[1], counts[2]);
    cleat_unref(log);
    for (int i = 0; i < RENDERERS; i++)
        check_log(lines[i] == 1);
    return 0;
}
