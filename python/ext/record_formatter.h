/* record_formatter.h - what stdlib.ProcessorFormatter does with a record of the standard library's logging. */
#ifndef CLEATPY_RECORD_FORMATTER_H
#define CLEATPY_RECORD_FORMATTER_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

/* What ExtraAdder and remove_processors_meta do to an event, a dict. 0, or -1: Python error. */
int cleatpy_add_extra(PyObject *event, PyObject *ordinary);
int cleatpy_remove_meta(PyObject *event);

int cleatpy_add_record_formatter(PyObject *module);

#endif
