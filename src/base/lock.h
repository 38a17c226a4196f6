/* lock.h - how a mutex is taken on the way of a line, where a signal handler may be the one that waits. */
#ifndef CLEAT_BASE_LOCK_H
#define CLEAT_BASE_LOCK_H

#include <pthread.h>
#include <stdbool.h>

/* Waits as long as it takes. */
void cleat__lock(pthread_mutex_t *mutex);

/*
 * For what a signal handler can do without. One that interrupted an allocation tries for some microseconds only: who
 * has the mutex may have been interrupted too, by a handler that waits for memory; and where signals come faster than
 * such handlers get done, neither of the two threads would ever come to give back what it has.
 */
bool cleat__lock_unless_in_allocation(pthread_mutex_t *mutex);

/* Waits until a moment of CLOCK_REALTIME, as pthread_mutex_timedlock() does; whether it has the mutex. */
bool cleat__lock_until(pthread_mutex_t *mutex, const struct timespec *moment);

#endif
