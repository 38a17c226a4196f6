/* log_method.h - cleat._engine.LogMethod: the log methods of record loggers, such as info(). */
#ifndef CLEATPY_LOG_METHOD_H
#define CLEATPY_LOG_METHOD_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

int cleatpy_add_log_method(PyObject *module);

#endif
