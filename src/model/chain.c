#include "model/list.h"

#define REPLAY_STEP 32

/*
 * Visits the lists of a chain that are newer than `older`, oldest first. The links point the other way, so the
 * lists are collected some at a time: no memory is needed, however long the chain.
 */
void cleat__for_each_list(const cleat_fields *newest, const cleat_fields *older,
                          void (*visit)(const cleat_fields *list, void *arg), void *arg)
{
    size_t remaining = 0;
    for (const cleat_fields *list = newest; list != older; list = list->before)
        remaining++;
    while (remaining > 0) {
        const cleat_fields *step[REPLAY_STEP];
        size_t size = remaining < REPLAY_STEP ? remaining : REPLAY_STEP;
        const cleat_fields *list = newest;
        for (size_t skipped = 0; skipped < remaining - size; skipped++)
            list = list->before;
        for (size_t i = 0; i < size; i++, list = list->before)
            step[i] = list;
        remaining -= size;
        while (size > 0)
            visit(step[--size], arg);
    }
}

const struct cleat__field *cleat__last_operation(const cleat_fields *fields, const cleat_key *key)
{
    for (; fields != NULL; fields = fields->before) {
        if (!cleat__mask_has(&fields->own.mask, key->hash))
            continue;
        for (uint32_t i = fields->own.count; i > 0; i--)
            if (cleat__key_equal(fields->own.fields[i - 1].key, key))
                return &fields->own.fields[i - 1];
    }
    return NULL;
}

struct visit {
    const cleat_fields *newest;
    void (*visit)(const struct cleat__field *field, void *arg);
    void *arg;
};

static void visit_live_operations(const cleat_fields *list, void *arg)
{
    const struct visit *visit = arg;
    for (uint32_t i = 0; i < list->own.count; i++) {
        const struct cleat__field *operation = &list->own.fields[i];
        if (operation->value.kind != CLEAT__REMOVED &&
            cleat__last_operation(visit->newest, operation->key) == operation)
            visit->visit(operation, visit->arg);
    }
}

void cleat__fields_visit(const cleat_fields *fields, void (*visit)(const struct cleat__field *field, void *arg),
                         void *arg)
{
    struct visit whole = {fields, visit, arg};
    cleat__for_each_list(fields, NULL, visit_live_operations, &whole);
}
