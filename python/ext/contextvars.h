/* contextvars.h - context variables: one contextvars.ContextVar that holds what is bound. All need the GIL. */
#ifndef CLEATPY_CONTEXTVARS_H
#define CLEATPY_CONTEXTVARS_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <cleat/fields.h>

/*
 * What surrounds this call, as the engine's list: NULL when nothing is bound. Borrowed until Python code runs.
 * 0: done; 1: there is a key that has no UTF-8 form, shown with replacements in the list; -1: Python error.
 * Values of uncommon types are foreign in it (the flat form is dynamic).
 */
int cleatpy_current_fields(const cleat_fields **fields);

/* The same as a dict that is not to be changed, in the order of binding; borrowed until Python code runs.
   NULL: Python error. */
PyObject *cleatpy_current_dict(void);

/* The functions and types of this file into the module; 0 or -1. */
int cleatpy_add_contextvars(PyObject *module);

/* Has the engine ask Python for what surrounds a line, until the interpreter ends; 0 or -1. */
int cleatpy_become_host(void);

#endif
