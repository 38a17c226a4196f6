#include "base/clock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/fork_locks.h"
#include "base/lock.h"
#include "base/number.h"
#include "base/tls.h"

static int64_t read_clock(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * CLEAT__SECOND + now.tv_nsec;
}

int64_t cleat__clock_kernel(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t cleat__clock_monotonic(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t cleat__clock_coarse(void)
{
#ifdef CLOCK_MONOTONIC_COARSE
    return read_clock(CLOCK_MONOTONIC_COARSE);
#else
    return read_clock(CLOCK_MONOTONIC);
#endif
}

char *cleat__write_microseconds(char *to, int64_t nanoseconds)
{
    return cleat__write_six_digits(to, cleat__rest_of_second(nanoseconds) / 1000);
}

/*
 * The civil date of a day number, 0 being 1970-01-01, in the proleptic Gregorian calendar: years are counted from
 * March, so that the leap day is the last of its year, in cycles of 400 years (146,097 days).
 */
static void civil_from_days(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
    int64_t shifted = days + 719468; /* days from 0000-03-01 to 1970-01-01 */
    int64_t cycle = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    unsigned day_of_cycle = (unsigned)(shifted - cycle * 146097);
    unsigned year_of_cycle = (day_of_cycle - day_of_cycle / 1460 + day_of_cycle / 36524 - day_of_cycle / 146096) / 365;
    unsigned day_of_year = day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    unsigned month_from_march = (5 * day_of_year + 2) / 153;
    *day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    *month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    *year = (int64_t)year_of_cycle + cycle * 400 + (*month <= 2 ? 1 : 0);
}

/* "2026-01-31T23:59:59", 19 bytes: years of an int64_t of nanoseconds are 1677 to 2262. */
static char *write_second(char *to, int64_t seconds)
{
    int64_t days = seconds / 86400 - (seconds % 86400 < 0 ? 1 : 0);
    unsigned second_of_day = (unsigned)(seconds - days * 86400);
    int64_t year;
    unsigned month;
    unsigned day;
    civil_from_days(days, &year, &month, &day);
    to = cleat__write_digits(to, (uint32_t)year, 4);
    *to++ = '-';
    to = cleat__write_digits(to, month, 2);
    *to++ = '-';
    to = cleat__write_digits(to, day, 2);
    *to++ = 'T';
    to = cleat__write_digits(to, second_of_day / 3600, 2);
    *to++ = ':';
    to = cleat__write_digits(to, second_of_day / 60 % 60, 2);
    *to++ = ':';
    return cleat__write_digits(to, second_of_day % 60, 2);
}

#define TEXT_SIZE sizeof("2026-01-31T23:59:59.")

/* A second that was written lately, with the point behind it. */
struct cached_second {
    int64_t start; /* in nanoseconds */
    char text[TEXT_SIZE];
};

/*
 * Two of them: what a line tells of is not always now. While they are in use, a signal handler that wants a time goes
 * without; so does the first second of all times, whose start is not a time.
 */
struct cache {
    volatile bool in_use;
    uint8_t oldest;
    struct cached_second seconds[2];
};
CLEAT__THREAD_LOCAL struct cache cache = {.seconds = {{0, "1970-01-01T00:00:00."}, {0, "1970-01-01T00:00:00."}}};

static struct cached_second *cache_second(int64_t seconds)
{
    struct cached_second *second = &cache.seconds[cache.oldest];
    cache.oldest ^= 1;
    second->start = seconds * CLEAT__SECOND;
    *write_second(second->text, seconds) = '.';
    return second;
}

static bool is_within(const struct cached_second *second, int64_t nanoseconds)
{
    return (uint64_t)nanoseconds - (uint64_t)second->start < (uint64_t)CLEAT__SECOND;
}

/* "2026-01-31T23:59:59."; what is left of the time beyond the second goes into *rest. */
static char *write_second_and_point(char *to, int64_t nanoseconds, uint32_t *rest)
{
    if (cache.in_use || nanoseconds < INT64_MIN + CLEAT__SECOND) {
        *rest = cleat__rest_of_second(nanoseconds);
        to = write_second(to, cleat__whole_seconds(nanoseconds));
        *to++ = '.';
        return to;
    }
    cache.in_use = true;
    atomic_signal_fence(memory_order_seq_cst);
    const struct cached_second *second = &cache.seconds[0];
    if (!is_within(second, nanoseconds) && !is_within(++second, nanoseconds))
        second = cache_second(cleat__whole_seconds(nanoseconds));
    *rest = (uint32_t)(nanoseconds - second->start);
    memcpy(to, second->text, TEXT_SIZE - 1);
    atomic_signal_fence(memory_order_seq_cst);
    cache.in_use = false;
    return to + TEXT_SIZE - 1;
}

char *cleat__write_time(char *to, int64_t nanoseconds)
{
    uint32_t rest;
    to = write_second_and_point(to, nanoseconds, &rest);
    uint32_t microseconds = rest / 1000;
    to = rest == microseconds * 1000 ? cleat__write_six_digits(to, microseconds) : cleat__write_digits(to, rest, 9);
    *to++ = 'Z';
    return to;
}

char *cleat__write_local_timestamp(char *to, int64_t nanoseconds)
{
    int64_t seconds = cleat__whole_seconds(nanoseconds);
    int offset = cleat__utc_offset(seconds);
    unsigned minutes = (unsigned)(offset < 0 ? -offset : offset) / 60;
    uint32_t rest;
    to = write_second_and_point(to, nanoseconds + offset * CLEAT__SECOND, &rest);
    to = cleat__write_six_digits(to, rest / 1000);
    *to++ = offset < 0 ? '-' : '+';
    to = cleat__write_digits(to, minutes / 60, 2);
    *to++ = ':';
    return cleat__write_digits(to, minutes % 60, 2);
}

static pthread_mutex_t local_time_lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor(103))) static void watch_forks(void)
{
    cleat__hold_across_forks(&local_time_lock, CLEAT__FORK_LOCAL_TIME);
}

bool cleat__local_time(int64_t seconds, struct tm *local)
{
    CLEAT__THREAD_LOCAL volatile bool asking;
    if (asking)
        return false;
    asking = true;
    atomic_signal_fence(memory_order_seq_cst);
    cleat__lock(&local_time_lock);
    time_t time = (time_t)seconds;
    bool known = localtime_r(&time, local) != NULL;
    pthread_mutex_unlock(&local_time_lock);
    atomic_signal_fence(memory_order_seq_cst);
    asking = false;
    return known;
}

static int unpack_offset(int64_t packed)
{
    return packed != 0 ? (int)(packed & 0xFFFFF) - 0x80000 : 0;
}

/* Offsets change on quarters of an hour only, so one look-up serves the whole quarter: localtime_r() takes a lock
   and is slow. Quarter and offset are packed into one word, so that they are always read as a pair. */
int cleat__utc_offset(int64_t seconds)
{
    static _Atomic int64_t packed;
    int64_t quarter = seconds / 900 - (seconds % 900 < 0 ? 1 : 0);
    int64_t known = atomic_load_explicit(&packed, memory_order_relaxed);
    if (known != 0 && known >> 20 == quarter) /* an offset as it is packed is never 0 */
        return unpack_offset(known);
    struct tm local;
    if (!cleat__local_time(seconds, &local))
        return unpack_offset(known); /* that of a moment before is most likely right */
    int offset = (int)local.tm_gmtoff;
    atomic_store_explicit(&packed, (int64_t)((uint64_t)quarter << 20) | (offset + 0x80000), memory_order_relaxed);
    return offset;
}
