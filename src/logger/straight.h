/* straight.h - the way of an event whose keys are known to be distinct, without looking them up. */
#ifndef CLEAT_LOGGER_STRAIGHT_H
#define CLEAT_LOGGER_STRAIGHT_H

#include "logger/call.h"
#include "logger/pipeline.h"

/* Finds out whether a pipeline's chain can go straight; called once, when the pipeline is made. */
void cleat__plan_straight(struct cleat__pipeline *pipeline);

/* So many of the logger's fields a call may override on the straight way. */
#define CLEAT__MOST_OVERRIDES 8

/* A field of the call, and where in the logger's list the field is that it overrides. */
struct cleat__override {
    uint32_t place;
    uint32_t field;
};

/* What is known of an event that can go straight. */
struct cleat__way {
    const cleat_fields *bound;     /* NULL: none */
    const cleat_fields *filled_in; /* NULL: none */
    uint64_t overriding;           /* a bit for each field of the call that overrides */
    uint32_t n_overrides;
    struct cleat__override overrides[CLEAT__MOST_OVERRIDES]; /* in the order of places */
};

/* Whether an event with bound fields (NULL: none) and those of a call can go straight, and how. Else it goes the plain
   way, which comes to the same. */
bool cleat__find_way(struct cleat__way *way, const struct cleat__pipeline *pipeline, const cleat_fields *bound,
                     const struct cleat__call *call);

/* The same on a chain that can go straight, with prepared keys of the call, and both lists set in *way. */
bool cleat__find_way_between(struct cleat__way *way, const struct cleat__pipeline *pipeline,
                             const struct cleat__call *call);

/* Fills an event, and runs the chain over it. */
void cleat__go_straight(cleat_event *event, const struct cleat__pipeline *pipeline, const struct cleat__way *way,
                        const struct cleat__call *call);

#endif
