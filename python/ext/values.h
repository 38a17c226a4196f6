/* values.h - Python objects as values of the engine, and back. */
#ifndef CLEATPY_VALUES_H
#define CLEATPY_VALUES_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <cleat/value.h>

/*
 * The value of an object of a common exact type: None, bool, an int of 64 bits, float, a str that has a UTF-8 form.
 * What it points to is the object's: keep the object. 0: done; 1: another object, and nothing in value; -1: error.
 */
int cleatpy_value(PyObject *object, cleat_value *value);

/* The Python object of a value; NULL: Python error. */
PyObject *cleatpy_object_of(const cleat_value *value);

#endif
