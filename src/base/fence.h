/* fence.h - memory fences whose price the rare side pays, by membarrier(2), where the kernel has it. */
#ifndef CLEAT_BASE_FENCE_H
#define CLEAT_BASE_FENCE_H

#include <stdatomic.h>
#include <stdbool.h>

/* False where membarrier(2) is not to be had: then the frequent side has a fence of its own. */
extern bool cleat__light_fence;

/* For the frequent side: what it has written is seen by who calls cleat__fence_all_threads(), before what it reads. */
static inline void cleat__fence_lightly(void)
{
    if (__builtin_expect(cleat__light_fence, 1))
        atomic_signal_fence(memory_order_seq_cst);
    else
        atomic_thread_fence(memory_order_seq_cst);
}

/* For the rare side: after this, what another thread wrote before its light fence is seen here. */
void cleat__fence_all_threads(void);

#endif
