/*
 * deferred.h - lines that an asynchronous sink's thread makes: what they are made of goes into the sink's lane.
 *
 * After all processors an event is a row of spans. Lists are immutable and stay where they are; own fields are copied,
 * key and all, for what they point to may be gone after the call. The sink's thread puts the event together again and
 * gives it to the same renderer, so the bytes are the same.
 */
#ifndef CLEAT_LOGGER_DEFERRED_H
#define CLEAT_LOGGER_DEFERRED_H

#include "logger/straight.h"
#include "renderers/renderer.h"

/* Whether lines of a renderer may be made later, for a sink. */
bool cleat__can_defer(const cleat_sink *sink, const cleat_renderer *renderer);

/*
 * Gives what a call comes to on the straight way to the sink of a pipeline that defers calls, without putting an event
 * together: of the event, its facts are enough. False: nothing has happened.
 */
bool cleat__defer_call(cleat_event *event, const struct cleat__pipeline *pipeline, const struct cleat__way *way,
                       const struct cleat__call *call);

/* Gives the event to the sink, if the two can defer. False: it is to be rendered now. */
bool cleat__defer_line(cleat_sink *sink, cleat_renderer *renderer, cleat_event *event);

#endif
