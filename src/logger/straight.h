/* straight.h - the way of an event whose keys are known to be distinct, without looking them up. */
#ifndef CLEAT_LOGGER_STRAIGHT_H
#define CLEAT_LOGGER_STRAIGHT_H

#include "logger/call.h"
#include "logger/pipeline.h"

/* Finds out whether a pipeline's chain can go straight; called once, when the pipeline is made. */
void cleat__plan_straight(struct cleat__pipeline *pipeline);

/*
 * Fills an event with bound fields (NULL: none) and a call's, and runs the chain over it. False when that is not
 * possible: then nothing has happened, and the event goes the plain way, which comes to the same.
 */
bool cleat__go_straight(cleat_event *event, const struct cleat__pipeline *pipeline, const cleat_fields *bound,
                        const struct cleat__call *call);

#endif
