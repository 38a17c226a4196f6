/* processor.h - what all processors share. */
#ifndef CLEAT_PROCESSORS_PROCESSOR_H
#define CLEAT_PROCESSORS_PROCESSOR_H

#include <stdatomic.h>

#include <cleat/processor.h>

#include "model/event.h"

/*
 * What a processor does to each event, where that is all that it does: it fills in a list, or it sets one field.
 * A chain of such steps need not look keys up on the way of a line (logger/straight.c).
 */
struct cleat__effect {
    const cleat_fields *(*list)(void); /* the list, or NULL when it is empty */
    const cleat_key *key;              /* the field's key */
    /* and its value, of nothing but the event's level and time: it may be called later, on another thread */
    void (*make)(cleat_event *event, const cleat_processor *processor, cleat_value *value);
};

/*
 * The beginning of every processor. A built-in kind embeds it as its first member; run() may be called from
 * any number of threads at once.
 */
struct cleat_processor {
    int (*run)(cleat_event *event, cleat_processor *processor); /* CLEAT_KEEP, CLEAT_DROP or a negative errno value */
    void (*destroy)(cleat_processor *processor);                /* frees what it owns besides itself; NULL: nothing */
    struct cleat__effect effect;                                /* all NULL: it does more, or not always that */
    const char *name;
    _Atomic unsigned owners;
};

/* run() for processors with one effect. */
int cleat__run_effect(cleat_event *event, cleat_processor *processor);

/* Allocates one of the given size (its whole struct, zeroed behind the head). NULL, with a message, without memory. */
void *cleat__processor_new(size_t size, const char *name, int (*run)(cleat_event *event, cleat_processor *processor));

#endif
