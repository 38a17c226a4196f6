/*
 * record.h - what one call of a record logger says, as handlers see it. It lives as long as the call, and keeps what it
 * refers to.
 */
#ifndef CLEATPY_RECORD_H
#define CLEATPY_RECORD_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>
#include <stdint.h>

#include "level.h"

/* Which parts of a record a handler asks for: what nobody asks for is not found out. */
enum cleatpy_needs {
    CLEATPY_NEEDS_CALLER = 1,
    CLEATPY_NEEDS_THREAD = 2,
    CLEATPY_NEEDS_PROCESS = 4,
    CLEATPY_NEEDS_TIME = 8,
    CLEATPY_NEEDS_EXTRA = 16,
    CLEATPY_NEEDS_ALL = 31
};

struct cleatpy_record {
    cleatpy_level *level; /* the call's */
    PyObject *message;    /* a str */
    PyObject *exception;  /* what the call gave; NULL: nothing */
    PyObject *extra;      /* a dict; NULL: empty, or nobody asked */
    int64_t time;         /* nanoseconds since 1970 */
    int64_t elapsed;      /* nanoseconds since the program began to log */
    unsigned known;       /* the parts below that are filled in: of enum cleatpy_needs */
    bool is_frozen;       /* the time is not the machine's: a test has frozen it */

    /* the caller: strs */
    PyObject *name; /* of its module; None where it has none */
    PyObject *function;
    PyObject *file; /* without its folders */
    PyObject *path;
    PyObject *module; /* the file's name without its ending */
    long line;

    PyObject *thread_name;
    unsigned long long thread_id;
    PyObject *process_name;
    long long process_id;
};

/* Finds out what of these parts is not known yet. depth: as in struct cleatpy_record_call. 0, or -1: Python error. */
int cleatpy_record_know(struct cleatpy_record *record, unsigned needs, unsigned depth);

/*
 * Takes the parts of a record that came from elsewhere: a tuple of time in nanoseconds, module's name, function, path,
 * line, thread's name and id, process's name and id; None: to be found out as for any call. 0, or -1: Python error.
 */
int cleatpy_record_come_from(struct cleatpy_record *record, PyObject *origin);

/* Lets go of what it keeps. */
void cleatpy_record_clear(struct cleatpy_record *record);

/* The record as the dict that a door's function makes of it; all parts have to be known. NULL: Python error. */
PyObject *cleatpy_record_dict(const struct cleatpy_record *record, PyObject *make_record);

int cleatpy_add_record(PyObject *module);

#endif
