/* local_time.h - what the clock on the wall shows in a second: in the zone of the machine as it is at the moment, or in
   the one that a test put in its place. */
#ifndef CLEATPY_LOCAL_TIME_H
#define CLEATPY_LOCAL_TIME_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define CLEATPY_SECOND INT64_C(1000000000)

/* By which a change of the zone is noticed: time.tzset() sets all of them. */
struct cleatpy_zone_mark {
    const char *names[2];
    long west;
    int has_summer_time;
};

/*
 * The parts of a second of local time, tm_gmtoff and tm_zone among them. Where time is frozen
 * time.localtime() is asked for the zone, and else the C library. tm_zone lasts until the next call. 0, or -1: Python
 * error.
 */
int cleatpy_local_time(int64_t second, bool is_frozen, struct tm *parts);

/* Where the mark of the zone is kept when parts are. */
void cleatpy_mark_zone(struct cleatpy_zone_mark *mark);

/* Whether parts would be the same if they were asked for again. */
bool cleatpy_zone_is_as_marked(const struct cleatpy_zone_mark *mark);

/* Divides nanoseconds since 1970, which may be before it. */
static inline int64_t cleatpy_second_of(int64_t nanoseconds, uint32_t *microseconds)
{
    int64_t second = nanoseconds / CLEATPY_SECOND;
    int64_t rest = nanoseconds - second * CLEATPY_SECOND;
    if (rest < 0) {
        rest += CLEATPY_SECOND;
        second--;
    }
    *microseconds = (uint32_t)rest / 1000;
    return second;
}

#endif
