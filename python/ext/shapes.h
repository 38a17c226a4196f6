/*
 * shapes.h - the keys of calls, prepared. A call site gives the same key objects each time, so that what is known of them
 * is found by their addresses.
 */
#ifndef CLEATPY_SHAPES_H
#define CLEATPY_SHAPES_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>

#include <cleat/event.h>

/* A call of more fields is no common one. */
#define CLEATPY_MOST_FIELDS 48

struct cleatpy_shape {
    PyObject *names;      /* a tuple */
    bool usable;          /* each is an exact str that the engine can have as a key */
    bool is_special;      /* one of them says more than its value: exc_info, stack_info */
    bool names_parameter; /* one of them is that of a log method's own parameter */
    cleat_site site;
    cleat_key keys[];
};

/* The shape of so many names, at most CLEATPY_MOST_FIELDS; borrowed until Python code runs. NULL: Python error. */
struct cleatpy_shape *cleatpy_shape(PyObject *const *names, Py_ssize_t count);

/* 0 or -1. */
int cleatpy_add_shapes(PyObject *module);

#endif
