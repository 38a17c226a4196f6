/* scope.h - bound_contextvars: a scope that binds, and gives back on every way out (K8). */
#ifndef CLEATPY_SCOPE_H
#define CLEATPY_SCOPE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

extern PyTypeObject cleatpy_scope_type;

/* A scope of names and as many values; names: NULL: none. given: what a with statement gets of it; NULL: None. A new
   reference; NULL: Python error. */
PyObject *cleatpy_scope_of(PyObject *names, PyObject *const *values, PyObject *given);

#endif
