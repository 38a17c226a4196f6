/* level.h - cleat._engine.Level: a level as records have it. Immutable. */
#ifndef CLEATPY_LEVEL_H
#define CLEATPY_LEVEL_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

typedef struct {
    PyObject_HEAD
    PyObject *name; /* strs */
    PyObject *icon;
    PyObject *style; /* the escape sequence that begins its colour; empty: none */
    long no;         /* higher is more severe */
} cleatpy_level;

extern PyTypeObject *cleatpy_level_type;

int cleatpy_add_level(PyObject *module);

#endif
