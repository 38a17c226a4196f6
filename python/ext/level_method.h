/* level_method.h - cleat._engine.LevelMethod, a log method: `log.info("text", key=value)` is one call of C code. */
#ifndef CLEATPY_LEVEL_METHOD_H
#define CLEATPY_LEVEL_METHOD_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

int cleatpy_add_level_method(PyObject *module);

#endif
