/* event_dict.h - event dictionaries: made of a context and a call, sent through a chain, passed on to a wrapped logger. */
#ifndef CLEATPY_EVENT_DICT_H
#define CLEATPY_EVENT_DICT_H

#include "output.h"
#include "plan.h"

/* A copy of a context, which is taken over (NULL: Python error), with names set to values, and `event` (NULL: it is not).
   NULL: Python error. */
PyObject *cleatpy_event_dict(PyObject *context, PyObject *const *names, PyObject *const *values, Py_ssize_t count,
                             PyObject *event);

/* The same with the items of a dict. */
PyObject *cleatpy_event_dict_of(PyObject *context, PyObject *items, PyObject *event);

/* What the chain makes of an event, which is taken over. plan: that of processors; NULL: they are no list or tuple.
   NULL: Python error. */
PyObject *cleatpy_process(cleatpy_plan *plan, PyObject *processors, PyObject *logger, PyObject *method, PyObject *event);

/* The arguments, a tuple and a dict in a tuple, that an outcome of a chain is for a wrapped logger. Takes it over; NULL:
   Python error, and when the outcome is NULL. */
PyObject *cleatpy_arguments_of(PyObject *outcome);

/* Calls a wrapped logger with them; takes them over. */
PyObject *cleatpy_call_with(PyObject *logger, PyObject *method, PyObject *arguments);

/* Sends an event, which is taken over, through the chain and calls the wrapped logger. plan as above. */
PyObject *cleatpy_log_event(cleatpy_plan *plan, PyObject *processors, cleatpy_output *output, PyObject *logger,
                            PyObject *method, PyObject *event);

/* Whether the Python error says that the event is to be dropped; then it is cleared. */
bool cleatpy_is_dropped(void);

int cleatpy_add_event_dicts(PyObject *module);

#endif
