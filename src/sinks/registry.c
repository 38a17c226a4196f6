#include "sinks/registry.h"

#include <errno.h>
#include <time.h>

#include "base/clock.h"
#include "base/lock.h"
#include "base/tls.h"
#include "sinks/delivery.h"

/* How long a fork waits for the locks of all sinks, and for one: a sink may be stuck in writing to a full pipe. */
#define FORK_PATIENCE (2 * CLEAT__SECOND)
#define FORK_PATIENCE_EACH (CLEAT__SECOND / 5)

static pthread_mutex_t registry = PTHREAD_MUTEX_INITIALIZER;
static cleat_sink *first;
CLEAT__THREAD_LOCAL volatile bool has_registry;

void cleat__registry_lock(void)
{
    cleat__inside_enter();
    has_registry = true;
    cleat__lock(&registry);
}

void cleat__registry_unlock(void)
{
    pthread_mutex_unlock(&registry);
    has_registry = false;
    cleat__inside_leave();
}

bool cleat__registry_is_mine(void)
{
    return has_registry;
}

static bool lock_until(pthread_mutex_t *mutex, int64_t deadline)
{
    struct timespec until = {.tv_sec = (time_t)(deadline / CLEAT__SECOND), .tv_nsec = (long)(deadline % CLEAT__SECOND)};
    return cleat__lock_until(mutex, &until);
}

/*
 * A fork copies one thread and all locks. So it takes the locks first; then what they guard is whole in the child.
 * A lock that cannot be had in time is made anew in the child all the same. A fork from inside a callback leaves
 * that sink's lock alone: the thread goes on in both processes and gives it back.
 */
static void before_fork(void)
{
    int64_t now = cleat__clock_kernel();
    int64_t last = now + FORK_PATIENCE;
    cleat__inside_enter();
    has_registry = lock_until(&registry, last);
    for (cleat_sink *sink = has_registry ? first : NULL; sink != NULL; sink = sink->next) {
        int64_t deadline = cleat__clock_kernel() + FORK_PATIENCE_EACH;
        sink->locked_for_fork =
            !cleat__sink_is_mine(sink) && lock_until(&sink->lock, deadline < last ? deadline : last);
    }
}

static void after_fork_in_parent(void)
{
    for (cleat_sink *sink = has_registry ? first : NULL; sink != NULL; sink = sink->next) {
        if (sink->locked_for_fork)
            pthread_mutex_unlock(&sink->lock);
        sink->locked_for_fork = false;
    }
    if (has_registry)
        pthread_mutex_unlock(&registry);
    has_registry = false;
    cleat__inside_leave();
}

/* A lock that was taken for the fork is given back; one that another thread had, who is not in the child, begins anew.
 */
static void free_lock(pthread_mutex_t *lock, bool taken_here)
{
    if (taken_here)
        pthread_mutex_unlock(lock);
    else
        pthread_mutex_init(lock, NULL);
}

static void begin_anew(cleat_sink *sink)
{
    if (!cleat__sink_is_mine(sink)) {
        free_lock(&sink->lock, sink->locked_for_fork);
        atomic_store_explicit(&sink->holder, NULL, memory_order_relaxed);
    }
    sink->locked_for_fork = false;
    if (sink->cls->after_fork != NULL)
        sink->cls->after_fork(sink);
}

static void after_fork_in_child(void)
{
    free_lock(&registry, has_registry);
    has_registry = false;
    for (cleat_sink *sink = first; sink != NULL; sink = sink->next)
        begin_anew(sink);
    cleat__drop_held_lines();
    cleat__inside_leave();
}

/* Not when the first sink is made: that may be in a signal handler, which must not wait for a pthread_once(). */
__attribute__((constructor(103))) static void watch_forks(void)
{
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

cleat_sink *cleat__sink_enter(void *entered)
{
    cleat_sink *sink = entered;
    cleat__registry_lock();
    sink->next = first;
    sink->link = &first;
    if (first != NULL)
        first->link = &sink->next;
    first = sink;
    cleat__registry_unlock();
    return sink;
}

void cleat__registry_remove(cleat_sink *sink)
{
    cleat__registry_lock();
    if (sink->link != NULL)
        *sink->link = sink->next;
    if (sink->next != NULL)
        sink->next->link = sink->link;
    sink->link = NULL;
    cleat__registry_unlock();
}

/* One more owner, unless the last has gone already. */
static bool ref_if_owned(cleat_sink *sink)
{
    unsigned owners = atomic_load(&sink->owners);
    while (owners > 0)
        if (atomic_compare_exchange_weak(&sink->owners, &owners, owners + 1))
            return true;
    return false;
}

cleat_sink *cleat__sink_next(cleat_sink *sink)
{
    cleat__registry_lock();
    cleat_sink *next = sink == NULL ? first : sink->next;
    while (next != NULL && !ref_if_owned(next))
        next = next->next;
    cleat__registry_unlock();
    cleat_sink_unref(sink);
    return next;
}
