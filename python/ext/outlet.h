/*
 * outlet.h - where the lines of an output logger go: a Python file, and, where it is an ordinary one over a descriptor,
 * the descriptor.
 */
#ifndef CLEATPY_OUTLET_H
#define CLEATPY_OUTLET_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>

#include "write_lock.h"

typedef struct cleatpy_outlet cleatpy_outlet;

/* The outlet of a file, one for each as long as it is in use. lock: that of the file's loggers. A new reference, or
   NULL: Python error. */
cleatpy_outlet *cleatpy_outlet_for(PyObject *file, cleatpy_write_lock *lock);

PyObject *cleatpy_outlet_file(const cleatpy_outlet *outlet);

/*
 * Whether bytes may go straight to the descriptor now: what the file itself holds back has gone out, and it would write
 * them as they are. Says no as long as the file has not been seen idle, see below. Runs no Python code of the user's but
 * signal handlers: -1 is what one of them has raised.
 */
int cleatpy_outlet_is_straight(cleatpy_outlet *outlet);

/* To be called right after a line went out through the file's own methods, and was flushed: looks what it is like. */
void cleatpy_outlet_look(cleatpy_outlet *outlet);

/*
 * Writes a line to the descriptor, waiting without the GIL. What cannot be written goes to the file's own methods, which
 * know what to do about it. 0, or -1: Python error.
 */
int cleatpy_outlet_write_line(cleatpy_outlet *outlet, const char *line, size_t length);

/*
 * Writes the text of a line through the file's own methods, whatever it is: write(), and flush() if it has that; and
 * looks what it is like. No other line gets in between. 0, or -1: what they raised.
 */
int cleatpy_outlet_print(cleatpy_outlet *outlet, PyObject *text);

int cleatpy_add_outlets(PyObject *module);

#endif
