/* host.h - Python as the engine's host: C code that Python calls logs and binds with the context of its caller. */
#ifndef CLEATPY_HOST_H
#define CLEATPY_HOST_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

/* Has the engine ask Python, until the interpreter ends; 0 or -1. */
int cleatpy_become_host(PyObject *module);

#endif
