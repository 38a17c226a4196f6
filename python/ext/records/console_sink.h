/* console_sink.h - cleat._engine.ConsoleSink: standard output or standard error, whatever file stands for it at the
   moment. */
#ifndef CLEATPY_CONSOLE_SINK_H
#define CLEATPY_CONSOLE_SINK_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

extern PyTypeObject *cleatpy_console_sink_type;

/* Writes a line, newline included, and flushes. 0, or -1: Python error. */
int cleatpy_console_sink_write(PyObject *object, const char *line, size_t length);

int cleatpy_add_console_sink(PyObject *module);

#endif
