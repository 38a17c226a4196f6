/*
 * output.h - what is known of a wrapped logger: the output loggers of structlog's door take a line as it is, all others
 * are called.
 */
#ifndef CLEATPY_OUTPUT_H
#define CLEATPY_OUTPUT_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>

#include <cleat/sink.h>

#include "outlet.h"

typedef struct {
    PyObject *logger;       /* that this is about; kept, or another could come to lie there; NULL: none yet */
    cleatpy_outlet *outlet; /* NULL: its methods are called */
    bool takes_bytes;
    bool follows_stdout; /* its file is whatever sys.stdout is */
    cleat_sink *sink;    /* of an asynchronous logger, which keeps it; NULL: it is none */
} cleatpy_output;

/* Finds out what there is to know about a logger. 0, or -1: Python error. */
int cleatpy_output_look(cleatpy_output *output, PyObject *logger);

/* The same if it is about another one. */
static inline int cleatpy_output_be_about(cleatpy_output *output, PyObject *logger)
{
    return output->logger == logger ? 0 : cleatpy_output_look(output, logger);
}

/* Whether a line, as a str or bytes, may go to its outlet now, past its methods. -1: Python error. */
int cleatpy_output_is_straight(cleatpy_output *output, bool is_bytes);

/* Writes a line, newline included, to its outlet. 0, or -1: Python error. */
int cleatpy_output_write(cleatpy_output *output, const char *line, size_t length);

/* To be called when a line has gone out through its methods. */
void cleatpy_output_note_call(cleatpy_output *output);

static inline int cleatpy_output_visit(const cleatpy_output *output, visitproc visit, void *arg)
{
    Py_VISIT(output->logger);
    Py_VISIT(output->outlet);
    return 0;
}

void cleatpy_output_clear(cleatpy_output *output);

int cleatpy_add_outputs(PyObject *module);

#endif
