#include <stdatomic.h>
#include <string.h>

#include "ambient/ambient.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/owners.h"
#include "base/tls.h"
#include "model/fields.h"

struct cleat_threadlocal_class {
    _Atomic unsigned owners;
    uint64_t id; /* never used twice, so that a dictionary of a class that is gone is never taken for another's */
};

struct cleat_threadlocal_dict {
    cleat_threadlocal_class *cls;
};

/* One class's dictionary on this thread. */
struct slot {
    struct slot *next;
    uint64_t class_id;
    cleat_fields *volatile fields;
};

CLEAT__THREAD_LOCAL struct slot *volatile slots;

static struct slot *find_slot(const cleat_threadlocal_class *cls)
{
    struct slot *slot = slots;
    while (slot != NULL && slot->class_id != cls->id)
        slot = slot->next;
    return slot;
}

const cleat_fields *cleat__threadlocal_class_fields(const cleat_threadlocal_class *cls)
{
    struct slot *slot = find_slot(cls);
    return slot != NULL ? slot->fields : NULL;
}

static struct slot *add_slot(const cleat_threadlocal_class *cls)
{
    struct slot *slot = cleat__alloc(sizeof(*slot));
    if (slot == NULL)
        return NULL;
    *slot = (struct slot){slots, cls->id, NULL};
    slots = slot;
    cleat__release_at_thread_exit();
    return slot;
}

int cleat__threadlocal_class_set(const cleat_threadlocal_class *cls, cleat_fields *fields)
{
    struct slot *slot = find_slot(cls);
    if (slot == NULL)
        slot = add_slot(cls);
    if (slot == NULL) {
        cleat_fields_unref(fields);
        return cleat__fail(ENOMEM, "no memory for a thread-local dictionary");
    }
    cleat_fields *old = slot->fields;
    slot->fields = fields;
    cleat__release_fields(old);
    return 0;
}

void cleat__release_threadlocal_dicts(void)
{
    while (slots != NULL) {
        struct slot *first = slots;
        slots = first->next;
        cleat__release_fields(first->fields);
        cleat__free(first);
    }
}

cleat_threadlocal_class *cleat_wrap_threadlocal(void)
{
    static _Atomic uint64_t last_id;
    cleat_threadlocal_class *cls = cleat__alloc_zero(sizeof(*cls));
    if (cls == NULL)
        return cleat__fail_null(ENOMEM, "no memory for a thread-local class");
    cls->owners = 1;
    cls->id = atomic_fetch_add(&last_id, 1) + 1;
    return cls;
}

cleat_threadlocal_class *cleat_threadlocal_class_ref(cleat_threadlocal_class *cls)
{
    if (cls != NULL)
        cleat__add_owner(&cls->owners);
    return cls;
}

void cleat_threadlocal_class_unref(cleat_threadlocal_class *cls)
{
    if (cls != NULL && cleat__was_last_owner(&cls->owners))
        cleat__free(cls);
}

static int bind_in_class(const cleat_threadlocal_class *cls, const cleat_field *fields, size_t count)
{
    if (count == 0)
        return 0;
    cleat_fields *now = (cleat_fields *)cleat__threadlocal_class_fields(cls);
    cleat_fields *after = cleat__fields_bind(now, &(struct cleat__binding){fields, count, NULL, 0});
    if (after == NULL)
        return cleat__fail(ENOMEM, "no memory to bind in a thread-local dictionary");
    return cleat__threadlocal_class_set(cls, after);
}

cleat_threadlocal_dict *cleat_threadlocal_dict_new(cleat_threadlocal_class *cls, const cleat_field *fields,
                                                   size_t count)
{
    cleat_threadlocal_dict *dict = cleat__alloc(sizeof(*dict));
    if (dict == NULL || bind_in_class(cls, fields, count) < 0) {
        cleat__free(dict);
        return cleat__fail_null(ENOMEM, "no memory for a thread-local dictionary");
    }
    dict->cls = cleat_threadlocal_class_ref(cls);
    return dict;
}

void cleat_threadlocal_dict_free(cleat_threadlocal_dict *dict)
{
    if (dict != NULL)
        cleat_threadlocal_class_unref(dict->cls);
    cleat__free(dict);
}

int cleat_threadlocal_dict_set(cleat_threadlocal_dict *dict, const char *key, cleat_value value)
{
    cleat_field field = {key, value};
    return bind_in_class(dict->cls, &field, 1);
}

bool cleat_threadlocal_dict_delete(cleat_threadlocal_dict *dict, const char *key)
{
    cleat_fields *now = (cleat_fields *)cleat__threadlocal_class_fields(dict->cls);
    if (cleat_fields_get(now, key) == NULL)
        return false;
    cleat_fields *result;
    return cleat__fields_unbind(now, &key, 1, &result) == 0 && cleat__threadlocal_class_set(dict->cls, result) == 0;
}

cleat_fields *cleat_threadlocal_dict_fields(const cleat_threadlocal_dict *dict)
{
    return cleat_fields_ref((cleat_fields *)cleat__threadlocal_class_fields(dict->cls));
}

bool cleat_threadlocal_dict_equal(const cleat_threadlocal_dict *left, const cleat_threadlocal_dict *right)
{
    return left->cls == right->cls;
}
