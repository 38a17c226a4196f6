#include "renderers/key_order.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

/* -- making -- */

static bool has_key(const struct cleat__text_renderer *self, const cleat_key *key)
{
    for (uint32_t i = 0; i < self->n_key_order; i++)
        if (cleat__key_equal(&self->key_order[i], key))
            return true;
    return false;
}

/* A key that is named twice counts once: no key is twice on a line (K1). */
static int copy_key_order(struct cleat__text_renderer *self, const cleat_text_options *options)
{
    if (options->n_key_order == 0)
        return 0;
    self->key_order = cleat__alloc(options->n_key_order * sizeof(cleat_key));
    if (self->key_order == NULL)
        return -1;
    for (size_t i = 0; i < options->n_key_order; i++) {
        cleat_key key;
        cleat__key_prepare(&key, options->key_order[i], strlen(options->key_order[i]));
        if (has_key(self, &key))
            continue;
        key.text = cleat__copy_text(key.text, key.length);
        if (key.text == NULL)
            return -1;
        self->key_order[self->n_key_order++] = key;
    }
    return 0;
}

static bool has_null_key(const cleat_text_options *options)
{
    for (size_t i = 0; i < options->n_key_order; i++)
        if (options->key_order == NULL || options->key_order[i] == NULL)
            return true;
    return false;
}

cleat_renderer *cleat__text_renderer_new(const struct cleat__renderer_class *cls, const cleat_text_options *options,
                                         cleat__render_field write_pair)
{
    static const cleat_text_options defaults = {0};
    if (options == NULL)
        options = &defaults;
    if (has_null_key(options))
        return cleat__fail_null(EINVAL, "%s renderer: key_order holds a NULL; each of its %zu entries must be a key",
                                cls->name, options->n_key_order);
    struct cleat__text_renderer *self = cleat__renderer_new(sizeof(*self), cls);
    if (self == NULL)
        return NULL;
    self->write_pair = write_pair;
    self->sort_keys = options->sort_keys;
    self->drop_missing = options->drop_missing;
    self->bool_as_value = options->bool_as_value;
    self->base.variant = options->bool_as_value ? 1 : 0;
    if (copy_key_order(self, options) < 0) {
        cleat_renderer_unref(&self->base);
        return cleat__fail_null(ENOMEM, "%s renderer: no memory for key_order", cls->name);
    }
    return &self->base;
}

void cleat__text_destroy(cleat_renderer *renderer)
{
    struct cleat__text_renderer *self = (struct cleat__text_renderer *)renderer;
    for (uint32_t i = 0; i < self->n_key_order; i++)
        cleat__free((char *)self->key_order[i].text);
    cleat__free(self->key_order);
}

/* -- rendering -- */

/* The fields of an event, sorted if that is wanted, in the line's scratch; NULL without memory. */
static const struct cleat__field **list_fields(const struct cleat__text_renderer *self, cleat_event *event,
                                               uint32_t *count)
{
    if (self->sort_keys)
        return cleat__sorted_fields(event, count);
    *count = 0;
    const struct cleat__field **fields =
        cleat__scratch_alloc(event->scratch, (cleat_event_count(event) + 1) * sizeof(const void *));
    for (uint32_t s = 0; fields != NULL && s < event->n_spans; s++)
        for (uint32_t i = event->spans[s].from; i < event->spans[s].to; i++)
            fields[(*count)++] = &event->spans[s].fields[i];
    return fields;
}

static uint32_t write_ordered_keys(const struct cleat__text_renderer *self, cleat_event *event,
                                   struct cleat__buffer *line)
{
    uint32_t left_off = 0;
    for (uint32_t i = 0; i < self->n_key_order; i++) {
        struct cleat__field field = {&self->key_order[i], cleat_null()};
        const struct cleat__field *one = &field;
        const cleat_value *value = cleat__event_get(event, field.key);
        if (value == NULL && self->drop_missing)
            continue;
        if (value != NULL)
            field.value = *value;
        left_off += cleat__render_fields(&self->base, &one, 1, line, self->write_pair);
    }
    return left_off;
}

static uint32_t write_other_keys(const struct cleat__text_renderer *self, const struct cleat__field **fields,
                                 uint32_t count, struct cleat__buffer *line)
{
    uint32_t others = 0;
    for (uint32_t i = 0; i < count; i++)
        if (!has_key(self, fields[i]->key))
            fields[others++] = fields[i];
    return cleat__render_fields(&self->base, fields, others, line, self->write_pair);
}

static uint32_t write_fields(const struct cleat__text_renderer *self, cleat_event *event, struct cleat__buffer *line)
{
    if (!self->sort_keys && self->n_key_order == 0)
        return cleat__render_spans(&self->base, event, line, self->write_pair);
    uint32_t count;
    const struct cleat__field **fields = list_fields(self, event, &count);
    if (fields == NULL) /* without memory the order is what is given up */
        return cleat__render_spans(&self->base, event, line, self->write_pair);
    uint32_t left_off = write_ordered_keys(self, event, line);
    return left_off + write_other_keys(self, fields, count, line);
}

int cleat__text_render(const cleat_renderer *renderer, cleat_event *event, struct cleat__buffer *line)
{
    const struct cleat__text_renderer *self = (const struct cleat__text_renderer *)renderer;
    size_t start = line->length;
    uint32_t left_off = write_fields(self, event, line);
    cleat__tell_left_off(event, left_off, line, self->write_pair, self);
    if (line->length > start)
        line->length--;
    return 0;
}
