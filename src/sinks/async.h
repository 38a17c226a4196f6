/*
 * async.h - how an asynchronous sink is given records that become lines later, on the sink's own thread, and lines by
 * callers who must not wait. Any other way of a line into the sink is cleat__sink_write().
 */
#ifndef CLEAT_SINKS_ASYNC_H
#define CLEAT_SINKS_ASYNC_H

#include "base/fence.h"
#include "sinks/async_sink.h"
#include "sinks/delivery.h"

/* Where a record is being put. */
struct cleat__deferral {
    struct cleat__lane *lane;
    struct cleat__record *record; /* its deferred, stamp, level and releases are to be set */
    char *payload;                /* aligned for any pointer */
    char *end;                    /* of the room for it */
};

/* Gives a line to a sink if it is an asynchronous one that has room for it and nobody has to wait. False: nothing has
   happened. */
bool cleat__sink_offer(cleat_sink *sink, const char *line, size_t length, int level);

/* Whether a sink takes such records at all. */
bool cleat__sink_can_defer(const cleat_sink *sink);

/* A longer one is none: to render a line that is so long costs no more than to copy its parts. */
#define CLEAT__LONGEST_DEFERRED ((size_t)4096)

/* The lane for a record; NULL where it is not the everyday case. */
struct cleat__lane *cleat__lane_to_defer(struct cleat__async_sink *self);

/* Wakes the backend if it is in this state or sleeps even more deeply. */
void cleat__wake_backend_from(struct cleat__async_sink *self, enum cleat__backend_state state);

/* The fence is for a backend that is about to sleep: either it sees the record, or we see that it sleeps. */
static inline void cleat__has_put(struct cleat__async_sink *self)
{
    cleat__fence_lightly();
    if (__builtin_expect(cleat__backend_state(self) == CLEAT__BACKEND_SLEEPING, 0))
        cleat__wake_backend_from(self, CLEAT__BACKEND_SLEEPING);
}

/* That lane when there is nothing to look at. */
static inline struct cleat__lane *cleat__lane_to_defer_at_hand(struct cleat__async_sink *self)
{
    const struct cleat__lane_at_hand *at_hand = &cleat__lanes_at_hand[self->lanes.number % CLEAT__LANES_AT_HAND];
    bool everyday = cleat__has_backend(self) && !atomic_load_explicit(&cleat__exiting, memory_order_relaxed) &&
                    at_hand->sink == self->lanes.number && !cleat__lane_should_look(at_hand->lane);
    return __builtin_expect(everyday, 1) ? at_hand->lane : cleat__lane_to_defer(self);
}

/*
 * Begins a record, which is to be ended at once by one of the next two. False where it is not the everyday case (inside
 * a sink, little room, no thread): then the line goes the way of all lines. reserve: room behind deferral->end.
 */
static inline bool cleat__begin_deferral(cleat_sink *sink, struct cleat__deferral *deferral, size_t reserve)
{
    if (cleat__inside != 0)
        return false;
    cleat__inside_enter();
    struct cleat__lane *lane = cleat__lane_to_defer_at_hand((struct cleat__async_sink *)sink);
    size_t room = lane != NULL ? cleat__lane_room(lane) : 0;
    if (__builtin_expect(room < sizeof(struct cleat__record) + reserve, 0)) {
        cleat__inside_leave();
        return false;
    }
    deferral->lane = lane;
    deferral->record = cleat__lane_place(lane);
    deferral->payload = (char *)(deferral->record + 1);
    deferral->end =
        (char *)deferral->record + (room < CLEAT__LONGEST_DEFERRED ? room : CLEAT__LONGEST_DEFERRED) - reserve;
    return true;
}

/* Nothing was put. */
static inline void cleat__cancel_deferral(void)
{
    cleat__inside_leave();
}

/* The payload reaches up to `end`. */
static inline void cleat__commit_deferral(cleat_sink *sink, const struct cleat__deferral *deferral, const char *end)
{
    size_t size = cleat__record_size((size_t)(end - deferral->payload));
    deferral->record->size = (uint32_t)size;
    deferral->record->is_answer = false;
    deferral->lane->keeper = deferral->record->deferred;
    cleat__lane_put(deferral->lane, size);
    cleat__lane_warm_up(deferral->lane);
    cleat__has_put((struct cleat__async_sink *)sink);
    cleat__inside_leave();
}

#endif
