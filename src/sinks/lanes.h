/* lanes.h - all lanes of one asynchronous sink: one for each thread that has logged to it. */
#ifndef CLEAT_SINKS_LANES_H
#define CLEAT_SINKS_LANES_H

#include "base/tls.h"
#include "sinks/lane.h"

struct cleat__lanes {
    uint64_t number; /* of the sink, never used twice */
    size_t limit;    /* for each lane */
    struct cleat__lane *first;
};

void cleat__lanes_begin(struct cleat__lanes *lanes, size_t limit);

/* Frees all of them. Records that are left are released, and no line. */
void cleat__lanes_end(struct cleat__lanes *lanes);

/* -- thread_lanes.c: the lane of this thread -- */

#define CLEAT__LANES_AT_HAND 4

struct cleat__lane_at_hand {
    uint64_t sink;
    struct cleat__lane *lane;
};

extern _Thread_local struct cleat__lane_at_hand cleat__lanes_at_hand[CLEAT__LANES_AT_HAND] CLEAT__TLS_MODEL;

/* The way of a lane that is not at hand. */
struct cleat__lane *cleat__lanes_find(const struct cleat__lanes *lanes);

/* That of this thread, or NULL: it has none yet. Inside of a sink only, as far as signal handlers are concerned. */
static inline struct cleat__lane *cleat__lanes_here(const struct cleat__lanes *lanes)
{
    const struct cleat__lane_at_hand *at_hand = &cleat__lanes_at_hand[lanes->number % CLEAT__LANES_AT_HAND];
    return __builtin_expect(at_hand->sink == lanes->number, 1) ? at_hand->lane : cleat__lanes_find(lanes);
}

/* One for this thread, which has none yet; NULL without memory. With the sink's lock. */
struct cleat__lane *cleat__lanes_join(struct cleat__lanes *lanes);

/* Whether a lane belongs to this thread. */
bool cleat__lane_is_mine(const struct cleat__lane *lane);

/* -- lanes.c: for whoever has the sink's lock -- */

bool cleat__lanes_are_empty(const struct cleat__lanes *lanes);

/*
 * Moves the oldest records of all lanes into a batch: at most `capacity` bytes, but at least one record if there is
 * any. Those of a lane keep their order, those of several come by their stamps. Returns the bytes.
 */
size_t cleat__lanes_take(struct cleat__lanes *lanes, char *batch, size_t capacity);

/* The batch has been written. Whether a thread that waits for room has it now. */
bool cleat__lanes_end_batch(struct cleat__lanes *lanes);

/* Notes what is in the lanes now, and says whether all that was noted last has been written. */
void cleat__lanes_set_target(struct cleat__lanes *lanes);
bool cleat__lanes_are_past_target(const struct cleat__lanes *lanes);

/* A lane whose thread has ended, that is empty, and keeps something; taken, until its state is set to LEFT again. */
struct cleat__lane *cleat__lanes_claim_left(struct cleat__lanes *lanes);

/* Lets go of what an empty lane keeps. Without the lock: that may call the program. */
void cleat__lane_release_kept(struct cleat__lane *lane);

/* In the child of a fork: what waits is the parent's, and the other threads are no more. */
void cleat__lanes_after_fork(struct cleat__lanes *lanes);

#endif
