/* file_sink.h - cleat._engine.FileSink: one of the engine's sinks, a file with rotation, retention, compression and a
   thread of its own, for whole lines. */
#ifndef CLEATPY_FILE_SINK_H
#define CLEATPY_FILE_SINK_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

extern PyTypeObject *cleatpy_file_sink_type;

/*
 * Gives it a line, newline included. Waits for the disk, or for room in its queue, without the GIL; does not wait for
 * the GIL where nothing else has to be waited for. One that was closed meanwhile lets the line go. level: a number of the
 * engine's. 0: trouble with the file is no error of Python's, the engine counts and reports it.
 */
int cleatpy_file_sink_write(PyObject *object, const char *line, size_t length, int level);

int cleatpy_add_file_sink(PyObject *module);

#endif
