#include "sinks/lane.h"

#include <string.h>

#include "base/alloc.h"

/*
 * A ring that is found empty is begun anew after so many bytes. In the middle of a burst it is not empty; so for some
 * bytes more each record looks, until the first one of the next burst finds it so. No burst that is shorter than that
 * ever gets to memory that was not touched before, which would cost a caller more than anything else.
 */
#define WINDOW ((size_t)48 * 1024)
#define END_OF_WINDOW ((size_t)16 * 1024)
#define TOUCHED (WINDOW + END_OF_WINDOW)

struct cleat__lane *cleat__lane_new(size_t limit)
{
    size_t power = 64;
    while (power < limit)
        power *= 2;
    struct cleat__lane *lane = cleat__alloc_zero(sizeof(*lane));
    char *ring = cleat__alloc(power + limit + 8); /* a record is rounded up */
    if (lane == NULL || ring == NULL) {
        cleat__free(lane);
        cleat__free(ring);
        return NULL;
    }
    memset(ring, 0, limit < TOUCHED ? limit : TOUCHED); /* the kernel gives memory when it is first touched: now */
    lane->ring = ring;
    lane->mask = power - 1;
    lane->limit = limit;
    cleat__lane_look(lane);
    return lane;
}

static uint64_t next_look(const struct cleat__lane *lane, uint64_t tail, size_t room)
{
    uint64_t window = tail - atomic_load_explicit(&lane->base, memory_order_relaxed);
    if (window >= WINDOW && window < TOUCHED)
        return tail;
    uint64_t next = window < WINDOW ? WINDOW - window : WINDOW;
    return tail + (room / 2 < next ? room / 2 : next);
}

bool cleat__lane_look(struct cleat__lane *lane)
{
    uint64_t tail = atomic_load_explicit(&lane->tail, memory_order_relaxed);
    uint64_t head = atomic_load_explicit(&lane->head, memory_order_acquire);
    size_t in_use = (size_t)(tail - head) + atomic_load_explicit(&lane->in_batch, memory_order_relaxed);
    size_t room = in_use < lane->limit ? lane->limit - in_use : 0;
    if (head == tail && tail - atomic_load_explicit(&lane->base, memory_order_relaxed) >= WINDOW) {
        atomic_store_explicit(&lane->base, tail, memory_order_relaxed);
        lane->warm_up_to = tail;
    }
    lane->room_end = tail + room;
    lane->look_at = next_look(lane, tail, room);
    return in_use > lane->limit / 2;
}
