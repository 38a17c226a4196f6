/*
 * pipeline.h - a configuration in the form that lines run through: a flat row of processors, a flat row of handlers.
 */
#ifndef CLEAT_LOGGER_PIPELINE_H
#define CLEAT_LOGGER_PIPELINE_H

#include <stdatomic.h>

#include <cleat/config.h>

#include "model/event.h"

struct cleat__handler {
    char *name;
    _Atomic int level;
    cleat_filter_fn filter;
    void *filter_arg;
    cleat_renderer *renderer; /* the handler's own copy */
    cleat_sink *sink;
    bool defers; /* its lines may be made by the sink's thread; see deferred.h */
};

struct cleat__pipeline {
    _Atomic unsigned owners;
    int level;
    struct cleat__limits limits;
    cleat_threadlocal_class *context_class;
    size_t n_processors;
    cleat_processor **processors;
    size_t n_handlers;
    struct cleat__handler *handlers;
    uint64_t straight_id;         /* see straight.h; 0: its chain cannot go straight */
    const cleat_key **fixed_keys; /* those that its chain sets on each event, and `event` */
    uint32_t n_fixed_keys;
    const cleat_fields *(*filled_in)(void); /* what gives the list that its chain fills in; NULL: it fills in none */
    struct cleat__recipe *recipe;           /* its calls may wait; see deferred_call.h. NULL: not so */
    struct cleat__pipeline *next_retired;
};

/* Makes one, with one owner. The parts of config are taken over, on failure too. NULL, with a message. */
struct cleat__pipeline *cleat__pipeline_new(const cleat_config *config);

/* Whether this thread is making one: then a signal handler must not, for there are locks on the way. */
bool cleat__pipeline_is_being_made_here(void);

/* One like another, with one handler more (whose parts are taken over, on failure too), or without one. NULL, with a
 * message. */
struct cleat__pipeline *cleat__pipeline_with(const struct cleat__pipeline *pipeline, const cleat_handler *handler);
struct cleat__pipeline *cleat__pipeline_without(const struct cleat__pipeline *pipeline, const char *handler_name);

/* Gives up the parts of a handler that is not to be. */
void cleat__release_handler(const cleat_handler *handler);

/* The handler of a name, or NULL. */
struct cleat__handler *cleat__pipeline_handler(const struct cleat__pipeline *pipeline, const char *name);

/* The level from which on any handler takes a line. */
int cleat__pipeline_threshold(const struct cleat__pipeline *pipeline);

void cleat__pipeline_ref(struct cleat__pipeline *pipeline);

/* One owner less, unless it is the last one; whether it was not. */
bool cleat__pipeline_unref_unless_last(struct cleat__pipeline *pipeline);

/* One owner less; the last one closes the sinks and frees. NULL is allowed. */
void cleat__pipeline_unref(struct cleat__pipeline *pipeline);

#endif
