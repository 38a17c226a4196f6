#include "base/lock.h"

#include "base/alloc.h"

#define TRIES 1000

void cleat__lock(pthread_mutex_t *mutex)
{
    if (pthread_mutex_trylock(mutex) == 0)
        return;
    cleat__alloc_wait_begins();
    pthread_mutex_lock(mutex);
    cleat__alloc_wait_ends();
}

bool cleat__lock_unless_in_allocation(pthread_mutex_t *mutex)
{
    if (!cleat__alloc_is_interrupted()) {
        cleat__lock(mutex);
        return true;
    }
    for (int i = 0; i < TRIES; i++)
        if (pthread_mutex_trylock(mutex) == 0)
            return true;
    return false;
}

bool cleat__lock_until(pthread_mutex_t *mutex, const struct timespec *moment)
{
    cleat__alloc_wait_begins();
    bool locked = pthread_mutex_timedlock(mutex, moment) == 0;
    cleat__alloc_wait_ends();
    return locked;
}
