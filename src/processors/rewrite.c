#include "processors/rewrite.h"

#include <string.h>

#include "base/report.h"
#include "model/value.h"

/* A value that contains itself twice would never end. */
#define MOST_PARTS 100000U

struct walk {
    const struct cleat__rewriter *rewriter;
    cleat_scratch *scratch;
    unsigned parts;
    unsigned depth;
};

static enum cleat__rewritten rewrite(struct walk *walk, const cleat_key *key, cleat_value *value);

/* Only what changes is copied. */
static enum cleat__rewritten rewrite_items(struct walk *walk, cleat_value *list)
{
    cleat_value *copy = NULL;
    for (size_t i = 0; i < list->with.length; i++) {
        cleat_value item = list->as.items[i];
        enum cleat__rewritten result = rewrite(walk, NULL, &item);
        if (result == CLEAT__NO_ROOM)
            return result;
        if (result == CLEAT__SAME)
            continue;
        if (copy == NULL) {
            size_t size = list->with.length * sizeof(*copy);
            copy = cleat__scratch_alloc(walk->scratch, size);
            if (copy == NULL)
                return CLEAT__NO_ROOM;
            memcpy(copy, list->as.items, size);
        }
        copy[i] = item;
    }
    if (copy == NULL)
        return CLEAT__SAME;
    list->as.items = copy;
    return CLEAT__NEW;
}

static enum cleat__rewritten rewrite_field(struct walk *walk, const cleat_field *field, cleat_value *value)
{
    if (field->key == NULL)
        return rewrite(walk, NULL, value);
    cleat_key key;
    cleat__key_prepare(&key, field->key, strlen(field->key));
    return rewrite(walk, &key, value);
}

static enum cleat__rewritten rewrite_fields(struct walk *walk, cleat_value *object)
{
    cleat_field *copy = NULL;
    for (size_t i = 0; i < object->with.length; i++) {
        cleat_value value = object->as.fields[i].value;
        enum cleat__rewritten result = rewrite_field(walk, &object->as.fields[i], &value);
        if (result == CLEAT__NO_ROOM)
            return result;
        if (result == CLEAT__SAME)
            continue;
        if (copy == NULL) {
            size_t size = object->with.length * sizeof(*copy);
            copy = cleat__scratch_alloc(walk->scratch, size);
            if (copy == NULL)
                return CLEAT__NO_ROOM;
            memcpy(copy, object->as.fields, size);
        }
        copy[i].value = value;
    }
    if (copy == NULL)
        return CLEAT__SAME;
    object->as.fields = copy;
    return CLEAT__NEW;
}

/* A lazy value, and what is to be done to it when it has been made. */
struct postponed {
    const struct cleat__rewriter *rewriter;
    cleat_lazy_fn make;
    void *arg;
};

static cleat_value make_and_rewrite(void *arg, cleat_scratch *scratch)
{
    const struct postponed *postponed = arg;
    cleat_value value = postponed->make(postponed->arg, scratch);
    struct walk walk = {postponed->rewriter, scratch, 0, 0};
    if (rewrite(&walk, NULL, &value) != CLEAT__NO_ROOM || !postponed->rewriter->required)
        return value;
    cleat__count(CLEAT__LOST_FIELD, 1);
    return cleat_null();
}

static enum cleat__rewritten postpone(struct walk *walk, cleat_value *lazy)
{
    struct postponed *postponed = cleat__scratch_alloc(walk->scratch, sizeof(*postponed));
    if (postponed == NULL)
        return CLEAT__NO_ROOM;
    *postponed = (struct postponed){walk->rewriter, lazy->as.lazy, lazy->with.arg};
    *lazy = cleat_lazy(make_and_rewrite, postponed);
    return CLEAT__NEW;
}

static enum cleat__rewritten rewrite_parts(struct walk *walk, cleat_value *value)
{
    if (walk->depth == CLEAT__DEEPEST)
        return CLEAT__SAME;
    walk->depth++;
    enum cleat__rewritten result = value->kind == CLEAT_LIST ? rewrite_items(walk, value) : rewrite_fields(walk, value);
    walk->depth--;
    return result;
}

static enum cleat__rewritten rewrite(struct walk *walk, const cleat_key *key, cleat_value *value)
{
    if (walk->parts++ > MOST_PARTS)
        return CLEAT__NO_ROOM;
    enum cleat__rewritten result = walk->rewriter->rule(walk->rewriter, key, value, walk->scratch);
    if (result != CLEAT__SAME)
        return result;
    if (value->kind == CLEAT_LIST || value->kind == CLEAT_OBJECT)
        return rewrite_parts(walk, value);
    if (value->kind == CLEAT_LAZY)
        return postpone(walk, value);
    return CLEAT__SAME;
}

/* Whether the field is still there. */
static bool rewrite_in_event(cleat_event *event, const struct cleat__rewriter *rewriter,
                             const struct cleat__field *field)
{
    const cleat_key *key = field->key;
    cleat_value value = field->value;
    struct walk walk = {rewriter, event->scratch, 0, 0};
    enum cleat__rewritten result = rewrite(&walk, key, &value);
    if (result == CLEAT__SAME || (result == CLEAT__NEW && cleat__event_set(event, key, value) == 0) ||
        !rewriter->required)
        return true;
    cleat__count(CLEAT__LOST_FIELD, 1);
    cleat__event_delete(event, key);
    return false;
}

void cleat__rewrite_event(cleat_event *event, const struct cleat__rewriter *rewriter)
{
    const struct cleat__field *field;
    for (size_t i = 0; (field = cleat__event_field_at(event, i)) != NULL;)
        if (rewrite_in_event(event, rewriter, field))
            i++;
}
