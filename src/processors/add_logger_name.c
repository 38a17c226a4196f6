#include "processors/processor.h"

struct add_logger_name {
    cleat_processor head;
    cleat_key key;
};

static int add(cleat_event *event, cleat_processor *processor)
{
    const struct add_logger_name *self = (const struct add_logger_name *)processor;
    if (event->logger_name_field != NULL)
        cleat__event_set_list(event, event->logger_name_field);
    else if (event->logger_name != NULL)
        cleat__event_set(event, &self->key, cleat_string(event->logger_name));
    return CLEAT_KEEP;
}

cleat_processor *cleat_add_logger_name(void)
{
    struct add_logger_name *self = cleat__processor_new(sizeof(*self), "add_logger_name", add);
    if (self == NULL)
        return NULL;
    cleat__key_prepare(&self->key, "logger", 6);
    return &self->head;
}
