/* record_logger.h - cleat._engine.RecordLogger: a core, fields that are bound to it, patchers and options. Immutable,
   so that any number of threads may use one (K4). */
#ifndef CLEATPY_RECORD_LOGGER_H
#define CLEATPY_RECORD_LOGGER_H

#include "core.h"

typedef struct {
    PyObject_HEAD
    cleatpy_core *core;
    PyObject *bound;    /* a dict that nobody changes */
    PyObject *patchers; /* a tuple */
    PyObject *options;  /* the door's; NULL: none */
} cleatpy_record_logger;

extern PyTypeObject *cleatpy_record_logger_type;

/* NULL: it is none, or has not been initialised: Python error. Borrowed. */
cleatpy_record_logger *cleatpy_as_logger(PyObject *object);

int cleatpy_add_record_logger(PyObject *module);

#endif
