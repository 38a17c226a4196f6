/* What programs may do with an event: cleat/event.h. */
#include "model/event.h"

#include <string.h>

#include "base/report.h"
#include "model/value.h"

static int lose_field(void)
{
    cleat__count(CLEAT__LOST_FIELD, 1);
    return -ENOMEM;
}

/* NULL is the empty key, here as on a line. */
static cleat_key prepared(const char *text)
{
    cleat_key key;
    if (text == NULL)
        text = "";
    cleat__key_prepare(&key, text, strlen(text));
    return key;
}

static const cleat_key *keep_key(cleat_event *event, const char *text)
{
    if (text == NULL)
        text = "";
    size_t length = strlen(text);
    cleat_key *key = cleat__scratch_alloc(event->scratch, sizeof(*key));
    char *copy = cleat__scratch_copy(event->scratch, text, length);
    if (key == NULL || copy == NULL)
        return NULL;
    cleat__key_prepare(key, copy, length);
    return key;
}

static bool keep_value(cleat_event *event, cleat_value *value)
{
    struct cleat__room room = {0};
    cleat__measure_value(&room, value, 1);
    size_t size = room.aligned_bytes + room.text_bytes;
    if (size == 0)
        return true; /* it points to nothing */
    char *memory = cleat__scratch_alloc(event->scratch, size);
    if (memory == NULL)
        return false;
    room.front = memory;
    room.back = memory + size;
    room.parts = 0;
    *value = cleat__copy_value(&room, value, 1);
    return true;
}

const cleat_value *cleat_event_get(const cleat_event *event, const char *key)
{
    cleat_key wanted = prepared(key);
    return cleat__event_get(event, &wanted);
}

int cleat_event_set(cleat_event *event, const char *key, cleat_value value)
{
    const cleat_key *kept = keep_key(event, key);
    if (kept == NULL || !keep_value(event, &value))
        return lose_field();
    return cleat__event_set(event, kept, value);
}

int cleat_event_set_default(cleat_event *event, const char *key, cleat_value value)
{
    return cleat_event_get(event, key) != NULL ? 0 : cleat_event_set(event, key, value);
}

bool cleat_event_delete(cleat_event *event, const char *key)
{
    cleat_key wanted = prepared(key);
    return cleat__event_delete(event, &wanted);
}

int cleat_event_rename(cleat_event *event, const char *key, const char *new_key)
{
    cleat_key old = prepared(key);
    const cleat_value *value = cleat__event_get(event, &old);
    if (value == NULL)
        return -ENOENT;
    cleat_value kept = *value;
    const cleat_key *renamed = keep_key(event, new_key);
    if (renamed == NULL)
        return lose_field();
    cleat__event_delete(event, &old);
    return cleat__event_set(event, renamed, kept);
}

size_t cleat_event_count(const cleat_event *event)
{
    size_t count = 0;
    for (uint32_t s = 0; s < event->n_spans; s++)
        count += event->spans[s].to - event->spans[s].from;
    return count;
}

const struct cleat__field *cleat__event_field_at(const cleat_event *event, size_t index)
{
    for (uint32_t s = 0; s < event->n_spans; s++) {
        const struct cleat__span *span = &event->spans[s];
        size_t size = span->to - span->from;
        if (index < size)
            return &span->fields[span->from + index];
        index -= size;
    }
    return NULL;
}

cleat_field cleat_event_at(const cleat_event *event, size_t index)
{
    const struct cleat__field *field = cleat__event_field_at(event, index);
    return field != NULL ? (cleat_field){field->key->text, field->value} : (cleat_field){NULL, cleat_null()};
}

cleat_fields *cleat_event_snapshot(cleat_event *event)
{
    cleat__event_resolve(event);
    size_t count = cleat_event_count(event);
    cleat_field *fields = cleat__scratch_alloc(event->scratch, count * sizeof(*fields));
    if (fields == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++)
        fields[i] = cleat_event_at(event, i);
    return cleat_fields_new(fields, count);
}

int cleat_event_level(const cleat_event *event)
{
    return event->level;
}

const char *cleat_event_logger_name(const cleat_event *event)
{
    return event->logger_name;
}

const cleat_site *cleat_event_site(const cleat_event *event)
{
    return event->site;
}

int64_t cleat_event_time(cleat_event *event)
{
    return cleat__event_time(event);
}

cleat_scratch *cleat_event_scratch(cleat_event *event)
{
    return event->scratch;
}
