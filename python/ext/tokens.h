/* tokens.h - what a bind changed, to give back exactly that (K7). */
#ifndef CLEATPY_TOKENS_H
#define CLEATPY_TOKENS_H

#include "surroundings.h"

/* A mapping from each key to its token. Tokens are made when somebody looks, and refer to it, not it to them. */
struct cleatpy_tokens {
    PyObject_VAR_HEAD
    cleatpy_surroundings *before;
    cleatpy_surroundings *after;
    PyObject *names;
    PyObject *context; /* that they were made in; NULL: the collector was here */
    bool used[];       /* by the place of the name */
};

extern PyTypeObject cleatpy_tokens_type;
extern PyTypeObject cleatpy_token_type;

/* The tokens of a bind in the current context that has just been done. */
struct cleatpy_tokens *cleatpy_tokens_new(cleatpy_surroundings *before, cleatpy_surroundings *after, PyObject *names);

/* Puts all keys of a bind back, in the current context. 0 or -1. */
int cleatpy_restore_all(cleatpy_surroundings *before, cleatpy_surroundings *after, PyObject *names);

/* The same for tokens that must be unused and of this context: else RuntimeError or ValueError. */
int cleatpy_tokens_reset(struct cleatpy_tokens *tokens);

/* reset_contextvars(**tokens): all or none of them. */
PyObject *cleatpy_reset_contextvars(PyObject *module, PyObject *const *args, Py_ssize_t n_args, PyObject *names);

#endif
