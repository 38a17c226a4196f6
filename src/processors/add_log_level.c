#include "model/known_keys.h"
#include "processors/processor.h"

struct add_log_level {
    cleat_processor head;
    cleat_key key;
};

static void make_value(cleat_event *event, const cleat_processor *processor, cleat_value *value)
{
    (void)processor;
    *value = event->level_record->value;
}

cleat_processor *cleat_add_log_level(void)
{
    struct add_log_level *self = cleat__processor_new(sizeof(*self), "add_log_level", cleat__run_effect);
    if (self == NULL)
        return NULL;
    cleat__key_prepare(&self->key, "level", 5);
    cleat__know_key(&self->key);
    self->head.effect.key = &self->key;
    self->head.effect.make = make_value;
    return &self->head;
}
