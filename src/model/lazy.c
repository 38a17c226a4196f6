#include "model/event.h"

#include "model/value.h"

/* A value that contains itself twice has no end, and 2^100 parts. */
static bool goes_on(unsigned *parts, unsigned depth)
{
    return depth <= CLEAT__DEEPEST && ++*parts <= CLEAT__MOST_PARTS;
}

static bool has_lazy(const cleat_value *value, unsigned depth, unsigned *parts)
{
    if (value->kind == CLEAT_LAZY)
        return true;
    bool found = false;
    if (value->kind == CLEAT_LIST && goes_on(parts, depth))
        for (size_t i = 0; i < value->with.length && !found; i++)
            found = cleat__may_be_lazy(&value->as.items[i]) && has_lazy(&value->as.items[i], depth + 1, parts);
    if (value->kind == CLEAT_OBJECT && goes_on(parts, depth))
        for (size_t i = 0; i < value->with.length && !found; i++)
            found = cleat__may_be_lazy(&value->as.fields[i].value) &&
                    has_lazy(&value->as.fields[i].value, depth + 1, parts);
    return found;
}

static cleat_value made(cleat_event *event, cleat_value value, unsigned depth, unsigned *parts);

static cleat_value made_list(cleat_event *event, cleat_value list, unsigned depth, unsigned *parts)
{
    size_t count = list.with.length;
    cleat_value *items = cleat__scratch_alloc(event->scratch, count * sizeof(*items));
    for (size_t i = 0; i < count && items != NULL; i++)
        items[i] = made(event, list.as.items[i], depth + 1, parts);
    return items != NULL ? cleat_list_n(items, count) : cleat_null();
}

static cleat_value made_object(cleat_event *event, cleat_value object, unsigned depth, unsigned *parts)
{
    size_t count = object.with.length;
    cleat_field *fields = cleat__scratch_alloc(event->scratch, count * sizeof(*fields));
    for (size_t i = 0; i < count && fields != NULL; i++)
        fields[i] = (cleat_field){object.as.fields[i].key, made(event, object.as.fields[i].value, depth + 1, parts)};
    return fields != NULL ? cleat_object_n(fields, count) : cleat_null();
}

static cleat_value made(cleat_event *event, cleat_value value, unsigned depth, unsigned *parts)
{
    if (value.kind == CLEAT_LAZY) /* null: it makes lazy values for ever */
        return goes_on(parts, depth) ? made(event, value.as.lazy(value.with.arg, event->scratch), depth + 1, parts)
                                     : cleat_null();
    if (!has_lazy(&value, depth, parts) || !goes_on(parts, depth))
        return value;
    return value.kind == CLEAT_LIST ? made_list(event, value, depth, parts) : made_object(event, value, depth, parts);
}

void cleat__event_make_lazy(cleat_event *event)
{
    unsigned parts = 0;
    for (uint32_t s = 0; s < event->n_spans; s++) {
        for (uint32_t i = event->spans[s].from; i < event->spans[s].to; i++) {
            const struct cleat__field *field = &event->spans[s].fields[i];
            if (!cleat__may_be_lazy(&field->value) || !has_lazy(&field->value, 1, &parts))
                continue;
            cleat__event_set(event, field->key, made(event, field->value, 1, &parts));
            if (event->spans[s].list != NULL)
                break; /* the span was split; what stood behind the field is a later span now */
        }
    }
    event->dynamic = false;
}
