/* engine_sink.h - a sink of the engine as Python's types have one: opened with Python's errors, given lines, waited for
   without the GIL. */
#ifndef CLEATPY_ENGINE_SINK_H
#define CLEATPY_ENGINE_SINK_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <cleat/sink.h>

/*
 * Opens a file. path: bytes, as PyUnicode_FSConverter() makes them. queue: what becomes an asynchronous sink has; NULL:
 * lines are written by whoever logs. NULL: Python error, which is the subclass of OSError that stands for what the
 * system said, or ValueError for options that do not go together.
 */
cleat_sink *cleatpy_open_file(PyObject *path, const cleat_file_options *options, const cleat_async_options *queue);

/* The end of an owner. The last one waits, without the GIL, until all is written. NULL is allowed. */
void cleatpy_let_go_of_sink(cleat_sink *sink);

/*
 * Gives a sink a line, newline included. The GIL is given away for that only where it may have to be waited for
 * something; the sink may lose its owner meanwhile.
 */
void cleatpy_give_line(cleat_sink *sink, const char *line, size_t length, int level);

/* Waits until what was logged before is written, for so many seconds at most; negative: for ever. Whether it is, as a
   bool of Python's. */
PyObject *cleatpy_flush_sink(cleat_sink *sink, double seconds);

/* The same for what becomes of rotated files, as far as other processes have let go of them. */
PyObject *cleatpy_settle_sink(cleat_sink *sink, double seconds);

/* The bytes of a line that Python gives: a str or bytes, which keeps them. NULL: Python error. */
const char *cleatpy_line_of(PyObject *line, size_t *length);

/* One of enum cleat_overflow by its name in Python; -1: Python error. */
int cleatpy_overflow_of(const char *name);

int cleatpy_add_engine_sinks(PyObject *module);

#endif
