#include "processors/processor.h"

struct filter_by_level {
    cleat_processor head;
    int level;
};

static int filter(cleat_event *event, cleat_processor *processor)
{
    const struct filter_by_level *self = (const struct filter_by_level *)processor;
    return event->level < self->level ? CLEAT_DROP : CLEAT_KEEP;
}

cleat_processor *cleat_filter_by_level(int level)
{
    struct filter_by_level *self = cleat__processor_new(sizeof(*self), "filter_by_level", filter);
    if (self == NULL)
        return NULL;
    self->level = level;
    return &self->head;
}
