#include <string.h>

#include "base/error.h"
#include "processors/processor.h"

struct drop_keys {
    cleat_processor head;
    size_t count;
    cleat_key keys[]; /* their texts stand behind them */
};

static int drop(cleat_event *event, cleat_processor *processor)
{
    const struct drop_keys *self = (const struct drop_keys *)processor;
    for (size_t i = 0; i < self->count; i++)
        cleat__event_delete(event, &self->keys[i]);
    return CLEAT_KEEP;
}

static void copy_keys(struct drop_keys *self, const char *const *keys, size_t count)
{
    char *text = (char *)(self->keys + count);
    self->count = count;
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(keys[i]);
        memcpy(text, keys[i], length + 1);
        cleat__key_prepare(&self->keys[i], text, length);
        text += length + 1;
    }
}

cleat_processor *cleat_drop_keys(const char *const *keys, size_t count)
{
    if (keys == NULL && count > 0)
        return cleat__fail_null(EINVAL, "drop_keys: the keys are NULL, but %zu are announced", count);
    size_t size = sizeof(struct drop_keys) + count * sizeof(cleat_key);
    for (size_t i = 0; i < count; i++) {
        if (keys[i] == NULL)
            return cleat__fail_null(EINVAL, "drop_keys: key %zu is NULL; each must be a string", i);
        size += strlen(keys[i]) + 1;
    }
    struct drop_keys *self = cleat__processor_new(size, "drop_keys", drop);
    if (self == NULL)
        return NULL;
    copy_keys(self, keys, count);
    return &self->head;
}
