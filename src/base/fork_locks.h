/* fork_locks.h - mutexes that a child of fork() may need: held across the fork, so that none is left locked in the
 * child. */
#ifndef CLEAT_BASE_FORK_LOCKS_H
#define CLEAT_BASE_FORK_LOCKS_H

#include <pthread.h>

/* The order in which they are taken, which is that in which code takes one inside another. */
enum cleat__fork_order {
    CLEAT__FORK_NAMED_LOGGERS,
    CLEAT__FORK_CONFIGURATION,
    CLEAT__FORK_RETIRED,
    CLEAT__FORK_FORMATS,
    CLEAT__FORK_LEVELS,
    CLEAT__FORK_LOCAL_TIME,
    CLEAT__FORK_LOCKS
};

/* Has a lock held across forks. Call it before main(), in a constructor. */
void cleat__hold_across_forks(pthread_mutex_t *lock, enum cleat__fork_order order);

#endif
