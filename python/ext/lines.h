/*
 * lines.h - lines that the engine makes from beginning to end: no event dictionary is built. Whatever it cannot do just as
 * the processors in Python would is left to them before anything has happened.
 */
#ifndef CLEATPY_LINES_H
#define CLEATPY_LINES_H

#include "bound_logger.h"

/* A log call. */
struct cleatpy_call {
    PyObject *method;        /* its name */
    int level;               /* that of the name; 0: not one of the five */
    PyObject *event;         /* NULL: none */
    PyObject *const *values; /* of the keywords */
    PyObject *const *names;
    Py_ssize_t count;
};

/* The line of a call: *result is what the wrapped logger's method returned, a new reference. 1: done; 0: nothing has
   happened; -1: Python error. */
int cleatpy_log_whole(cleatpy_bound_logger *logger, cleatpy_plan *plan, const struct cleatpy_call *call,
                      PyObject **result);

/* An event dictionary as the engine's JSON of a plan's last step; *text is a new reference. 1, 0 or -1 as above. */
int cleatpy_render_dict(cleatpy_plan *plan, PyObject *event, PyObject **text);

/* The same as a line that goes straight to the output. */
int cleatpy_write_dict(cleatpy_plan *plan, PyObject *event, cleatpy_output *output);

int cleatpy_add_lines(PyObject *module);

#endif
