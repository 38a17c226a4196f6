/*
 * handover.h - how a pipeline is used by lines without a lock, and let go when no line uses it any more.
 *
 * A line writes down which pipeline it runs through (a hazard pointer: M. M. Michael, "Hazard Pointers: Safe Memory
 * Reclamation for Lock-Free Objects", IEEE TPDS 15(6), 2004), and looks whether that is still the one in force. Whoever
 * replaces it waits until nobody has it written down. The fence that this needs between writing and looking is on
 * the replacing side only, where membarrier(2) puts one into every running thread.
 */
#ifndef CLEAT_LOGGER_HANDOVER_H
#define CLEAT_LOGGER_HANDOVER_H

#include <stdatomic.h>

#include "base/fence.h"
#include "logger/pipeline.h"

/* The pipeline at `place`, which stays until *mark is set to NULL or to another. */
static inline struct cleat__pipeline *cleat__use_pipeline(_Atomic(struct cleat__pipeline *) *mark,
                                                          _Atomic(struct cleat__pipeline *) *place)
{
    for (;;) {
        struct cleat__pipeline *pipeline = atomic_load_explicit(place, memory_order_acquire);
        if (__builtin_expect(cleat__light_fence, 1)) {
            atomic_store_explicit(mark, pipeline, memory_order_relaxed);
            atomic_signal_fence(memory_order_seq_cst);
        } else {
            atomic_store_explicit(mark, pipeline, memory_order_seq_cst);
        }
        if (atomic_load_explicit(place, memory_order_seq_cst) == pipeline)
            return pipeline;
    }
}

/*
 * Gives an owner's reference to a pipeline up. The last one waits a little for lines of other threads that still run
 * through it; if that takes longer, or a line of this thread does, it is let go later.
 */
void cleat__retire_pipeline(struct cleat__pipeline *pipeline);

#endif
