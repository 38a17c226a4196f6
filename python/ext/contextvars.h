/* contextvars.h - context variables: one contextvars.ContextVar that holds what is bound. All need the GIL. */
#ifndef CLEATPY_CONTEXTVARS_H
#define CLEATPY_CONTEXTVARS_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <cleat/fields.h>

/*
 * What surrounds this call, as the engine's list: NULL when nothing is bound. Borrowed until Python code runs.
 * 0: done; 1: something is bound that the engine cannot show just as Python would (a value of an uncommon type, a key
 * without UTF-8 form): go by the dict; -1: Python error.
 */
int cleatpy_current_fields(const cleat_fields **fields);

/* The same as a dict, in the order of binding. Not to be changed. Empty when nothing is bound. NULL: Python error. */
PyObject *cleatpy_current_dict(void);

/* The same; *dict is NULL when nothing is bound. 0, or -1: Python error. */
int cleatpy_find_current_dict(PyObject **dict);

/* Removes keys, a tuple of exact strs; 0 or -1. */
int cleatpy_unbind(PyObject *names);

/* The functions and types of this file into the module; 0 or -1. */
int cleatpy_add_contextvars(PyObject *module);

#endif
