/*
 * sink_logger.h - cleat._engine.SinkLogger, the base of output loggers whose lines go to a sink of the engine: a file that
 * a thread of its own writes to.
 */
#ifndef CLEATPY_SINK_LOGGER_H
#define CLEATPY_SINK_LOGGER_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <cleat/sink.h>

/* The sink that a logger hands its lines to, or NULL: it is another logger, or a sub-class, which may do more. */
cleat_sink *cleatpy_sink_of(PyObject *logger);

int cleatpy_add_sink_loggers(PyObject *module);

#endif
