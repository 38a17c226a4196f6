/* lazy_proxy.h - cleat._engine.LazyProxy, the base of what get_logger() returns. */
#ifndef CLEATPY_LAZY_PROXY_H
#define CLEATPY_LAZY_PROXY_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

/* Adds the type to the module. 0, or -1 with a Python error. */
int cleatpy_add_lazy_proxy(PyObject *module);

#endif
