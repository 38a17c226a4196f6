/*
 * async.h - how an asynchronous sink is given records that become lines later, on the sink's own thread. Any other way
 * of a line into the sink is cleat__sink_write().
 */
#ifndef CLEAT_SINKS_ASYNC_H
#define CLEAT_SINKS_ASYNC_H

#include "sinks/lane.h"
#include "sinks/sink.h"

/* Where a record is being put. */
struct cleat__deferral {
    struct cleat__lane *lane;
    struct cleat__record *record; /* its deferred, stamp, level and releases are to be set */
    char *payload;                /* aligned for any pointer */
    char *end;                    /* of the room for it */
};

/* Whether a sink takes such records at all. */
bool cleat__sink_can_defer(const cleat_sink *sink);

/*
 * Begins one, which is to be ended at once by one of the next two. False where it is not the everyday case (inside a
 * sink, little room, no thread): then the line goes the way of all lines.
 */
bool cleat__begin_deferral(cleat_sink *sink, struct cleat__deferral *deferral);

/* Nothing was put. */
void cleat__cancel_deferral(void);

/* The payload reaches up to `end`. */
void cleat__commit_deferral(cleat_sink *sink, const struct cleat__deferral *deferral, const char *end);

#endif
