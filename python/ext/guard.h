/*
 * guard.h - scopes inside of generators. A generator shares the context of whoever drives it, and may end in another
 * one, from where its scope cannot be taken back: then it is marked as over. What an asynchronous generator binds
 * around a yield is hidden from the `async for` that it yields to (K8).
 */
#ifndef CLEATPY_GUARD_H
#define CLEATPY_GUARD_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>

struct cleatpy_guard {
    PyObject_HEAD
    PyObject *context;   /* that the scope was entered in; others go by the language's rules */
    PyObject *generator; /* a weak reference to one that hides what it binds while it is suspended; NULL: it does not */
    bool over;           /* the scope was left in another context */
};

extern PyTypeObject cleatpy_guard_type;

/* A guard for the scope that the calling Python code enters; *guard is NULL where it needs none. 0 or -1. */
int cleatpy_guard_for_caller(PyObject *context, struct cleatpy_guard **guard);

/* Whether what its scope bound is not to be seen here and now. */
bool cleatpy_guard_hides(const struct cleatpy_guard *guard);

/* The context that the calling thread runs in; borrowed. NULL: none was entered yet, and nothing is bound. */
PyObject *cleatpy_current_context(void);

#endif
