/* clock.h - the time, and times as text. */
#ifndef CLEAT_BASE_CLOCK_H
#define CLEAT_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define CLEAT__SECOND INT64_C(1000000000)

/* Nanoseconds since 1970-01-01T00:00:00Z, as the kernel has them; a line's time is read from base/tick_clock.h. */
int64_t cleat__clock_kernel(void);

/* Nanoseconds since some moment; never goes back. */
int64_t cleat__clock_monotonic(void);

/* The same, a few milliseconds behind, for a quarter of the price. */
int64_t cleat__clock_coarse(void);

/* The longest text of a time: 2026-01-31T23:59:59.123456789+01:00. */
#define CLEAT__TIME_SIZE 40

/*
 * Writes a time in ISO 8601 as UTC with microseconds (nanoseconds where there are any), ending in Z.
 * Returns the end; no NUL. The rendered second is cached per thread.
 */
char *cleat__write_time(char *to, int64_t nanoseconds);

/* The same in local time with microseconds always, ending in its offset from UTC. */
char *cleat__write_local_timestamp(char *to, int64_t nanoseconds);

/* Six digits: the microseconds of a time. Returns the end. */
char *cleat__write_microseconds(char *to, int64_t nanoseconds);

/*
 * localtime_r(), which takes a lock: false in a signal handler that interrupted it here, which would wait for ever. The
 * child of a fork finds the lock free.
 */
bool cleat__local_time(int64_t seconds, struct tm *local);

/* Seconds that local time is ahead of UTC at a time. Looked up once in a quarter of an hour. */
int cleat__utc_offset(int64_t seconds);

/* Whole seconds of a time, rounded down, so that the rest is never negative. */
static inline int64_t cleat__whole_seconds(int64_t nanoseconds)
{
    int64_t seconds = nanoseconds / CLEAT__SECOND;
    return nanoseconds % CLEAT__SECOND < 0 ? seconds - 1 : seconds;
}

/* The nanoseconds of a time beyond its whole seconds. */
static inline uint32_t cleat__rest_of_second(int64_t nanoseconds)
{
    int64_t rest = nanoseconds % CLEAT__SECOND;
    return (uint32_t)(rest < 0 ? rest + CLEAT__SECOND : rest);
}

/* A time without what is finer than a microsecond. */
static inline int64_t cleat__whole_microseconds(int64_t nanoseconds)
{
    int64_t rest = nanoseconds % 1000;
    return nanoseconds - (rest < 0 ? rest + 1000 : rest);
}

#endif
