/* record_formatter.h - what stdlib.ProcessorFormatter does with a record of the standard library's logging. */
#ifndef CLEATPY_RECORD_FORMATTER_H
#define CLEATPY_RECORD_FORMATTER_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

int cleatpy_add_record_formatter(PyObject *module);

#endif
