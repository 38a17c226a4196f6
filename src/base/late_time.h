/*
 * late_time.h - the time of a stamp that was taken a while ago (tick_clock.h), for a thread that has the time to look
 * at the clock: between two looks time is interpolated.
 */
#ifndef CLEAT_BASE_LATE_TIME_H
#define CLEAT_BASE_LATE_TIME_H

#include <stdint.h>

/* Nanoseconds since 1970-01-01T00:00:00Z. For stamps in order, and each thread that asks, the time does not go back for
   less than somebody setting the clock. */
int64_t cleat__late_time(uint64_t stamp);

#endif
