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

/*
 * Stand around what uses borrowed references and allocates: up to Python 3.11 any allocation may begin with a collection,
 * which runs code of the program's. Later versions collect between instructions of Python code only.
 */
static inline bool cleatpy_hold_collector(void)
{
#if PY_VERSION_HEX < 0x030C0000
    return PyGC_Disable() != 0;
#else
    return false;
#endif
}

static inline void cleatpy_let_collector(bool was_on)
{
#if PY_VERSION_HEX < 0x030C0000
    if (was_on)
        PyGC_Enable();
#else
    (void)was_on;
#endif
}

/* The end of an object whose type is made from a PyType_Spec and known to the collector. clear: the tp_clear of the type
   itself, not that of a sub-class, which has run by then. */
static inline void cleatpy_end(PyObject *object, inquiry clear)
{
    PyTypeObject *type = Py_TYPE(object);
    PyObject_GC_UnTrack(object);
    clear(object);
    type->tp_free(object);
    Py_DECREF(type);
}

/* A function of another signature in a table of methods. */
#define CLEATPY_METHOD(function) ((PyCFunction)(void (*)(void))(function))

/* What PyType_Slot takes is void *; ISO C converts to that from a function or a const only by way of an integer. */
#define CLEATPY_SLOT(address) ((void *)(uintptr_t)(address))

#endif
