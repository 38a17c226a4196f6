/* shown_values.h - any Python object as the value that shows it: for lines that are not made by Python code. */
#ifndef CLEATPY_SHOWN_VALUES_H
#define CLEATPY_SHOWN_VALUES_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <cleat/value.h>

/* What the values made so far point to. Begins as {0}. */
struct cleatpy_parts {
    struct cleatpy_part *newest;
};

/*
 * The value of an object: dicts are objects, lists and tuples are lists, what the engine has no kind for is its
 * __structlog__() or its repr(). Never fails: what cannot be shown is a text that says so. The object and parts have to
 * live as long as the value.
 */
cleat_value cleatpy_shown_value(PyObject *object, struct cleatpy_parts *parts);

void cleatpy_release_parts(struct cleatpy_parts *parts);

#endif
