/*
 * own-processor.c - a step of your own in the chain: it sees the event, changes it, or drops it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cleat.h>

#include "expect.h"

/* Adds the same fields to every line. arg is the processor's own; it is released with the processor. */
static int add_host(cleat_event *event, void *arg)
{
    return cleat_event_set_default(event, "host", cleat_string(arg));
}

/* Keeps the last four digits of a card number. The new text lives until the line is written. */
static int mask_card(cleat_event *event, void *arg)
{
    (void)arg;
    const cleat_value *card = cleat_event_get(event, "card");
    if (card == NULL || card->kind != CLEAT_STRING || card->with.length < 4)
        return CLEAT_KEEP;
    const char *last = card->as.text + card->with.length - 4;
    return cleat_event_set(event, "card", cleat_scratch_printf(cleat_event_scratch(event), "***%.4s", last));
}

/* Health checks are not worth a line. */
static int drop_health_checks(cleat_event *event, void *arg)
{
    (void)arg;
    const cleat_value *path = cleat_event_get(event, "path");
    bool boring = path != NULL && path->kind == CLEAT_STRING && path->with.length == 8 &&
                  memcmp(path->as.text, "/healthz", 8) == 0;
    return boring ? CLEAT_DROP : CLEAT_KEEP;
}

int main(void)
{
    watch_lines();
    cleat_sink *memory = cleat_memory_sink(0);
    cleat_logger *log = cleat_wrap_logger(
        "shop", &(cleat_config){
                    CLEAT_PROCESSORS(cleat_make_processor("drop_health_checks", drop_health_checks, NULL, NULL),
                                     cleat_merge_contextvars(), cleat_add_log_level(),
                                     cleat_make_processor("mask_card", mask_card, NULL, NULL),
                                     cleat_make_processor("add_host", add_host, strdup("shop-3"), free)),
                    CLEAT_HANDLERS({.sink = cleat_sink_ref(memory)}),
                });
    cleat_info(log, "checked", "path", "/healthz");
    cleat_info(log, "paid", "card", "4111111111111234");
    CLEAT_BOUND_CONTEXTVARS("card", "5500000000000004") {
        cleat_info(log, "refunded", "host", "shop-7");
    }
    cleat_unref(log);

    static const char *const expected[] = {
        "{\"card\":\"***1234\",\"event\":\"paid\",\"level\":\"info\",\"host\":\"shop-3\"}",
        "{\"host\":\"shop-7\",\"event\":\"refunded\",\"card\":\"***0004\",\"level\":\"info\"}",
    };
    int wrong = cleat_memory_count(memory) != 2;
    for (size_t i = 0; i < cleat_memory_count(memory); i++) {
        char *line = cleat_memory_line(memory, i);
        puts(line);
        wrong += i >= 2 || strcmp(line, expected[i]) != 0;
        free(line);
    }
    cleat_sink_unref(memory);
    return expected_all() + wrong == 0 ? 0 : 1;
}
