/*
 * recipe.h - what a sink's thread needs of a pipeline to make a line of a call: the renderer, and the fields that the
 * chain makes. It has owners of its own, for it is in use until the last such line is written, and a pipeline keeps its
 * sinks alive.
 */
#ifndef CLEAT_LOGGER_RECIPE_H
#define CLEAT_LOGGER_RECIPE_H

#include "logger/pipeline.h"
#include "processors/processor.h"

struct cleat__recipe {
    _Atomic unsigned owners;
    uint32_t n_steps;
    uint32_t n_before_list;                 /* so many of them before the chain fills in its list */
    const cleat_fields *(*filled_in)(void); /* what gives that list; NULL: it fills in none */
    cleat_renderer *renderer;
    cleat_sink *sink;         /* the pipeline's: for who uses the pipeline */
    cleat_processor *steps[]; /* those that make a field */
};

/* That of a pipeline whose chain goes straight, for its first handler. NULL without memory. */
struct cleat__recipe *cleat__recipe_new(const struct cleat__pipeline *pipeline);

struct cleat__recipe *cleat__recipe_ref(struct cleat__recipe *recipe);
void cleat__recipe_unref(struct cleat__recipe *recipe);

#endif
