/*
 * tick_clock.h - the time of day for the price of reading the processor's counter of ticks (x86's TSC), where the
 * kernel's own clock rests on the same counter.
 *
 * Each thread looks at the kernel's clock once in a millisecond and counts on from there: what sets or slews the clock
 * is seen that soon, and the error between two looks is some nanoseconds. The rate of the counter is measured again and
 * again, and believed when two measurements agree; until then, and wherever the counter is not to be trusted, each
 * reading is the kernel's.
 */
#ifndef CLEAT_BASE_TICK_CLOCK_H
#define CLEAT_BASE_TICK_CLOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/tls.h"

struct cleat__tick_clock {
    uint64_t ticks;   /* of the counter when this thread looked at the kernel's clock */
    uint64_t trusted; /* so many ticks further on it has to look again; 0: at once */
    uint64_t rate;    /* nanoseconds a tick, times 2^32 */
    int64_t time;     /* what it saw: nanoseconds since 1970-01-01T00:00:00Z */
};

extern _Thread_local struct cleat__tick_clock cleat__tick_clock CLEAT__TLS_MODEL;

/* Nanoseconds a tick, times 2^32; 0: not known, each reading is the kernel's. */
extern _Atomic uint64_t cleat__tick_rate;

/* What the counter and the kernel's clock said at the same time; without a counter, the latter twice. */
struct cleat__moment {
    uint64_t stamp;
    int64_t time;
};

/* Looks at both as exactly as may be, for late_time.h. */
struct cleat__moment cleat__tick_clock_moment(void);

/* The way of a thread that has to look at the kernel's clock. Safe in a signal handler. */
int64_t cleat__tick_clock_look(uint64_t *stamp);

/*
 * The time. Threads' times differ by some nanoseconds, as their looks do, so they do not tell what came first; *stamp
 * does: it is the counter itself, where that is trusted at all.
 */
static inline int64_t cleat__tick_clock_read(uint64_t *stamp)
{
#ifdef __x86_64__
    const volatile struct cleat__tick_clock *clock = &cleat__tick_clock;
    uint64_t ticks = clock->ticks;
    *stamp = __builtin_ia32_rdtsc();
    uint64_t since = *stamp - ticks;
    bool trusted = since < clock->trusted;
    int64_t time = clock->time + (int64_t)(since * clock->rate >> 32);
    /* A signal handler that looked in between has changed them all. */
    if (__builtin_expect(trusted && clock->ticks == ticks, 1))
        return time;
#endif
    return cleat__tick_clock_look(stamp);
}

/* To be called before a stamp by which lines of several threads are put in order: or the processor may read the counter
   before it has seen what another thread did, and the line that was an answer would come before its question. */
static inline void cleat__order_stamp(void)
{
#ifdef __x86_64__
    __builtin_ia32_lfence();
#endif
}

/* A stamp whose time is worked out later, by late_time.h: then 0. Where that is not to be had, the time. */
static inline int64_t cleat__stamp_now(uint64_t *stamp)
{
    cleat__order_stamp();
#ifdef __x86_64__
    if (__builtin_expect(atomic_load_explicit(&cleat__tick_rate, memory_order_relaxed) != 0, 1)) {
        *stamp = __builtin_ia32_rdtsc();
        return 0;
    }
#endif
    return cleat__tick_clock_look(stamp);
}

#endif
