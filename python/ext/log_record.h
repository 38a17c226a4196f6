/* log_record.h - records of the standard library's logging, and the frame that one comes from. */
#ifndef CLEATPY_LOG_RECORD_H
#define CLEATPY_LOG_RECORD_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>

/* Whether this is what records have at this position when they are made: quicker to find out than what else it is. */
bool cleatpy_is_usual_field(size_t position, PyObject *key);

int cleatpy_add_log_record(PyObject *module);

#endif
