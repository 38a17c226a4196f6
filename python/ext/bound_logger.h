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

/* Whether an object is one whose type takes _proxy_to_logger() and _process_event() from here. */
bool cleatpy_goes_by_us(PyObject *object);

/*
 * Sends an event through the chain and calls the wrapped logger's method: what `_proxy_to_logger` means. names has the
 * keywords, whose values are there, NULL: none; event may be NULL; level is that of the method, 0: none of the five. A new reference, or NULL: Python error.
 */
PyObject *cleatpy_log(cleatpy_bound_logger *logger, PyObject *method, int level, PyObject *event,
                      PyObject *const *values, PyObject *names);

int cleatpy_add_bound_logger(PyObject *module);

#endif
