/*
 * random_line.h - one line and all that it depends on, made from bytes: the configuration, what the logger has bound,
 * what the context has, and what the call says.
 */
#ifndef TESTS_RANDOM_LINE_H
#define TESTS_RANDOM_LINE_H

#include <stdio.h>

#include "random_fields.h"

enum {
    MOST_FIELDS = 280,
    NUMBERED_KEYS = 600,
    FEW_FIELDS = 9,
    MOST_CALL_FIELDS = 12,
    LONGEST_CHAIN = 4
};

struct random_fields {
    size_t count;
    cleat_field fields[MOST_FIELDS];
};

enum random_step {
    NO_STEP,
    MERGE_CONTEXT,
    ADD_LEVEL,
    ADD_TIMESTAMP,
    ADD_NAME
};

enum random_renderer {
    JSON_LINES,
    LOGFMT_LINES,
    KEYVALUE_LINES,
    CONSOLE_LINES
};

struct random_line {
    struct source source;
    enum random_step chain[LONGEST_CHAIN];
    enum random_renderer renderer;
    bool sorted;
    cleat_json_options json;
    size_t max_value_bytes;
    size_t max_line_bytes;
    unsigned max_depth;
    int level;
    struct random_fields bound;
    struct random_fields context;
    size_t n_call;
    cleat_field call[MOST_CALL_FIELDS + 1]; /* the first is the event */
    bool literal[MOST_CALL_FIELDS + 1];     /* the call site knows the key, or the event's text */
    unsigned chunk;                         /* so many fields at once, where they are bound one after the other */
    unsigned overrides;                     /* so often other values are bound before */
    bool asynchronous;                      /* try that too, which takes longer */
};

static void take_chain(struct random_line *line)
{
    static const enum random_step chains[][LONGEST_CHAIN] = {
        {MERGE_CONTEXT, ADD_LEVEL, ADD_TIMESTAMP},
        {NO_STEP},
        {MERGE_CONTEXT},
        {ADD_LEVEL, ADD_TIMESTAMP, MERGE_CONTEXT},
        {ADD_TIMESTAMP, MERGE_CONTEXT, ADD_LEVEL},
        {ADD_LEVEL},
        {ADD_NAME, MERGE_CONTEXT, ADD_LEVEL, ADD_TIMESTAMP},
        {MERGE_CONTEXT, ADD_LEVEL, MERGE_CONTEXT, ADD_LEVEL},
    };
    memcpy(line->chain, chains[take_below(&line->source, sizeof(chains) / sizeof(chains[0]))], sizeof(line->chain));
}

/* Few different ones: the engine remembers each way to write a field for ever. */
static void take_limits(struct random_line *line)
{
    static const size_t value_bytes[] = {0, 1, 7, 8, 16, 20, 40, 0};
    static const size_t line_bytes[] = {0, 1024, 1100, 0};
    static const unsigned depths[] = {0, 1, 2, 3, 100};
    line->max_value_bytes = value_bytes[take_below(&line->source, 8)];
    line->max_line_bytes = line_bytes[take_below(&line->source, 4)];
    line->max_depth = depths[take_below(&line->source, 5)];
}

static void take_renderer(struct random_line *line)
{
    unsigned choice = take_below(&line->source, 32);
    line->renderer = choice < 24 ? JSON_LINES : LOGFMT_LINES + choice % 3;
    line->sorted = (choice & 4) != 0;
    line->json = (cleat_json_options){.ascii = (choice & 1) != 0, .spaced = (choice & 2) != 0};
}

/* Keys of which there are many. */
static const char *numbered_key(unsigned number)
{
    static char keys[NUMBERED_KEYS][8];
    char *key = keys[number % NUMBERED_KEYS];
    snprintf(key, sizeof(keys[0]), "k%u", number % NUMBERED_KEYS);
    return key;
}

static void take_few_fields(struct source *source, struct random_fields *fields)
{
    for (size_t i = 0; i < fields->count; i++)
        fields->fields[i] = take_field(source);
}

/* Numbered ones, and others between them. */
static void take_many_fields(struct source *source, struct random_fields *fields)
{
    unsigned distance = 1 + take_below(source, 64);
    unsigned first = take_below(source, 256);
    for (unsigned i = 0; i < fields->count; i++)
        if (i % distance == distance - 1 && source->at < source->end)
            fields->fields[i] = take_field(source);
        else
            fields->fields[i] = (cleat_field){numbered_key(first + i), cleat_uint(i)};
}

/* Nearly all lists are short; some are longer than tables and masks like them, or than a short line takes. */
static void take_fields(struct source *source, struct random_fields *fields)
{
    unsigned choice = (unsigned)take_bytes(source, 1);
    if (choice < 240) {
        fields->count = choice % FEW_FIELDS;
        take_few_fields(source, fields);
    } else {
        fields->count = choice < 250 ? 20 : choice < 255 ? 70 : MOST_FIELDS;
        take_many_fields(source, fields);
    }
}

/* Many a call overrides what is bound. */
static cleat_field take_call_field(struct random_line *line)
{
    struct source *source = &line->source;
    if (line->bound.count == 0 || take_below(source, 3) != 0)
        return take_field(source);
    cleat_field field;
    field.key = line->bound.fields[take_bytes(source, 2) % line->bound.count].key;
    field.value = take_value(source, 0);
    return field;
}

/* Literals end at their first NUL. Most calls are of literals alone: only they go straight. */
static void take_call(struct random_line *line)
{
    struct source *source = &line->source;
    bool all_literal = take_below(source, 4) != 3;
    line->n_call = take_below(source, MOST_CALL_FIELDS + 1);
    line->literal[0] = all_literal || take_below(source, 2) == 0;
    size_t length;
    line->call[0].key = "event";
    line->call[0].value = line->literal[0] ? cleat_string(take_text(source, &length)) : take_value(source, 0);
    for (size_t i = 1; i <= line->n_call; i++) {
        line->literal[i] = all_literal || take_below(source, 2) == 0;
        line->call[i] = take_call_field(line);
    }
}

RANDOM_UNUSED static void take_line(struct random_line *line, const uint8_t *data, size_t size)
{
    static const int levels[] = {CLEAT_INFO, CLEAT_ERROR, CLEAT_DEBUG, CLEAT_WARNING, 7, 33};
    struct source *source = &line->source;
    begin_source(source, data, size);
    take_chain(line);
    take_renderer(line);
    take_limits(line);
    line->level = levels[take_below(source, sizeof(levels) / sizeof(levels[0]))];
    line->chunk = 1 + take_below(source, 8);
    line->overrides = take_below(source, 12);
    line->asynchronous = take_below(source, 8) == 7;
    take_fields(source, &line->bound);
    take_fields(source, &line->context);
    take_call(line);
}

#endif
