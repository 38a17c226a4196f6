/*
 * cost.c - what a line costs in the steady state, against the limit: one clock read and one memcpy of its bytes.
 *
 * All measures are taken in turn, round after round, in one run, by the processor's time; each figure is the median of
 * what the rounds give, so that a machine that is slow for a while does not bend a ratio.
 * usage: cost [--quick] [--json FILE]
 */
#include <cleat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_ROUNDS 101

static unsigned rounds = 51;
static unsigned lines = 4000;

static cleat_logger *bound;     /* ten fields, to a discarding sink */
static cleat_logger *disabled;  /* the same, at a level that is off */
static cleat_context *with_20;  /* a context of 20 variables */
static cleat_context *with_100; /* and of 100 */
static size_t line_bytes;
static char line_copy[4096];
static char line_source[4096];

/* The processor's time, so that what else the machine does is not counted. */
static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* -- what is measured: each does its thing `count` times -- */

static void limit(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct timespec time;
        clock_gettime(CLOCK_REALTIME, &time);
        memcpy(line_copy, line_source, line_bytes);
        __asm__ volatile("" : : "r"(line_copy), "r"(&time) : "memory");
    }
}

static void line_of_ten(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        cleat_info(bound, "request received");
}

static void line_with_20(unsigned count)
{
    CLEAT_IN_CONTEXT(with_20) {
        line_of_ten(count);
    }
}

static void disabled_call(unsigned count)
{
    for (unsigned i = 0; i < count * 16; i++)
        cleat_debug(disabled, "not today", "number", i);
}

static void scope(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        CLEAT_BOUND_CONTEXTVARS("attempt", i) {}
}

static void rebind(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        cleat_bind_contextvars("attempt", i);
}

static void scope_among_100(unsigned count)
{
    CLEAT_IN_CONTEXT(with_100) {
        scope(count);
    }
}

static void rebind_among_100(unsigned count)
{
    cleat_context *context = NULL;
    CLEAT_IN_CONTEXT(with_100) {
        context = cleat_copy_context();
    }
    CLEAT_IN_CONTEXT(context) {
        rebind(count);
    }
    cleat_context_unref(context);
}

static void rebind_alone(unsigned count)
{
    cleat_context *context = cleat_new_context();
    CLEAT_IN_CONTEXT(context) {
        rebind(count);
    }
    cleat_context_unref(context);
}

static void swap(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        CLEAT_IN_CONTEXT(NULL) {}
}

static void swap_among_100(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        CLEAT_IN_CONTEXT(with_100) {}
}

static void copy_and_clear(cleat_context *source, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        cleat_context *context = NULL;
        CLEAT_IN_CONTEXT(source) {
            context = cleat_copy_context();
        }
        CLEAT_IN_CONTEXT(context) {
            cleat_clear_contextvars();
        }
        cleat_context_unref(context);
    }
}

static void clear(unsigned count)
{
    copy_and_clear(NULL, count);
}

static void clear_among_100(unsigned count)
{
    copy_and_clear(with_100, count);
}

struct measure {
    const char *name;
    void (*run)(unsigned count);
    unsigned per_count; /* how often it does its thing for each count */
    double samples[MOST_ROUNDS];
    double median;
    double spread; /* from the first to the third quartile, as a part of the median */
};

enum {
    LIMIT,
    TEN,
    TEN_AND_20,
    DISABLED,
    SCOPE,
    SCOPE_100,
    REBIND,
    REBIND_100,
    SWAP,
    SWAP_100,
    CLEAR,
    CLEAR_100,
    MEASURES
};

static struct measure measures[MEASURES] = {
    [LIMIT] = {.name = "clock_gettime + memcpy of the line", .run = limit, .per_count = 1},
    [TEN] = {.name = "line, 10 fields bound", .run = line_of_ten, .per_count = 1},
    [TEN_AND_20] = {.name = "the same with 20 context variables", .run = line_with_20, .per_count = 1},
    [DISABLED] = {.name = "disabled call", .run = disabled_call, .per_count = 16},
    [SCOPE] = {.name = "scope entered and left", .run = scope, .per_count = 1},
    [SCOPE_100] = {.name = "the same among 100 variables", .run = scope_among_100, .per_count = 1},
    [REBIND] = {.name = "bind_contextvars over and over", .run = rebind_alone, .per_count = 1},
    [REBIND_100] = {.name = "the same among 100 variables", .run = rebind_among_100, .per_count = 1},
    [SWAP] = {.name = "context swapped in and out", .run = swap, .per_count = 1},
    [SWAP_100] = {.name = "the same with 100 variables", .run = swap_among_100, .per_count = 1},
    [CLEAR] = {.name = "copy, clear, free a context", .run = clear, .per_count = 1},
    [CLEAR_100] = {.name = "the same with 100 variables", .run = clear_among_100, .per_count = 1},
};

static int by_size(const void *left, const void *right)
{
    double difference = *(const double *)left - *(const double *)right;
    return (difference > 0) - (difference < 0);
}

static void summarize(struct measure *measure)
{
    double sorted[MOST_ROUNDS];
    memcpy(sorted, measure->samples, sizeof(sorted));
    qsort(sorted, rounds, sizeof(double), by_size);
    measure->median = sorted[rounds / 2];
    measure->spread = (sorted[rounds * 3 / 4] - sorted[rounds / 4]) / measure->median;
}

static void measure_all(void)
{
    for (unsigned round = 0; round <= rounds; round++) {
        for (unsigned i = 0; i < MEASURES; i++) {
            int64_t start = now();
            measures[i].run(lines);
            int64_t took = now() - start;
            if (round > 0) /* the first one warms up */
                measures[i].samples[round - 1] = (double)took / ((double)lines * measures[i].per_count);
        }
    }
    for (unsigned i = 0; i < MEASURES; i++)
        summarize(&measures[i]);
}

static uint64_t allocations_of(void (*run)(unsigned count))
{
    cleat_stats before;
    cleat_stats after;
    run(2); /* a list keeps its bytes from the second line on */
    cleat_get_stats(&before);
    run(100000);
    cleat_get_stats(&after);
    return after.allocations - before.allocations;
}

/* -- the set-up -- */

static void bind_variables(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char key[16];
        snprintf(key, sizeof(key), "variable_%02u", i);
        cleat_bind_contextvars((const char *)key, i);
    }
}

static cleat_context *context_of(unsigned count)
{
    cleat_context *context = cleat_new_context();
    CLEAT_IN_CONTEXT(context) {
        bind_variables(count);
    }
    return context;
}

static cleat_logger *bind_ten(cleat_logger *log)
{
    return cleat_bind(log, "request_id", "5f1c9e1c-7d2e-4c1b", "method", "GET", "path", "/orders/7781", "client",
                      "127.0.0.1", "user_id", 7781, "tenant", "acme", "attempt", 1, "cached", false, "ratio", 0.25,
                      "region", "eu-west");
}

static void set_up(void)
{
    cleat_sink *memory = cleat_memory_sink(1);
    cleat_logger *seen = cleat_wrap_logger(NULL, &(cleat_config){CLEAT_HANDLERS({.sink = cleat_sink_ref(memory)})});
    cleat_logger *ten = bind_ten(seen);
    cleat_info(ten, "request received");
    char *line = cleat_memory_line(memory, 0);
    line_bytes = strlen(line) + 1;
    memcpy(line_source, line, line_bytes);
    free(line);
    cleat_unref(ten);
    cleat_unref(seen);
    cleat_sink_unref(memory);

    cleat_configure(&(cleat_config){CLEAT_HANDLERS({.sink = cleat_null_sink()})});
    bound = bind_ten(NULL);
    disabled = cleat_with_level(bound, CLEAT_WARNING);
    with_20 = context_of(20);
    with_100 = context_of(100);
}

/* -- the table -- */

struct figure {
    const char *what;
    double asked;
    double measured;
    const char *unit;
};

static bool show_figures(const struct figure *figures, size_t count, FILE *json)
{
    bool all_met = true;
    printf("\n%-58s %10s %10s\n", "figure", "at most", "measured");
    if (json != NULL)
        fprintf(json, "  \"figures\": [");
    for (size_t i = 0; i < count; i++) {
        bool met = figures[i].measured <= figures[i].asked;
        all_met = all_met && met;
        printf("%-58s %10.2f %10.2f %s%s\n", figures[i].what, figures[i].asked, figures[i].measured, figures[i].unit,
               met ? "" : "   MISSED");
        if (json != NULL)
            fprintf(json, "%s\n    {\"figure\": \"%s\", \"at_most\": %.2f, \"measured\": %.3f, \"unit\": \"%s\"}",
                    i > 0 ? "," : "", figures[i].what, figures[i].asked, figures[i].measured, figures[i].unit);
    }
    if (json != NULL)
        fprintf(json, "\n  ]\n}\n");
    return all_met;
}

static void show_measures(FILE *json)
{
    printf("a line of %zu bytes, %u rounds of %u\n\n%-42s %10s %8s\n", line_bytes, rounds, lines, "", "ns, median",
           "spread");
    if (json != NULL)
        fprintf(json, "{\n  \"line_bytes\": %zu,\n  \"measures\": [", line_bytes);
    for (unsigned i = 0; i < MEASURES; i++) {
        printf("%-42s %10.2f %7.0f%%\n", measures[i].name, measures[i].median, 100 * measures[i].spread);
        if (json != NULL)
            fprintf(json, "%s\n    {\"measure\": \"%s\", \"ns\": %.3f, \"spread\": %.3f}", i > 0 ? "," : "",
                    measures[i].name, measures[i].median, measures[i].spread);
    }
    if (json != NULL)
        fprintf(json, "\n  ],\n");
}

/* Medians of what each round gives, for its measures were taken at the machine's same speed. */
static double ratio(unsigned measure, unsigned to)
{
    double ratios[MOST_ROUNDS];
    for (unsigned i = 0; i < rounds; i++)
        ratios[i] = measures[measure].samples[i] / measures[to].samples[i];
    qsort(ratios, rounds, sizeof(double), by_size);
    return ratios[rounds / 2];
}

static double difference(unsigned measure, unsigned to)
{
    double differences[MOST_ROUNDS];
    for (unsigned i = 0; i < rounds; i++)
        differences[i] = measures[measure].samples[i] - measures[to].samples[i];
    qsort(differences, rounds, sizeof(double), by_size);
    return differences[rounds / 2];
}

int main(int argc, char **argv)
{
    FILE *json = NULL;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--quick") == 0)
            rounds = 11;
        else if (strcmp(argv[i], "--json") == 0 && i + 1 < argc)
            json = fopen(argv[++i], "w");
        else
            return fprintf(stderr, "usage: cost [--quick] [--json FILE]\n"), 2;
    }
    set_up();
    uint64_t allocations = allocations_of(line_of_ten) + allocations_of(line_with_20);
    measure_all();
    show_measures(json);
    /* "Does not grow": twice is far below the 100 times that growing with the number of variables would be. */
    const struct figure figures[] = {
        {"line with 10 bound fields, times the limit", 3, ratio(TEN, LIMIT), "x"},
        {"disabled call", 1, measures[DISABLED].median, "ns"},
        {"allocations in 200,000 lines", 0, (double)allocations, ""},
        {"20 context variables add to a line", 20, difference(TEN_AND_20, TEN), "ns"},
        {"scope among 100 variables, times a scope among none", 2, ratio(SCOPE_100, SCOPE), "x"},
        {"bind among 100 variables, times a bind among none", 2, ratio(REBIND_100, REBIND), "x"},
        {"swap to 100 variables, times a swap to none", 2, ratio(SWAP_100, SWAP), "x"},
        {"clear of 100 variables, times a clear of none", 2, ratio(CLEAR_100, CLEAR), "x"},
    };
    bool met = show_figures(figures, sizeof(figures) / sizeof(figures[0]), json);
    if (json != NULL)
        fclose(json);
    cleat_context_unref(with_20);
    cleat_context_unref(with_100);
    cleat_unref(disabled);
    cleat_unref(bound);
    return met ? 0 : 1;
}
