/* core.h - cleat._engine.Core: what a record logger shares with all that are made from it: handlers, levels, and the
   functions by which a door says how its records are. */
#ifndef CLEATPY_CORE_H
#define CLEATPY_CORE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>

#include "handler.h"
#include "level.h"

typedef struct {
    PyObject_HEAD
    PyObject *handlers; /* a tuple, replaced as a whole: lines on their way go on with the one they began with */
    long min_no;        /* the lowest level that any of them takes; LONG_MAX: there are none */
    PyObject *levels;   /* a dict: by name */
    PyObject *enabled;  /* a dict: what is_enabled said of a module; another one when that is set */
    char takes_exception;

    /* The rest belongs to the door. NULL: it has none. */
    PyObject *extra;
    PyObject *patcher;
    PyObject *make_record;
    PyObject *read_record;
    PyObject *consumed;
    PyObject *resolve_level;
    PyObject *resolve_exception;
    PyObject *is_enabled;
    PyObject *report;
    PyObject *log_with_options;
} cleatpy_core;

extern PyTypeObject *cleatpy_core_type;

/* The level that a log method was given, by name or otherwise; a new reference. NULL: Python error. */
cleatpy_level *cleatpy_find_level(cleatpy_core *core, PyObject *wanted);

/* Calls one of the door's functions, which may put another one in its place meanwhile. NULL: Python error. */
PyObject *cleatpy_call_part(PyObject *part, PyObject *argument);

/* Whether a module's records are wanted, by its name. 1, 0, or -1: Python error. */
int cleatpy_is_enabled(cleatpy_core *core, PyObject *name);

int cleatpy_add_core(PyObject *module);

#endif
