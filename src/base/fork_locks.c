#include "base/fork_locks.h"

#include <stddef.h>

#include "base/lock.h"

static pthread_mutex_t *locks[CLEAT__FORK_LOCKS];

static void lock_all(void)
{
    for (size_t i = 0; i < CLEAT__FORK_LOCKS; i++)
        if (locks[i] != NULL)
            cleat__lock(locks[i]);
}

static void unlock_all(void)
{
    for (size_t i = CLEAT__FORK_LOCKS; i > 0; i--)
        if (locks[i - 1] != NULL)
            pthread_mutex_unlock(locks[i - 1]);
}

void cleat__hold_across_forks(pthread_mutex_t *lock, enum cleat__fork_order order)
{
    locks[order] = lock;
}

/* Behind the memory pool, which holders of these locks may need, and before the sinks, whose callbacks may take them.
 */
__attribute__((constructor(102))) static void watch_forks(void)
{
    pthread_atfork(lock_all, unlock_all, unlock_all);
}
