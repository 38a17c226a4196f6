/*
 * deferred.h - lines that an asynchronous sink's thread makes: what they are made of goes into the sink's lane.
 *
 * After all processors an event is a row of spans. Lists are immutable and stay where they are; own fields are copied,
 * key and all, for what they point to may be gone after the call. The sink's thread puts the event together again and
 * gives it to the same renderer, so the bytes are the same.
 */
#ifndef CLEAT_LOGGER_DEFERRED_H
#define CLEAT_LOGGER_DEFERRED_H

#include "renderers/renderer.h"
#include "sinks/sink.h"

/* Whether lines of a renderer may be made later, for a sink. */
bool cleat__can_defer(const cleat_sink *sink, const cleat_renderer *renderer);

/* Gives the event to the sink, if the two can defer. False: it is to be rendered now. */
bool cleat__defer_line(cleat_sink *sink, const cleat_renderer *renderer, cleat_event *event);

#endif
