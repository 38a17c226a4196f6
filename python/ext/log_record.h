/* log_record.h - records of the standard library's logging, and the frame that one comes from. */
#ifndef CLEATPY_LOG_RECORD_H
#define CLEATPY_LOG_RECORD_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

int cleatpy_add_log_record(PyObject *module);

#endif
