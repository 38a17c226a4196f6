#include <string.h>

#include "base/error.h"
#include "processors/processor.h"

struct event_renamer {
    cleat_processor head;
    cleat_key event;
    cleat_key to;
    cleat_key replace_by; /* text is NULL: the place of `event` stays empty */
    char texts[];
};

static void move(cleat_event *event, const cleat_key *from, const cleat_key *to)
{
    const cleat_value *found = cleat__event_get(event, from);
    if (found == NULL)
        return;
    cleat_value value = *found;
    cleat__event_delete(event, from);
    cleat__event_set(event, to, value);
}

/* A null in the place of `event` would say nothing: such a field only goes, as with structlog. */
static int rename_event(cleat_event *event, cleat_processor *processor)
{
    const struct event_renamer *self = (const struct event_renamer *)processor;
    move(event, &self->event, &self->to);
    if (self->replace_by.text == NULL)
        return CLEAT_KEEP;
    const cleat_value *replacement = cleat__event_get(event, &self->replace_by);
    if (replacement != NULL && replacement->kind == CLEAT_NULL)
        cleat__event_delete(event, &self->replace_by);
    else
        move(event, &self->replace_by, &self->event);
    return CLEAT_KEEP;
}

cleat_processor *cleat_event_renamer(const char *to, const char *replace_by)
{
    if (to == NULL)
        return cleat__fail_null(EINVAL, "event_renamer: the new key is NULL; it must be a string");
    size_t to_length = strlen(to);
    size_t replace_length = replace_by != NULL ? strlen(replace_by) : 0;
    struct event_renamer *self =
        cleat__processor_new(sizeof(*self) + to_length + 1 + replace_length + 1, "event_renamer", rename_event);
    if (self == NULL)
        return NULL;
    cleat__key_prepare(&self->event, "event", 5);
    cleat__key_prepare(&self->to, memcpy(self->texts, to, to_length + 1), to_length);
    if (replace_by != NULL)
        cleat__key_prepare(&self->replace_by, memcpy(self->texts + to_length + 1, replace_by, replace_length + 1),
                           replace_length);
    return &self->head;
}
