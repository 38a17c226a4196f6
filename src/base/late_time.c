#include "base/late_time.h"

#include <stdbool.h>

#include "base/tick_clock.h"
#include "base/tls.h"

__extension__ typedef __int128 int128;

#define TOLERANCE 1000   /* of the time between two looks, one part in so many is the clock being slewed */
#define SMALL_STEP 10000 /* nanoseconds; so much two looks may be wrong. A larger step is somebody setting it */

/* The last look of this thread, and how time went before it. */
struct looks {
    struct cleat__moment last;
    uint64_t rate; /* nanoseconds a tick, times 2^32 */
    int64_t latest;
};

CLEAT__THREAD_LOCAL struct looks looks;

static int64_t absolute(int64_t number)
{
    return number < 0 ? -number : number;
}

/* The rate between two looks, but the known one if the clock was set in between. */
static uint64_t rate_between(struct cleat__moment from, struct cleat__moment to)
{
    uint64_t known = atomic_load_explicit(&cleat__tick_rate, memory_order_relaxed);
    int64_t ticks = (int64_t)(to.stamp - from.stamp);
    int64_t time = to.time - from.time;
    if (from.time == 0 || ticks <= 0 || time <= 0)
        return known;
    int64_t expected = (int64_t)((int128)ticks * (int64_t)known >> 32);
    bool was_set = known != 0 && absolute(expected - time) > SMALL_STEP + time / TOLERANCE;
    return was_set ? known : (uint64_t)(((int128)time << 32) / ticks);
}

static void look(struct looks *self)
{
    struct cleat__moment now = cleat__tick_clock_moment();
    self->rate = rate_between(self->last, now);
    self->last = now;
}

int64_t cleat__late_time(uint64_t stamp)
{
    struct looks *self = &looks;
    if ((int64_t)(stamp - self->last.stamp) > 0)
        look(self);
    int64_t ago = (int64_t)(self->last.stamp - stamp);
    int64_t time = self->last.time - (ago > 0 ? (int64_t)((int128)ago * (int64_t)self->rate >> 32) : 0);
    if (time < self->latest && self->latest - time < SMALL_STEP)
        time = self->latest;
    return self->latest = time;
}
