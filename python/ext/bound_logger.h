/*
 * bound_logger.h - cleat._engine.BoundLogger, the base of all bound loggers of structlog's door: a wrapped logger, a chain
 * and a context.
 *
 * Its truth is the Python dict. The engine's list of fields is made of it at the first line and kept, as long as nobody
 * but the logger has the dict: once it was handed out it may change at any time, and is looked through for each line.
 */
#ifndef CLEATPY_BOUND_LOGGER_H
#define CLEATPY_BOUND_LOGGER_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>

#include <cleat/fields.h>

#include "output.h"
#include "plan.h"

/* What the engine has of a context. */
enum cleatpy_context_state {
    CLEATPY_NOT_LOOKED_AT,
    CLEATPY_LISTED,   /* fields is all of it */
    CLEATPY_UNCOMMON, /* something in it has no place in a list */
    CLEATPY_SHARED    /* others have the dict */
};

typedef struct {
    PyObject_HEAD
    PyObject *logger;
    PyObject *processors;
    PyObject *context;
    cleatpy_plan *plan; /* that of processors when it was last looked at; NULL: none yet */
    cleatpy_output output;
    cleat_fields *fields; /* NULL: none */
    enum cleatpy_context_state state;
    bool is_altered; /* an attribute of the instance may hide a method */
} cleatpy_bound_logger;

extern PyTypeObject *cleatpy_bound_logger_type;

/* Whether it has all of its parts: one that was made without __init__() has none, and then that is a Python error. */
bool cleatpy_is_complete(const cleatpy_bound_logger *logger);

/* A new dict of keywords, whose values are there; names may be NULL. NULL: Python error. */
PyObject *cleatpy_keywords(PyObject *const *values, PyObject *names);

int cleatpy_add_bound_logger(PyObject *module);

#endif
