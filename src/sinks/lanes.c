#include "sinks/lanes.h"

#include <string.h>

#include "base/alloc.h"

void cleat__lanes_begin(struct cleat__lanes *lanes, size_t limit)
{
    static _Atomic uint64_t last_number;
    lanes->number = atomic_fetch_add(&last_number, 1) + 1;
    lanes->limit = (limit + 7) & ~(size_t)7; /* whole records: one that fills a lane fits into a batch */
}

/* Releases what waits in a lane. */
static void drop_all(struct cleat__lane *lane)
{
    uint64_t tail = cleat__lane_tail(lane);
    for (uint64_t at = cleat__lane_head(lane); at < tail;) {
        const struct cleat__record *record = cleat__lane_at(lane, at);
        at += record->size;
        if (record->releases)
            record->deferred->release(record + 1);
    }
    cleat__lane_take(lane, tail);
    atomic_store_explicit(&lane->in_batch, 0, memory_order_relaxed);
}

void cleat__lanes_end(struct cleat__lanes *lanes)
{
    struct cleat__lane *lane = lanes->first;
    while (lane != NULL) {
        struct cleat__lane *next = lane->next;
        drop_all(lane);
        cleat__lane_release_kept(lane);
        cleat__free(lane->ring);
        if (atomic_exchange(&lane->state, CLEAT__LANE_DEAD) == CLEAT__LANE_LEFT)
            cleat__free(lane);
        lane = next;
    }
}

bool cleat__lanes_are_empty(const struct cleat__lanes *lanes)
{
    for (const struct cleat__lane *lane = lanes->first; lane != NULL; lane = lane->next)
        if (!cleat__lane_is_empty(lane))
            return false;
    return true;
}

/* -- taking -- */

/*
 * A line that was logged because another thread's line had been must not come before it. So the lanes are looked at
 * twice: what the first look found is taken, and what the second one found, as far as it is older than that. Whatever
 * happened before a line that the first look found is there at the second.
 */
static unsigned look_twice(struct cleat__lanes *lanes)
{
    unsigned filled = 0;
    for (struct cleat__lane *lane = lanes->first; lane != NULL; lane = lane->next) {
        lane->first_tail = cleat__lane_tail(lane);
        filled += lane->first_tail != cleat__lane_head(lane);
    }
    for (struct cleat__lane *lane = lanes->first; lane != NULL && filled > 0; lane = lane->next)
        lane->last_tail = cleat__lane_tail(lane);
    return filled;
}

static bool has_record(const struct cleat__lane *lane)
{
    return cleat__lane_head(lane) < lane->last_tail;
}

/* The lane with the oldest record. *until becomes the stamp from which on another one has an older. */
static struct cleat__lane *oldest(const struct cleat__lanes *lanes, uint64_t *until)
{
    struct cleat__lane *found = NULL;
    uint64_t first = UINT64_MAX;
    *until = UINT64_MAX;
    for (struct cleat__lane *lane = lanes->first; lane != NULL; lane = lane->next) {
        if (!has_record(lane))
            continue;
        uint64_t stamp = cleat__lane_at(lane, cleat__lane_head(lane))->stamp;
        if (found == NULL || stamp < first) {
            *until = first;
            first = stamp;
            found = lane;
        } else if (stamp < *until) {
            *until = stamp;
        }
    }
    return found;
}

/* What is being taken. */
struct taking {
    char *batch;
    size_t length;
    size_t capacity;
    bool full;
};

static bool has_room(const struct taking *taking, size_t size)
{
    return taking->length == 0 || (size <= taking->capacity && taking->length <= taking->capacity - size);
}

/* Takes records of a lane up to a stamp, but at least one. */
static void take_run(struct taking *taking, struct cleat__lane *lane, uint64_t until)
{
    uint64_t head = cleat__lane_head(lane);
    uint64_t at = head;
    while (at < lane->last_tail) {
        const struct cleat__record *record = cleat__lane_at(lane, at);
        if (at > head && record->stamp > until)
            break;
        if (!has_room(taking, record->size)) {
            taking->full = true;
            break;
        }
        memcpy(taking->batch + taking->length, record, record->size);
        taking->length += record->size;
        at += record->size;
    }
    size_t in_batch = atomic_load_explicit(&lane->in_batch, memory_order_relaxed);
    /* Before the head: who sees the head sees this. */
    atomic_store_explicit(&lane->in_batch, in_batch + (size_t)(at - head), memory_order_relaxed);
    cleat__lane_take(lane, at);
}

size_t cleat__lanes_take(struct cleat__lanes *lanes, char *batch, size_t capacity)
{
    struct taking taking = {.batch = batch, .capacity = capacity};
    unsigned filled = look_twice(lanes);
    while (filled > 0 && !taking.full) {
        uint64_t until;
        struct cleat__lane *lane = oldest(lanes, &until);
        if (lane == NULL)
            break; /* never: a compiler cannot see that */
        bool was_before = cleat__lane_head(lane) < lane->first_tail;
        take_run(&taking, lane, until);
        if (was_before && cleat__lane_head(lane) >= lane->first_tail)
            filled--;
    }
    return taking.length;
}

static bool has_wanted_room(const struct cleat__lane *lane)
{
    return lane->wanted > 0 && cleat__lane_tail(lane) - cleat__lane_head(lane) <= lane->limit - lane->wanted;
}

bool cleat__lanes_end_batch(struct cleat__lanes *lanes)
{
    bool any = false;
    for (struct cleat__lane *lane = lanes->first; lane != NULL; lane = lane->next) {
        atomic_store_explicit(&lane->in_batch, 0, memory_order_relaxed);
        any |= has_wanted_room(lane);
    }
    return any;
}

void cleat__lanes_set_target(struct cleat__lanes *lanes)
{
    for (struct cleat__lane *lane = lanes->first; lane != NULL; lane = lane->next)
        lane->target = cleat__lane_tail(lane);
}

bool cleat__lanes_are_past_target(const struct cleat__lanes *lanes)
{
    for (const struct cleat__lane *lane = lanes->first; lane != NULL; lane = lane->next)
        if (cleat__lane_head(lane) < lane->target)
            return false;
    return true;
}

/* -- the ends of threads -- */

void cleat__lane_release_kept(struct cleat__lane *lane)
{
    if (lane->keeper != NULL)
        lane->keeper->release_kept(lane->kept);
    lane->keeper = NULL;
    cleat__lane_forget(lane);
}

struct cleat__lane *cleat__lanes_claim_left(struct cleat__lanes *lanes)
{
    for (struct cleat__lane *lane = lanes->first; lane != NULL; lane = lane->next) {
        int left = CLEAT__LANE_LEFT;
        if (atomic_load_explicit(&lane->state, memory_order_acquire) == left && lane->keeper != NULL &&
            cleat__lane_is_empty(lane) && atomic_compare_exchange_strong(&lane->state, &left, CLEAT__LANE_TAKEN))
            return lane;
    }
    return NULL;
}

/* A lane of this thread keeps what it keeps: a signal handler may have forked in the middle of a record. */
void cleat__lanes_after_fork(struct cleat__lanes *lanes)
{
    for (struct cleat__lane *lane = lanes->first; lane != NULL; lane = lane->next) {
        drop_all(lane);
        lane->target = 0;
        lane->wanted = 0;
        if (atomic_load(&lane->state) == CLEAT__LANE_LEFT || cleat__lane_is_mine(lane))
            continue;
        cleat__lane_release_kept(lane);
        cleat__lane_look(lane);
        atomic_store(&lane->state, CLEAT__LANE_LEFT);
    }
}
