#include "logger/handover.h"

#include <pthread.h>
#include <time.h>

#include "base/clock.h"
#include "base/fork_locks.h"
#include "base/lock.h"
#include "logger/workspace.h"

#define LONGEST_WAIT (CLEAT__SECOND / 10)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct cleat__pipeline *retired;

__attribute__((constructor(103))) static void watch_forks(void)
{
    cleat__hold_across_forks(&lock, CLEAT__FORK_RETIRED);
}

/* Takes those out of the retired that no line uses any more. */
static struct cleat__pipeline *collect_unused(void)
{
    struct cleat__pipeline *unused = NULL;
    cleat__lock(&lock);
    struct cleat__pipeline **link = &retired;
    while (*link != NULL) {
        struct cleat__pipeline *pipeline = *link;
        if (cleat__pipeline_is_in_use(pipeline)) {
            link = &pipeline->next_retired;
        } else {
            *link = pipeline->next_retired;
            pipeline->next_retired = unused;
            unused = pipeline;
        }
    }
    pthread_mutex_unlock(&lock);
    return unused;
}

static void let_go(struct cleat__pipeline *pipeline)
{
    while (pipeline != NULL) {
        struct cleat__pipeline *next = pipeline->next_retired;
        cleat__pipeline_unref(pipeline);
        pipeline = next;
    }
}

static void wait_for_others(const struct cleat__pipeline *pipeline)
{
    const struct timespec pause = {0, 50000};
    int64_t end = cleat__clock_monotonic() + LONGEST_WAIT;
    while (!cleat__pipeline_is_in_use_here(pipeline) && cleat__pipeline_is_in_use(pipeline) &&
           cleat__clock_monotonic() < end)
        nanosleep(&pause, NULL);
}

void cleat__retire_pipeline(struct cleat__pipeline *pipeline)
{
    /* In the list of the retired it has one place: only its last owner may put it there. */
    if (pipeline == NULL || cleat__pipeline_unref_unless_last(pipeline))
        return;
    cleat__fence_all_threads();
    wait_for_others(pipeline);
    cleat__lock(&lock);
    pipeline->next_retired = retired;
    retired = pipeline;
    pthread_mutex_unlock(&lock);
    let_go(collect_unused());
}
