#include "processors/processor.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/owners.h"

void *cleat__processor_new(size_t size, const char *name, int (*run)(cleat_event *event, cleat_processor *processor))
{
    cleat_processor *processor = cleat__alloc_zero(size);
    if (processor == NULL)
        return cleat__fail_null(ENOMEM, "processor %s: there is no memory for it", name);
    processor->run = run;
    processor->name = name;
    atomic_init(&processor->owners, 1);
    return processor;
}

int cleat__run_effect(cleat_event *event, cleat_processor *processor)
{
    const struct cleat__effect *effect = &processor->effect;
    if (effect->make != NULL) {
        cleat_value value;
        effect->make(event, processor, &value);
        cleat__event_set(event, effect->key, value);
        return CLEAT_KEEP;
    }
    const cleat_fields *list = effect->list();
    if (list != NULL)
        cleat__event_fill_in_list(event, list);
    return CLEAT_KEEP;
}

cleat_processor *cleat_processor_ref(cleat_processor *processor)
{
    if (processor != NULL)
        cleat__add_owner(&processor->owners);
    return processor;
}

void cleat_processor_unref(cleat_processor *processor)
{
    if (processor == NULL || !cleat__was_last_owner(&processor->owners))
        return;
    if (processor->destroy != NULL)
        processor->destroy(processor);
    cleat__free(processor);
}

/* The user's own step. */
struct made {
    cleat_processor head;
    cleat_processor_fn process;
    void *arg;
    void (*release)(void *arg);
    char name[];
};

static int run_made(cleat_event *event, cleat_processor *processor)
{
    struct made *made = (struct made *)processor;
    return made->process(event, made->arg);
}

static void destroy_made(cleat_processor *processor)
{
    struct made *made = (struct made *)processor;
    if (made->release != NULL)
        made->release(made->arg);
}

static struct made *new_made(const char *name, cleat_processor_fn process)
{
    if (name == NULL)
        return cleat__fail_null(EINVAL, "processor: its name is NULL; give it one for messages");
    if (process == NULL)
        return cleat__fail_null(EINVAL, "processor %s: its function is NULL; give one that takes the event", name);
    size_t size = strlen(name) + 1;
    struct made *made = cleat__processor_new(sizeof(*made) + size, name, run_made);
    if (made != NULL)
        made->head.name = memcpy(made->name, name, size);
    return made;
}

cleat_processor *cleat_make_processor(const char *name, cleat_processor_fn process, void *arg,
                                      void (*release)(void *arg))
{
    struct made *made = new_made(name, process);
    if (made == NULL) {
        if (release != NULL)
            release(arg);
        return NULL;
    }
    made->process = process;
    made->arg = arg;
    made->release = release;
    made->head.destroy = destroy_made;
    return &made->head;
}
