/* scope.h - bound_contextvars: a scope that binds, and gives back on every way out (K8). */
#ifndef CLEATPY_SCOPE_H
#define CLEATPY_SCOPE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

extern PyTypeObject cleatpy_scope_type;

#endif
