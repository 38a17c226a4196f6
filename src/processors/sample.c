#include "base/error.h"
#include "processors/processor.h"

struct sample {
    cleat_processor head;
    cleat_key key;
    unsigned one_in;
    int below;
    _Atomic uint64_t seen;    /* events that were up for sampling */
    _Atomic uint64_t dropped; /* and what became of them, until a kept line tells */
};

static bool is_kept(struct sample *self, const cleat_event *event)
{
    if (event->level >= self->below)
        return true;
    return atomic_fetch_add_explicit(&self->seen, 1, memory_order_relaxed) % self->one_in == 0;
}

static int sample(cleat_event *event, cleat_processor *processor)
{
    struct sample *self = (struct sample *)processor;
    if (!is_kept(self, event)) {
        atomic_fetch_add_explicit(&self->dropped, 1, memory_order_relaxed);
        return CLEAT_DROP;
    }
    if (atomic_load_explicit(&self->dropped, memory_order_relaxed) == 0)
        return CLEAT_KEEP;
    uint64_t dropped = atomic_exchange_explicit(&self->dropped, 0, memory_order_relaxed);
    if (dropped > 0)
        cleat__event_set(event, &self->key, cleat_uint(dropped));
    return CLEAT_KEEP;
}

cleat_processor *cleat_sample(unsigned one_in, int below)
{
    if (one_in == 0)
        return cleat__fail_null(EINVAL, "sample: one_in is 0; it must be at least 1, which keeps all");
    struct sample *self = cleat__processor_new(sizeof(*self), "sample", sample);
    if (self == NULL)
        return NULL;
    cleat__key_prepare(&self->key, "sampled_out", 11);
    self->one_in = one_in;
    self->below = below;
    return &self->head;
}
