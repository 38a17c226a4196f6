/* owners.h - counting the owners of what is shared. */
#ifndef CLEAT_BASE_OWNERS_H
#define CLEAT_BASE_OWNERS_H

#include <stdatomic.h>
#include <stdbool.h>

static inline void cleat__add_owner(_Atomic unsigned *owners)
{
    atomic_fetch_add_explicit(owners, 1, memory_order_relaxed);
}

/* One owner less; whether it was the last. A single owner is alone with what it owns: there is nobody to count for. */
static inline bool cleat__was_last_owner(_Atomic unsigned *owners)
{
    return atomic_load_explicit(owners, memory_order_acquire) == 1 ||
           atomic_fetch_sub_explicit(owners, 1, memory_order_acq_rel) == 1;
}

#endif
