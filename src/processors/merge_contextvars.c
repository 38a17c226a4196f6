#include "ambient/ambient.h"
#include "processors/processor.h"

cleat_processor *cleat_merge_contextvars(void)
{
    cleat_processor *self = cleat__processor_new(sizeof(*self), "merge_contextvars", cleat__run_effect);
    if (self != NULL)
        self->effect.list = cleat__current_contextvars;
    return self;
}
