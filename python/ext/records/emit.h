/* emit.h - the way of a record: from a log call to the handlers. */
#ifndef CLEATPY_EMIT_H
#define CLEATPY_EMIT_H

#include "record_logger.h"

/* What a log method was told. All borrowed from the caller. */
struct cleatpy_record_call {
    cleatpy_level *level;
    PyObject *message;   /* a str */
    PyObject *fields;    /* a dict that nobody changes; NULL: none */
    PyObject *exception; /* NULL: none */
    bool is_raw;         /* the message is all that sinks get, without a line break behind it */
    PyObject *origin;    /* NULL: the call itself; else see cleatpy_record_come_from() */
    unsigned depth;      /* how many Python frames further out than the innermost the caller is */
};

/* Whether a call's level is on and its caller's module enabled: asked before a message is made. 1, 0, or -1: Python
 * error. */
int cleatpy_is_wanted(cleatpy_core *core, const struct cleatpy_record_call *call);

/* Gives the handlers the record of a call that is wanted. 0, or -1: Python error, as a patcher raises it, or as a door
   wants failures of handlers to be. */
int cleatpy_emit(cleatpy_record_logger *logger, const struct cleatpy_record_call *call);

/* The record of a call as a dict, before patchers, and given to nobody. NULL: Python error. */
PyObject *cleatpy_dict_of_call(cleatpy_record_logger *logger, const struct cleatpy_record_call *call);

int cleatpy_add_emit(PyObject *module);

#endif
