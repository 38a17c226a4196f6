#include "ambient/ambient.h"
#include "processors/processor.h"

static int merge(cleat_event *event, cleat_processor *processor)
{
    (void)processor;
    const cleat_fields *current = cleat__current_threadlocal();
    if (current != NULL)
        cleat__event_put_beneath(event, current);
    return CLEAT_KEEP;
}

cleat_processor *cleat_merge_threadlocal(void)
{
    return cleat__processor_new(sizeof(cleat_processor), "merge_threadlocal", merge);
}
