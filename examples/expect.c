#include "expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cleat.h>

static cleat_sink *memory;
static int mistakes;

void watch_lines(void)
{
    memory = cleat_memory_sink(0);
    int result = cleat_configure(&(cleat_config){
        CLEAT_HANDLERS({.renderer = cleat_console_renderer(NULL), .sink = cleat_stderr_sink()},
                       {.renderer = cleat_json_renderer(NULL), .sink = cleat_sink_ref(memory)}),
    });
    if (result < 0) {
        fprintf(stderr, "cannot configure: %s\n", cleat_error_message());
        exit(1);
    }
}

static bool has_event(const char *line, const char *event)
{
    char wanted[256];
    snprintf(wanted, sizeof(wanted), "\"event\":\"%s\"", event);
    return strstr(line, wanted) != NULL;
}

void expect_lines(int count, const char *event, const char *piece)
{
    int found = 0;
    for (size_t i = 0; i < cleat_memory_count(memory); i++) {
        char *line = cleat_memory_line(memory, i);
        if (line != NULL && has_event(line, event) && strstr(line, piece) != NULL)
            found++;
        free(line);
    }
    if (found != count) {
        fprintf(stderr, "WRONG: %d lines \"%s\" with %s, not %d\n", found, event, piece, count);
        mistakes++;
    }
}

int expected_all(void)
{
    cleat_sink_unref(memory);
    cleat_reset_defaults();
    return mistakes == 0 ? 0 : 1;
}
