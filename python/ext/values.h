/* values.h - Python objects as values of the engine, and back. */
#ifndef CLEATPY_VALUES_H
#define CLEATPY_VALUES_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <cleat/value.h>

/*
 * The value of an object of a common exact type: None, bool, an int of 64 bits, float, a str that has a UTF-8 form.
 * What it points to is the object's: keep the object. 0: done; 1: another object, value holds nothing; -1: Python error.
 */
int cleatpy_value(PyObject *object, cleat_value *value);

/* The same, and any other object as a foreign value, which shows itself when its line is rendered. 0 or -1. */
int cleatpy_any_value(PyObject *object, cleat_value *value);

/* The class of foreign values: with.object is a PyObject *. */
extern const cleat_foreign_class cleatpy_object;

/* The Python object of a value; NULL: Python error. */
PyObject *cleatpy_object_of(const cleat_value *value);

/* Lets go of objects that were dropped where the interpreter's lock could not be had. Call it with the lock. */
void cleatpy_release_dropped_now(void);
extern void *_Atomic cleatpy_dropped;
static inline void cleatpy_release_dropped(void)
{
    if (cleatpy_dropped != NULL)
        cleatpy_release_dropped_now();
}

#endif
