#include <pthread.h>

#include "base/alloc.h"
#include "sinks/lanes.h"

_Thread_local struct cleat__lane_at_hand cleat__lanes_at_hand[CLEAT__LANES_AT_HAND] CLEAT__TLS_MODEL;

/* All lanes of the thread, in any sinks. */
CLEAT__THREAD_LOCAL struct cleat__lane *mine;

/* -- the end of a thread -- */

static pthread_key_t exit_key;
static bool has_exit_key; /* without one, a thread that ends leaves its lanes behind */

/* Who comes last, the sink or the thread, frees a lane. */
static void leave(struct cleat__lane *lane)
{
    int taken = CLEAT__LANE_TAKEN;
    if (!atomic_compare_exchange_strong(&lane->state, &taken, CLEAT__LANE_LEFT))
        cleat__free(lane);
}

static void leave_all(void *unused)
{
    (void)unused;
    struct cleat__lane *lane = mine;
    mine = NULL; /* a signal handler that logs from here on gets other lanes */
    for (unsigned i = 0; i < CLEAT__LANES_AT_HAND; i++)
        cleat__lanes_at_hand[i].sink = 0;
    atomic_signal_fence(memory_order_seq_cst);
    while (lane != NULL) {
        struct cleat__lane *next = lane->next_here;
        leave(lane);
        lane = next;
    }
}

/* Before main(), so that no line has to wait for it, not even one in a signal handler. */
__attribute__((constructor(103))) static void make_exit_key(void)
{
    has_exit_key = pthread_key_create(&exit_key, leave_all) == 0;
}

/* -- finding -- */

bool cleat__lane_is_mine(const struct cleat__lane *lane)
{
    return lane->thread == (const void *)&mine;
}

static struct cleat__lane *have_at_hand(struct cleat__lane *lane)
{
    cleat__lanes_at_hand[lane->sink % CLEAT__LANES_AT_HAND] = (struct cleat__lane_at_hand){lane->sink, lane};
    return lane;
}

struct cleat__lane *cleat__lanes_find(const struct cleat__lanes *lanes)
{
    for (struct cleat__lane *lane = mine; lane != NULL; lane = lane->next_here)
        if (lane->sink == lanes->number)
            return have_at_hand(lane);
    return NULL;
}

/* -- joining -- */

/* A thread that outlives many sinks does not keep their lanes. */
static void free_dead(void)
{
    struct cleat__lane **link = &mine;
    while (*link != NULL) {
        struct cleat__lane *lane = *link;
        if (atomic_load_explicit(&lane->state, memory_order_acquire) == CLEAT__LANE_DEAD) {
            *link = lane->next_here;
            cleat__free(lane);
        } else {
            link = &lane->next_here;
        }
    }
}

static struct cleat__lane *take_left_one(struct cleat__lanes *lanes)
{
    for (struct cleat__lane *lane = lanes->first; lane != NULL; lane = lane->next) {
        int left = CLEAT__LANE_LEFT;
        if (atomic_compare_exchange_strong(&lane->state, &left, CLEAT__LANE_TAKEN))
            return lane;
    }
    return NULL;
}

static struct cleat__lane *add_lane(struct cleat__lanes *lanes)
{
    struct cleat__lane *lane = cleat__lane_new(lanes->limit);
    if (lane == NULL)
        return NULL;
    lane->sink = lanes->number;
    lane->next = lanes->first;
    lanes->first = lane;
    return lane;
}

struct cleat__lane *cleat__lanes_join(struct cleat__lanes *lanes)
{
    free_dead();
    struct cleat__lane *lane = take_left_one(lanes);
    if (lane == NULL)
        lane = add_lane(lanes);
    if (lane == NULL)
        return NULL;
    lane->thread = &mine;
    if (has_exit_key)
        pthread_setspecific(exit_key, &mine);
    lane->next_here = mine;
    mine = lane;
    return have_at_hand(lane);
}
