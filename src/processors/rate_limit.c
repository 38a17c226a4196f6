#include "base/clock.h"
#include "base/error.h"
#include "processors/processor.h"

/*
 * The token bucket in its form without a refill (the generic cell rate algorithm of ITU-T I.371, virtual scheduling):
 * a bucket is one number, the time at which the next event is due if events came evenly. An event that is early by
 * no more than the tolerance passes, and moves that time on by one interval. One compare-and-swap decides, so that
 * neither a thread nor a signal handler ever waits for another.
 */
struct bucket {
    _Atomic(const cleat_site *) site; /* whose it is; NULL: nobody's yet */
    _Atomic int64_t due;
    _Atomic uint64_t dropped; /* since the last event that passed */
};

#define BUCKETS ((size_t)2048)
#define PROBES ((size_t)64)

/* Intervals and tolerances are cut to some 36 years, so that times never overflow. */
#define LONGEST (INT64_MAX / 8)

/* An event may be this much older than one that another thread has let in. What is older still saw the clock set
   back: its bucket starts anew, or nothing would pass until the old time is reached. */
#define CLOCK_SLACK CLEAT__SECOND

struct rate_limit {
    cleat_processor head;
    cleat_key key;
    int64_t interval;
    int64_t tolerance;
    struct bucket siteless;
    struct bucket buckets[BUCKETS];
};

static bool belongs_to(struct bucket *bucket, const cleat_site *site)
{
    const cleat_site *owner = atomic_load_explicit(&bucket->site, memory_order_relaxed);
    if (owner == NULL && atomic_compare_exchange_strong_explicit(&bucket->site, &owner, site, memory_order_relaxed,
                                                                 memory_order_relaxed))
        return true;
    return owner == site;
}

/* A call site whose neighbourhood is taken shares the bucket that its address leads to. */
static struct bucket *bucket_of(struct rate_limit *self, const cleat_site *site)
{
    if (site == NULL)
        return &self->siteless;
    size_t home = (size_t)(((uint64_t)(uintptr_t)site * UINT64_C(0x9E3779B97F4A7C15)) >> 53); /* 11 bits: BUCKETS */
    for (size_t i = 0; i < PROBES; i++) {
        struct bucket *bucket = &self->buckets[(home + i) % BUCKETS];
        if (belongs_to(bucket, site))
            return bucket;
    }
    return &self->buckets[home];
}

static bool take_token(const struct rate_limit *self, struct bucket *bucket, int64_t now)
{
    int64_t due = atomic_load_explicit(&bucket->due, memory_order_relaxed);
    int64_t next;
    do {
        int64_t early = due > now ? due - now : 0;
        if (early > self->tolerance + self->interval + CLOCK_SLACK)
            early = 0;
        if (early > self->tolerance)
            return false;
        next = now + early + self->interval;
    } while (
        !atomic_compare_exchange_weak_explicit(&bucket->due, &due, next, memory_order_relaxed, memory_order_relaxed));
    return true;
}

static int limit(cleat_event *event, cleat_processor *processor)
{
    struct rate_limit *self = (struct rate_limit *)processor;
    struct bucket *bucket = bucket_of(self, event->site);
    if (!take_token(self, bucket, cleat_event_time(event))) {
        atomic_fetch_add_explicit(&bucket->dropped, 1, memory_order_relaxed);
        return CLEAT_DROP;
    }
    if (atomic_load_explicit(&bucket->dropped, memory_order_relaxed) == 0)
        return CLEAT_KEEP;
    uint64_t dropped = atomic_exchange_explicit(&bucket->dropped, 0, memory_order_relaxed);
    if (dropped > 0)
        cleat__event_set(event, &self->key, cleat_uint(dropped));
    return CLEAT_KEEP;
}

/* Rounded up, so that the long run never sees more than was asked for. */
static int64_t interval_of(double per_second)
{
    double exact = (double)CLEAT__SECOND / per_second;
    if (exact >= (double)LONGEST)
        return LONGEST;
    int64_t whole = (int64_t)exact;
    return (double)whole < exact ? whole + 1 : whole;
}

cleat_processor *cleat_rate_limit(double per_second, unsigned burst)
{
    if (!(per_second > 0) || per_second > 1e9)
        return cleat__fail_null(EINVAL, "rate_limit: per_second is %g; it must be above 0, and at most 1e9",
                                per_second);
    if (burst == 0)
        return cleat__fail_null(EINVAL, "rate_limit: burst is 0; it must be at least 1");
    struct rate_limit *self = cleat__processor_new(sizeof(*self), "rate_limit", limit);
    if (self == NULL)
        return NULL;
    cleat__key_prepare(&self->key, "rate_limited", 12);
    self->interval = interval_of(per_second);
    self->tolerance = burst - 1 <= LONGEST / self->interval ? self->interval * (burst - 1) : LONGEST;
    return &self->head;
}
