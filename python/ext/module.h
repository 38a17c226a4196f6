/* module.h - what all files of the extension share. There is one interpreter and one module: its state is static. */
#ifndef CLEATPY_MODULE_H
#define CLEATPY_MODULE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>

/* Strings that are looked up on the way of a line, interned. */
struct cleatpy_strings {
    PyObject *structlog;  /* __structlog__ */
    PyObject *context;    /* _context */
};
extern struct cleatpy_strings cleatpy_strings;

/* A function of another signature in a table of methods. */
#define CLEATPY_METHOD(function) ((PyCFunction)(void (*)(void))(function))

#endif
