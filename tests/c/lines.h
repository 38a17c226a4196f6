/*
 * lines.h - what the tests of contexts and loggers share: a chain whose lines they read back one by one, as text that
 * shows types ("a=1 event='hi'").
 */
#ifndef TESTS_LINES_H
#define TESTS_LINES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cleat.h>

#include "support.h"

static cleat_sink *lines;

/* Configures a chain whose lines are kept. No processor: no step. */
UNUSED static void use_chain(cleat_processor *const *processors, size_t count)
{
    cleat_processor *const none[] = {NULL};
    cleat_sink_unref(lines);
    lines = cleat_memory_sink(0);
    cleat_config config = {
        .processors = count > 0 ? processors : none,
        .n_processors = count,
        CLEAT_HANDLERS({.name = "lines", .renderer = cleat_keyvalue_renderer(NULL), .sink = cleat_sink_ref(lines)}),
    };
    assert_int_equal(cleat_configure(&config), 0);
}

#define USE_CHAIN(...)                                                                                                 \
    use_chain((cleat_processor *const[]){__VA_ARGS__},                                                                 \
              sizeof((cleat_processor *const[]){__VA_ARGS__}) / sizeof(cleat_processor *))

/* The oldest line of a sink, which forgets all of them; they are expected to be one. */
UNUSED static void assert_line_of(cleat_sink *sink, const char *expected)
{
    size_t count = cleat_memory_count(sink);
    char *line = cleat_memory_line(sink, 0);
    cleat_memory_clear(sink);
    if (count != 1 || strcmp(line, expected) != 0)
        fail_msg("%zu lines, the first is\n  %s\nexpected\n  %s", count, line != NULL ? line : "", expected);
    free(line);
}

UNUSED static void assert_line(const char *expected)
{
    assert_line_of(lines, expected);
}

UNUSED static void assert_no_line(void)
{
    assert_int_equal(cleat_memory_count(lines), 0);
}

/* The fields of a list as text, which takes over the list: "a=1 b='x'". The text is static. */
UNUSED static const char *text_of(cleat_fields *fields)
{
    static char text[2000];
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < cleat_fields_count(fields); i++) {
        cleat_field field = cleat_fields_at(fields, i);
        const char *space = i > 0 ? " " : "";
        char *end = text + length;
        size_t room = sizeof(text) - length;
        if (field.value.kind == CLEAT_STRING)
            length += (size_t)snprintf(end, room, "%s%s='%.*s'", space, field.key, (int)field.value.with.length,
                                       field.value.as.text);
        else if (field.value.kind == CLEAT_INT)
            length += (size_t)snprintf(end, room, "%s%s=%lld", space, field.key, (long long)field.value.as.integer);
        else
            length += (size_t)snprintf(end, room, "%s%s=<%d>", space, field.key, field.value.kind);
    }
    cleat_fields_unref(fields);
    return text;
}

/* -- counted foreign objects -- */

/* Rendered as their number; owners says how many hold it. */
struct counted {
    _Atomic int owners;
    int number;
};

UNUSED static void hold_counted(void *object)
{
    ((struct counted *)object)->owners++;
}

UNUSED static void drop_counted(void *object)
{
    ((struct counted *)object)->owners--;
}

UNUSED static int render_counted(const void *object, cleat_writer *writer)
{
    return cleat_write_value(writer, cleat_int(((const struct counted *)object)->number));
}

UNUSED static const cleat_foreign_class counted_class = {"counted", hold_counted, drop_counted, render_counted};

/* -- before and after each test -- */

UNUSED static int begin(void **state)
{
    (void)state;
    cleat_clear_contextvars();
    cleat_clear_threadlocal();
    return 0;
}

UNUSED static int end(void **state)
{
    (void)state;
    allow_allocations();
    cleat_clear_contextvars();
    cleat_clear_threadlocal();
    cleat_set_level(NULL, CLEAT_NOTSET);
    cleat_reset_defaults();
    cleat_sink_unref(lines);
    lines = NULL;
    return 0;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

/* How much is done: less in a quick run. */
UNUSED static long scale(long quick, long heavy)
{
    return is_heavy() ? heavy : quick;
}

#endif
