/* module.h - what all files of the extension share. There is one interpreter and one module: its state is static. */
#ifndef CLEATPY_MODULE_H
#define CLEATPY_MODULE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>
#include <stdint.h>

/* Strings that are looked up on the way of a line, interned. */
struct cleatpy_strings {
    PyObject *ag_running;
    PyObject *co_code;
    PyObject *context; /* _context */
    PyObject *f_lasti;
    PyObject *setdefault;
    PyObject *structlog; /* __structlog__ */
};
extern struct cleatpy_strings cleatpy_strings;

/* A function of another signature in a table of methods. */
#define CLEATPY_METHOD(function) ((PyCFunction)(void (*)(void))(function))

/* What PyType_Slot takes is void *; ISO C converts to that from a function or a const only by way of an integer. */
#define CLEATPY_SLOT(address) ((void *)(uintptr_t)(address))

#endif
