#include "surroundings.h"

#include "keys.h"
#include "logger/host.h"
#include "module.h"
#include "shown_values.h"
#include "values.h"

#define LONGEST_CHAIN 32U

enum list_state {
    NOT_LOOKED,
    EXACT,
    INEXACT
};

struct cleatpy_surroundings {
    PyObject_VAR_HEAD
    cleatpy_surroundings *before;  /* the chain */
    cleatpy_surroundings *guarded; /* the newest link with a guard, this one included; borrowed from the chain */
    struct cleatpy_guard *guard;
    PyObject *names; /* of the operations; NULL: there are none, the dict or the list is all */
    PyObject *dict;  /* what it comes to; NULL: nobody has asked. Never changed */
    cleat_fields *fields;
    uint64_t mask; /* of the keys' hashes, those of the chain included */
    uint32_t chain_length;
    enum list_state list_state; /* whether fields is there, and shows what the dict would */
    PyObject *values[];         /* NULL: the key is removed; in chains with a guard only */
};

/* -- the type -- */

static int traverse(PyObject *self, visitproc visit, void *arg)
{
    cleatpy_surroundings *surroundings = (cleatpy_surroundings *)self;
    Py_VISIT(surroundings->before);
    Py_VISIT(surroundings->guard);
    Py_VISIT(surroundings->names);
    Py_VISIT(surroundings->dict);
    for (Py_ssize_t i = 0; i < Py_SIZE(self); i++)
        Py_VISIT(surroundings->values[i]);
    return 0;
}

static void deallocate(PyObject *self)
{
    cleatpy_surroundings *surroundings = (cleatpy_surroundings *)self;
    PyObject_GC_UnTrack(self);
    cleat__release_fields(surroundings->fields);
    for (Py_ssize_t i = 0; i < Py_SIZE(self); i++)
        Py_XDECREF(surroundings->values[i]);
    Py_XDECREF(surroundings->dict);
    Py_XDECREF(surroundings->names);
    Py_XDECREF(surroundings->guard);
    Py_XDECREF(surroundings->before);
    PyObject_GC_Del(self);
}

static PyObject *represent(PyObject *self)
{
    PyObject *dict = cleatpy_surroundings_dict((cleatpy_surroundings *)self);
    PyObject *text = dict != NULL ? PyUnicode_FromFormat("<context variables %R>", dict) : NULL;
    Py_XDECREF(dict);
    return text;
}

/* Nothing clears it: a circle leads through something that can change, which is cleared instead. */
PyTypeObject cleatpy_surroundings_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "cleat._engine.Surroundings",
    .tp_doc = "What is bound in an execution context.",
    .tp_basicsize = sizeof(cleatpy_surroundings),
    .tp_itemsize = sizeof(PyObject *),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_dealloc = deallocate,
    .tp_traverse = traverse,
    .tp_repr = represent,
};

static cleatpy_surroundings *allocate(Py_ssize_t count)
{
    cleatpy_surroundings *made = PyObject_GC_NewVar(cleatpy_surroundings, &cleatpy_surroundings_type, count);
    if (made != NULL)
        memset((char *)made + sizeof(PyVarObject), 0,
               offsetof(cleatpy_surroundings, values) - sizeof(PyVarObject) + (size_t)count * sizeof(PyObject *));
    return made;
}

/* -- what a chain comes to -- */

/* Names are exact strs, which keep their hash. */
static uint64_t bit_of(PyObject *name)
{
    Py_hash_t hash = ((PyASCIIObject *)name)->hash;
    return UINT64_C(1) << ((uint64_t)(hash != -1 ? hash : PyObject_Hash(name)) & 63);
}

static bool removes(PyObject *value)
{
    return value == NULL || value == Py_Ellipsis;
}

static int delete_if_there(PyObject *dict, PyObject *name)
{
    int there = PyDict_Contains(dict, name);
    return there > 0 ? PyDict_DelItem(dict, name) : there;
}

static int operate(PyObject *dict, PyObject *names, PyObject *const *values)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); i++) {
        PyObject *name = PyTuple_GET_ITEM(names, i);
        int result = removes(values[i]) ? delete_if_there(dict, name) : PyDict_SetItem(dict, name, values[i]);
        if (result < 0)
            return -1;
    }
    return 0;
}

static PyObject *dict_of_list(const cleat_fields *list)
{
    PyObject *dict = PyDict_New();
    for (size_t i = 0; dict != NULL && i < cleat_fields_count(list); i++) {
        cleat_field field = cleat_fields_at(list, i);
        PyObject *name = PyUnicode_DecodeUTF8(field.key, (Py_ssize_t)strlen(field.key), "replace");
        PyObject *value = name != NULL ? cleatpy_object_of(&field.value) : NULL;
        if (value == NULL || PyDict_SetItem(dict, name, value) < 0)
            Py_CLEAR(dict);
        Py_XDECREF(name);
        Py_XDECREF(value);
    }
    return dict;
}

static int update_from(cleatpy_surroundings *link, PyObject *dict)
{
    if (link->dict == NULL && (link->dict = dict_of_list(link->fields)) == NULL)
        return -1;
    return PyDict_Update(dict, link->dict);
}

/* Into an empty dict; chains are short. With `all`, what is hidden too. */
static int operate_chain(cleatpy_surroundings *link, bool all, PyObject *dict)
{
    if (link == NULL)
        return 0;
    if (link->names == NULL || (link->dict != NULL && (all || link->guarded == NULL)))
        return update_from(link, dict);
    if (operate_chain(link->before, all, dict) < 0)
        return -1;
    if (!all && link->guard != NULL && cleatpy_guard_hides(link->guard))
        return 0;
    return operate(dict, link->names, link->values);
}

static bool hides_any(const cleatpy_surroundings *surroundings)
{
    const cleatpy_surroundings *link = surroundings->guarded;
    while (link != NULL && !cleatpy_guard_hides(link->guard))
        link = link->before != NULL ? link->before->guarded : NULL;
    return link != NULL;
}

static PyObject *make_dict(cleatpy_surroundings *surroundings, bool all)
{
    if (surroundings->names == NULL)
        return dict_of_list(surroundings->fields);
    PyObject *dict = PyDict_New();
    if (dict != NULL && operate_chain(surroundings, all, dict) < 0)
        Py_CLEAR(dict);
    return dict;
}

PyObject *cleatpy_surroundings_dict(cleatpy_surroundings *surroundings)
{
    if (surroundings->guarded != NULL && hides_any(surroundings))
        return make_dict(surroundings, false);
    if (surroundings->dict == NULL) {
        bool collects = cleatpy_hold_collector();
        surroundings->dict = make_dict(surroundings, true);
        cleatpy_let_collector(collects);
    }
    return Py_XNewRef(surroundings->dict);
}

/* -- the engine's list -- */

/* One field for the engine. 1: the engine has no such value or key. */
static int field_of(PyObject *name, PyObject *value, struct cleat__field *field, cleat_key *room)
{
    field->key = cleatpy_key(name, room);
    if (field->key != NULL)
        return cleatpy_value(value, &field->value);
    if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError))
        return -1;
    PyErr_Clear();
    return 1;
}

/* Fields with room for their keys, side by side. */
struct fields_room {
    struct cleat__field *fields;
    cleat_key *keys;
};

static int make_room(struct fields_room *room, Py_ssize_t count)
{
    size_t size = (size_t)count * (sizeof(struct cleat__field) + sizeof(cleat_key));
    room->fields = PyMem_Malloc(size);
    if (room->fields == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    room->keys = (cleat_key *)(room->fields + count);
    return 0;
}

static int bind_list(cleat_fields *before, struct fields_room *room, Py_ssize_t count, cleat_fields **list)
{
    *list = cleat__fields_bind_prepared(before, room->fields, (size_t)count);
    if (*list != NULL)
        return 0;
    PyErr_NoMemory();
    return -1;
}

/* The operations of one link on top of the list of the one before. */
static int list_of_link(cleatpy_surroundings *link, cleat_fields **list)
{
    const cleat_fields *before = NULL;
    int result = link->before != NULL ? cleatpy_surroundings_fields(link->before, &before) : 0;
    struct fields_room room;
    if (result != 0 || (result = make_room(&room, Py_SIZE(link))) < 0)
        return result;
    for (Py_ssize_t i = 0; i < Py_SIZE(link) && result == 0; i++)
        result = field_of(PyTuple_GET_ITEM(link->names, i), link->values[i], &room.fields[i], &room.keys[i]);
    if (result == 0)
        result = bind_list((cleat_fields *)before, &room, Py_SIZE(link), list);
    PyMem_Free(room.fields);
    return result;
}

/* None of an empty one. */
static int list_of_dict(PyObject *dict, cleat_fields **list)
{
    struct fields_room room;
    int result = make_room(&room, PyDict_GET_SIZE(dict));
    if (result < 0)
        return result;
    Py_ssize_t position = 0;
    PyObject *name;
    PyObject *value;
    for (Py_ssize_t i = 0; result == 0 && PyDict_Next(dict, &position, &name, &value); i++)
        result = field_of(name, value, &room.fields[i], &room.keys[i]);
    if (result == 0 && PyDict_GET_SIZE(dict) > 0)
        result = bind_list(NULL, &room, PyDict_GET_SIZE(dict), list);
    PyMem_Free(room.fields);
    return result;
}

static int make_list(cleatpy_surroundings *surroundings)
{
    if (surroundings->names != NULL && surroundings->guarded == NULL)
        return list_of_link(surroundings, &surroundings->fields);
    PyObject *dict = cleatpy_surroundings_dict(surroundings);
    int result = dict != NULL ? list_of_dict(dict, &surroundings->fields) : -1;
    Py_XDECREF(dict);
    return result;
}

int cleatpy_surroundings_fields(cleatpy_surroundings *surroundings, const cleat_fields **fields)
{
    if (surroundings->guarded != NULL && hides_any(surroundings))
        return 1;
    if (surroundings->list_state == NOT_LOOKED) {
        bool collects = cleatpy_hold_collector();
        int result = make_list(surroundings);
        cleatpy_let_collector(collects);
        if (result < 0)
            return -1;
        surroundings->list_state = result == 0 ? EXACT : INEXACT;
    }
    *fields = surroundings->fields;
    return surroundings->list_state == INEXACT;
}

/* A key as UTF-8 with its NUL behind it; what has no such form is replaced. */
static PyObject *shown_key(PyObject *name)
{
    return PyUnicode_AsEncodedString(name, "utf-8", "backslashreplace");
}

static cleat_fields *shown_list(PyObject *dict, cleat_field *fields, PyObject **keys, struct cleatpy_parts *parts)
{
    Py_ssize_t position = 0;
    PyObject *name;
    PyObject *value;
    size_t count = 0;
    while (PyDict_Next(dict, &position, &name, &value)) {
        if ((keys[count] = shown_key(name)) == NULL)
            return NULL;
        fields[count].key = PyBytes_AS_STRING(keys[count]);
        fields[count].value = cleatpy_shown_value(value, parts);
        count++;
    }
    cleat_fields *list = cleat_fields_new(fields, count);
    if (list == NULL)
        PyErr_NoMemory();
    return list;
}

cleat_fields *cleatpy_surroundings_shown(cleatpy_surroundings *surroundings)
{
    PyObject *dict = cleatpy_surroundings_dict(surroundings);
    if (dict == NULL)
        return NULL;
    size_t count = (size_t)PyDict_GET_SIZE(dict);
    cleat_field *fields = PyMem_Calloc(count + 1, sizeof(*fields) + sizeof(PyObject *));
    PyObject **keys = (PyObject **)(fields + count + 1);
    struct cleatpy_parts parts = {NULL};
    cleat_fields *list = fields != NULL ? shown_list(dict, fields, keys, &parts) : (cleat_fields *)PyErr_NoMemory();
    cleatpy_release_parts(&parts);
    for (size_t i = 0; fields != NULL && i < count; i++)
        Py_XDECREF(keys[i]);
    PyMem_Free(fields);
    Py_DECREF(dict);
    return list;
}

/* -- making them -- */

static bool are_same(PyObject *names, PyObject *others)
{
    Py_ssize_t count = PyTuple_GET_SIZE(names);
    if (count != PyTuple_GET_SIZE(others))
        return false;
    Py_ssize_t i = 0;
    while (i < count && PyTuple_GET_ITEM(names, i) == PyTuple_GET_ITEM(others, i))
        i++;
    return i == count;
}

static uint64_t mask_of_names(PyObject *names)
{
    uint64_t mask = 0;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); i++)
        mask |= bit_of(PyTuple_GET_ITEM(names, i));
    return mask;
}

static bool removes_any(PyObject *const *values, Py_ssize_t count)
{
    Py_ssize_t i = 0;
    while (i < count && !removes(values[i]))
        i++;
    return i < count;
}

/* Whether none of the names is bound. 0 or 1; -1: Python error. */
static int are_new(cleatpy_surroundings *before, PyObject *names, uint64_t mask)
{
    if (before == NULL || (before->mask & mask) == 0)
        return 1;
    PyObject *dict = cleatpy_surroundings_dict(before);
    int known = dict == NULL ? -1 : 0;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names) && known == 0; i++)
        known = PyDict_Contains(dict, PyTuple_GET_ITEM(names, i));
    Py_XDECREF(dict);
    return known < 0 ? -1 : !known;
}

/* Takes over the dict. */
static int become_dict(PyObject *dict, uint64_t mask, cleatpy_surroundings **result)
{
    *result = PyDict_GET_SIZE(dict) > 0 ? allocate(0) : NULL;
    if (*result == NULL) {
        int done = PyDict_GET_SIZE(dict) > 0 ? -1 : 0;
        Py_DECREF(dict);
        return done;
    }
    (*result)->dict = dict;
    (*result)->mask = mask;
    PyObject_GC_Track(*result);
    return 0;
}

static uint64_t mask_of_dict(PyObject *dict)
{
    uint64_t mask = 0;
    Py_ssize_t position = 0;
    PyObject *name;
    while (PyDict_Next(dict, &position, &name, NULL))
        mask |= bit_of(name);
    return mask;
}

static int begin_anew(cleatpy_surroundings *before, PyObject *names, PyObject *const *values,
                      cleatpy_surroundings **result)
{
    PyObject *former = before != NULL ? cleatpy_surroundings_dict(before) : PyDict_New();
    PyObject *dict = former != NULL ? PyDict_Copy(former) : NULL;
    Py_XDECREF(former);
    if (dict == NULL)
        return -1;
    if (operate(dict, names, values) < 0) {
        Py_DECREF(dict);
        return -1;
    }
    return become_dict(dict, mask_of_dict(dict), result);
}

static int add_link(cleatpy_surroundings *before, PyObject *names, PyObject *const *values, struct cleatpy_guard *guard,
                    uint64_t mask, cleatpy_surroundings **result)
{
    cleatpy_surroundings *link = allocate(PyTuple_GET_SIZE(names));
    if (link == NULL)
        return -1;
    link->before = (cleatpy_surroundings *)Py_XNewRef(before);
    link->guard = (struct cleatpy_guard *)Py_XNewRef(guard);
    link->guarded = guard != NULL ? link : before != NULL ? before->guarded : NULL;
    link->names = Py_NewRef(names);
    link->mask = mask | (before != NULL ? before->mask : 0);
    link->chain_length = 1 + (before != NULL ? before->chain_length : 0);
    for (Py_ssize_t i = 0; i < Py_SIZE(link); i++)
        link->values[i] = removes(values[i]) ? NULL : Py_NewRef(values[i]);
    PyObject_GC_Track(link);
    *result = link;
    return 0;
}

static int apply_to_unguarded(cleatpy_surroundings *before, PyObject *names, PyObject *const *values,
                              struct cleatpy_guard *guard, cleatpy_surroundings **result)
{
    if (PyTuple_GET_SIZE(names) == 0 && guard == NULL) {
        *result = (cleatpy_surroundings *)Py_XNewRef((PyObject *)before);
        return 0;
    }
    if (guard != NULL)
        return add_link(before, names, values, guard, mask_of_names(names), result);
    if (removes_any(values, PyTuple_GET_SIZE(names)))
        return begin_anew(before, names, values, result);
    if (before != NULL && before->names != NULL && are_same(names, before->names))
        return add_link(before->before, names, values, NULL, before->mask, result); /* once more round a loop */
    uint64_t mask = mask_of_names(names);
    int new = are_new(before, names, mask);
    if (new < 0)
        return -1;
    if (new && (before == NULL || before->chain_length < LONGEST_CHAIN))
        return add_link(before, names, values, NULL, mask, result);
    return begin_anew(before, names, values, result);
}

/* -- chains with guards: every link stays what it is, so that any can be hidden or taken out -- */

static bool is_over_here(const struct cleatpy_guard *guard)
{
    return guard != NULL && guard->over && guard->context == cleatpy_current_context();
}

/* The chain without a link, and without those whose scope is over. */
static int repeat_links(cleatpy_surroundings *link, const cleatpy_surroundings *without, cleatpy_surroundings **result)
{
    if (link == NULL || link->guarded == NULL) {
        *result = (cleatpy_surroundings *)Py_XNewRef((PyObject *)link);
        return 0;
    }
    cleatpy_surroundings *before;
    if (repeat_links(link->before, without, &before) < 0)
        return -1;
    int done = 0;
    if (link == without || is_over_here(link->guard))
        *result = (cleatpy_surroundings *)Py_XNewRef((PyObject *)before);
    else if (before == link->before)
        *result = (cleatpy_surroundings *)Py_NewRef((PyObject *)link);
    else
        done = cleatpy_surroundings_apply(before, link->names, link->values, link->guard, result);
    Py_XDECREF(before);
    return done;
}

static int set_operations(PyObject *dict, PyObject *names, PyObject *const *values)
{
    int result = 0;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names) && result == 0; i++)
        result = PyDict_SetItem(dict, PyTuple_GET_ITEM(names, i), removes(values[i]) ? Py_Ellipsis : values[i]);
    return result;
}

/* The operations of a link and those on top of it as one link, or a program that binds in a loop would never end it. */
static int merge_into_link(cleatpy_surroundings *link, PyObject *names, PyObject *const *values,
                           cleatpy_surroundings **result)
{
    PyObject *dict = PyDict_New();
    int done = dict != NULL ? set_operations(dict, link->names, link->values) : -1;
    if (done == 0)
        done = set_operations(dict, names, values);
    PyObject *keys = done == 0 ? PySequence_Tuple(dict) : NULL;
    PyObject *items = keys != NULL ? PyDict_Values(dict) : NULL;
    done =
        items != NULL ? add_link(link->before, keys, ((PyListObject *)items)->ob_item, NULL, link->mask, result) : -1;
    if (done == 0)
        (*result)->mask |= mask_of_dict(dict);
    Py_XDECREF(items);
    Py_XDECREF(keys);
    Py_XDECREF(dict);
    return done;
}

static int apply_to_guarded(cleatpy_surroundings *before, PyObject *names, PyObject *const *values,
                            struct cleatpy_guard *guard, cleatpy_surroundings **result)
{
    if (before->guard == NULL && guard == NULL)
        return merge_into_link(before, names, values, result);
    return add_link(before, names, values, guard, mask_of_names(names), result);
}

/* -- what the header promises; `before` may be borrowed -- */

int cleatpy_surroundings_without(cleatpy_surroundings *current, cleatpy_surroundings *link,
                                 cleatpy_surroundings **result)
{
    const cleatpy_surroundings *at = current;
    while (at != NULL && at != link)
        at = at->before;
    return at != NULL ? repeat_links(current, link, result) : 1;
}

static int apply(cleatpy_surroundings *before, PyObject *names, PyObject *const *values, struct cleatpy_guard *guard,
                 cleatpy_surroundings **result)
{
    if (before == NULL || before->guarded == NULL)
        return apply_to_unguarded(before, names, values, guard, result);
    cleatpy_surroundings *remaining;
    if (repeat_links(before, NULL, &remaining) < 0)
        return -1;
    int done = remaining != NULL && remaining->guarded != NULL
                   ? apply_to_guarded(remaining, names, values, guard, result)
                   : apply_to_unguarded(remaining, names, values, guard, result);
    Py_XDECREF(remaining);
    return done;
}

int cleatpy_surroundings_apply(cleatpy_surroundings *before, PyObject *names, PyObject *const *values,
                               struct cleatpy_guard *guard, cleatpy_surroundings **result)
{
    bool collects = cleatpy_hold_collector();
    int done = apply(before, names, values, guard, result);
    cleatpy_let_collector(collects);
    return done;
}

cleatpy_surroundings *cleatpy_surroundings_of_list(cleat_fields *list)
{
    cleatpy_surroundings *made = allocate(0);
    if (made == NULL) {
        cleat_fields_unref(list);
        return NULL;
    }
    made->fields = list;
    made->list_state = EXACT;
    made->mask = UINT64_MAX;
    PyObject_GC_Track(made);
    return made;
}
