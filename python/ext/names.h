/* names.h - the keys of a call. */
#ifndef CLEATPY_NAMES_H
#define CLEATPY_NAMES_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

/* The same names as exact strs, an empty tuple for NULL; a new reference. NULL: Python error. */
PyObject *cleatpy_exact_names(PyObject *names);

/* Keys that may be any objects, as a tuple of exact strs. NULL: Python error. */
PyObject *cleatpy_names_of(PyObject *const *keys, Py_ssize_t count);

#endif
