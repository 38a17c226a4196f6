#include "shown_values.h"

#include <string.h>

#include "module.h"
#include "values.h"

#define DEEPEST 100

/* One block, or one object, that values point into. */
struct cleatpy_part {
    struct cleatpy_part *before;
    PyObject *object;
    cleat_field memory[];
};

void cleatpy_release_parts(struct cleatpy_parts *parts)
{
    while (parts->newest != NULL) {
        struct cleatpy_part *part = parts->newest;
        parts->newest = part->before;
        Py_XDECREF(part->object);
        PyMem_Free(part);
    }
}

/* Takes over the reference. NULL without memory: then the object is gone. */
static struct cleatpy_part *add_part(struct cleatpy_parts *parts, size_t size, PyObject *object)
{
    struct cleatpy_part *part = PyMem_Calloc(1, sizeof(*part) + size);
    if (part == NULL) {
        Py_XDECREF(object);
        return NULL;
    }
    part->before = parts->newest;
    part->object = object;
    parts->newest = part;
    return part;
}

static cleat_value not_shown(void)
{
    PyErr_Clear();
    return cleat_string("[cannot be shown]");
}

/* The text of an object that nobody else keeps; takes over the reference, NULL included. */
static cleat_value text_of(PyObject *text, struct cleatpy_parts *parts)
{
    PyObject *bytes = text != NULL ? PyUnicode_AsEncodedString(text, "utf-8", "backslashreplace") : NULL;
    Py_XDECREF(text);
    if (bytes == NULL || add_part(parts, 0, bytes) == NULL)
        return not_shown();
    return cleat_string_n(PyBytes_AS_STRING(bytes), (size_t)PyBytes_GET_SIZE(bytes));
}

static cleat_value shown(PyObject *object, struct cleatpy_parts *parts, int depth);

static cleat_value shown_sequence(PyObject *sequence, struct cleatpy_parts *parts, int depth)
{
    PyObject *items = PySequence_Tuple(sequence); /* one that nobody changes meanwhile */
    if (items == NULL)
        return not_shown();
    size_t count = (size_t)PyTuple_GET_SIZE(items);
    struct cleatpy_part *part = add_part(parts, count * sizeof(cleat_value), items);
    if (part == NULL)
        return not_shown();
    cleat_value *values = (cleat_value *)(void *)part->memory;
    for (size_t i = 0; i < count; i++)
        values[i] = shown(PyTuple_GET_ITEM(items, i), parts, depth + 1);
    return cleat_list_n(values, count);
}

static const char *shown_key(PyObject *key, struct cleatpy_parts *parts)
{
    cleat_value text = text_of(PyObject_Str(key), parts);
    return text.as.text;
}

static cleat_value shown_dict(PyObject *dict, struct cleatpy_parts *parts, int depth)
{
    PyObject *copy = PyDict_Copy(dict);
    if (copy == NULL)
        return not_shown();
    size_t count = (size_t)PyDict_GET_SIZE(copy);
    struct cleatpy_part *part = add_part(parts, count * sizeof(cleat_field), copy);
    if (part == NULL)
        return not_shown();
    Py_ssize_t position = 0;
    PyObject *key;
    PyObject *value;
    for (size_t i = 0; i < count && PyDict_Next(copy, &position, &key, &value); i++) {
        part->memory[i].key = shown_key(key, parts);
        part->memory[i].value = shown(value, parts, depth + 1);
    }
    return cleat_object_n(part->memory, count);
}

static cleat_value shown_by_itself(PyObject *object, struct cleatpy_parts *parts)
{
    PyObject *method = PyObject_GetAttr(object, cleatpy_strings.structlog);
    if (method == NULL) {
        PyErr_Clear();
        return text_of(PyObject_Repr(object), parts);
    }
    PyObject *result = PyObject_CallNoArgs(method);
    Py_DECREF(method);
    PyObject *text = result == NULL || PyUnicode_Check(result) ? Py_XNewRef(result) : PyObject_Repr(result);
    Py_XDECREF(result);
    return text_of(text, parts);
}

static cleat_value shown(PyObject *object, struct cleatpy_parts *parts, int depth)
{
    cleat_value value;
    int result = cleatpy_value(object, &value);
    if (result == 0)
        return value;
    if (result < 0)
        return not_shown();
    if (depth > DEEPEST)
        return cleat_string("[cut: nested too deep]");
    if (PyDict_Check(object))
        return shown_dict(object, parts, depth);
    if (PyList_Check(object) || PyTuple_Check(object))
        return shown_sequence(object, parts, depth);
    if (PyUnicode_Check(object))
        return text_of(Py_NewRef(object), parts);
    if (PyLong_Check(object) || PyFloat_Check(object))
        return text_of(PyObject_Str(object), parts);
    return shown_by_itself(object, parts);
}

cleat_value cleatpy_shown_value(PyObject *object, struct cleatpy_parts *parts)
{
    return shown(object, parts, 0);
}
