#include "processors/processor.h"

static bool is_before(const cleat_key *left, const cleat_key *right)
{
    return cleat__key_compare(left, right) < 0;
}

static bool is_sorted(const cleat_event *event, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (is_before(cleat__event_field_at(event, i)->key, cleat__event_field_at(event, i - 1)->key))
            return false;
    return true;
}

/* Insertion sort over shrinking gaps (Shell): in place, where qsort() may call malloc(). Keys are unique, so that
   nothing hangs on stability. */
static void sort(struct cleat__field *fields, size_t count)
{
    for (size_t gap = count / 2; gap > 0; gap = gap == 2 ? 1 : gap * 5 / 11) {
        for (size_t i = gap; i < count; i++) {
            struct cleat__field field = fields[i];
            size_t j = i;
            for (; j >= gap && is_before(field.key, fields[j - gap].key); j -= gap)
                fields[j] = fields[j - gap];
            fields[j] = field;
        }
    }
}

static int sort_event(cleat_event *event, cleat_processor *processor)
{
    (void)processor;
    size_t count = cleat_event_count(event);
    if (is_sorted(event, count))
        return CLEAT_KEEP;
    struct cleat__field *fields = cleat__scratch_alloc(event->scratch, count * sizeof(*fields));
    if (fields == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        fields[i] = *cleat__event_field_at(event, i);
    sort(fields, count);
    const struct cleat__mask mask = event->mask;
    cleat__event_clear(event);
    cleat__event_append_fields(event, fields, (uint32_t)count, &mask);
    return CLEAT_KEEP;
}

cleat_processor *cleat_sort_keys(void)
{
    return cleat__processor_new(sizeof(cleat_processor), "sort_keys", sort_event);
}
