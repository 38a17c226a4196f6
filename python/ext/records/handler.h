/* handler.h - cleat._engine.Handler: level gate, filter, format and sink of the records of a logger. Immutable. */
#ifndef CLEATPY_HANDLER_H
#define CLEATPY_HANDLER_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>

enum cleatpy_formatter_kind {
    CLEATPY_NO_FORMAT, /* the sink gets the record itself */
    CLEATPY_TEMPLATE_FORMAT,
    CLEATPY_JSON_FORMAT,
    CLEATPY_CALLED_FORMAT
};

enum cleatpy_sink_kind {
    CLEATPY_FILE,
    CLEATPY_CONSOLE,
    CLEATPY_CALLED_SINK
};

typedef struct {
    PyObject_HEAD
    long level_no; /* the lowest that it takes */
    unsigned needs;
    enum cleatpy_formatter_kind formatter_kind;
    enum cleatpy_sink_kind sink_kind;
    PyObject *sink;
    PyObject *formatter;
    PyObject *filter;           /* these four: NULL: none */
    PyObject *dict_formatter;   /* in the formatter's place for a record that patchers may have changed */
    PyObject *format_exception; /* makes the text of what a call gave as its exception */
    char takes_record;          /* the sink is called with the text and the record */
    char newline;               /* behind the text, for a file or the console */
} cleatpy_handler;

extern PyTypeObject *cleatpy_handler_type;

int cleatpy_add_handler(PyObject *module);

#endif
