/*
 * proxy_to_logger.h - the two methods of bound loggers behind all log methods: `_proxy_to_logger`, and `_process_event` in
 * it. Programs override them in classes of their own.
 */
#ifndef CLEATPY_PROXY_TO_LOGGER_H
#define CLEATPY_PROXY_TO_LOGGER_H

#include "bound_logger.h"

/* Whether a type has a method from where `own` is. */
bool cleatpy_has_method(PyTypeObject *type, PyObject *name, PyObject *own);

/* Whether an object is a bound logger that has both methods from here. */
bool cleatpy_goes_by_us(PyObject *object);

/*
 * What `_proxy_to_logger` does: sends an event through the chain and calls the wrapped logger's method. names has the
 * keywords, whose values are there, NULL: none; event may be NULL; level is that of the method, 0: none of the five. A new
 * reference, or NULL: Python error.
 */
PyObject *cleatpy_log(cleatpy_bound_logger *logger, PyObject *method, int level, PyObject *event,
                      PyObject *const *values, PyObject *names);

/* The methods themselves. */
PyObject *cleatpy_process_event(PyObject *object, PyObject *args, PyObject *kwargs);
PyObject *cleatpy_proxy_to_logger(PyObject *object, PyObject *const *args, Py_ssize_t count, PyObject *names);

/* Once the type of bound loggers is there. 0 or -1. */
int cleatpy_add_proxy_to_logger(void);

#endif
