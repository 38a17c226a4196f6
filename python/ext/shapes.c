#include "shapes.h"

#include <string.h>

#include "module.h"

#define PLACES 1024

static struct cleatpy_shape *shapes[PLACES];

/* Names that a log method cannot pass on as fields, or that a processor may act on. */
static PyObject *parameters[4];
static PyObject *specials[2];

static bool is_one_of(PyObject *name, PyObject *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (name == names[i] || PyUnicode_Compare(name, names[i]) == 0)
            return true;
    return false;
}

/* Keys end at a NUL in the engine. Lone surrogates have no UTF-8 form. */
static int take_key(struct cleatpy_shape *shape, Py_ssize_t index, PyObject *name)
{
    if (!PyUnicode_CheckExact(name))
        return 0;
    Py_ssize_t length;
    const char *text = PyUnicode_AsUTF8AndSize(name, &length);
    if (text == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError))
            return -1;
        PyErr_Clear();
        return 0;
    }
    shape->keys[index + 1].text = text;
    shape->is_special |= is_one_of(name, specials, 2);
    shape->names_parameter |= is_one_of(name, parameters, 4);
    return strlen(text) == (size_t)length;
}

static int take_keys(struct cleatpy_shape *shape, Py_ssize_t count)
{
    for (Py_ssize_t i = 0; i < count; i++) {
        int usable = take_key(shape, i, PyTuple_GET_ITEM(shape->names, i));
        if (usable < 0)
            return -1;
        shape->usable = shape->usable && usable;
    }
    return 0;
}

static void free_shape(struct cleatpy_shape *shape)
{
    if (shape == NULL)
        return;
    Py_XDECREF(shape->names);
    PyMem_Free(shape);
}

static struct cleatpy_shape *make_shape(PyObject *const *names, Py_ssize_t count)
{
    size_t size = sizeof(struct cleatpy_shape) + ((size_t)count + 1) * sizeof(cleat_key);
    struct cleatpy_shape *shape = PyMem_Calloc(1, size);
    if (shape == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    shape->usable = true;
    bool collects = cleatpy_hold_collector();
    shape->names = PyTuple_New(count);
    cleatpy_let_collector(collects);
    for (Py_ssize_t i = 0; shape->names != NULL && i < count; i++)
        PyTuple_SET_ITEM(shape->names, i, Py_NewRef(names[i]));
    if (shape->names == NULL || take_keys(shape, count) < 0) {
        free_shape(shape);
        return NULL;
    }
    shape->site.n_keys = (unsigned)count + 1;
    shape->site.keys = shape->keys;
    return shape;
}

static bool is_of(const struct cleatpy_shape *shape, PyObject *const *names, Py_ssize_t count)
{
    if (shape->site.n_keys != (unsigned)count + 1)
        return false;
    PyObject *const *own = ((PyTupleObject *)shape->names)->ob_item;
    for (Py_ssize_t i = 0; i < count; i++)
        if (own[i] != names[i])
            return false;
    return true;
}

static size_t place_of(PyObject *const *names, Py_ssize_t count)
{
    uint64_t hash = (uint64_t)count;
    for (Py_ssize_t i = 0; i < count; i++)
        hash = (hash ^ (uintptr_t)names[i]) * UINT64_C(0x9E3779B97F4A7C15);
    return hash >> 54;
}

struct cleatpy_shape *cleatpy_shape(PyObject *const *names, Py_ssize_t count)
{
    _Static_assert(PLACES == 1 << 10, "ten bits of a hash");
    struct cleatpy_shape **place = &shapes[place_of(names, count)];
    if (*place != NULL && is_of(*place, names, count))
        return *place;
    struct cleatpy_shape *shape = make_shape(names, count);
    if (shape == NULL)
        return NULL;
    struct cleatpy_shape *former = *place;
    *place = shape;
    free_shape(former);
    return shape;
}

int cleatpy_add_shapes(PyObject *module)
{
    static const char *const names_of_parameters[] = {"self", "level", "event", "method_name"};
    static const char *const names_of_specials[] = {"exc_info", "stack_info"};
    (void)module;
    for (size_t i = 0; i < 4; i++)
        if ((parameters[i] = PyUnicode_InternFromString(names_of_parameters[i])) == NULL)
            return -1;
    for (size_t i = 0; i < 2; i++)
        if ((specials[i] = PyUnicode_InternFromString(names_of_specials[i])) == NULL)
            return -1;
    return 0;
}
