/*
 * surroundings.h - what context variables hold: fields that are bound, immutable, shared by all contexts that were
 * copied from the one that bound them. All need the GIL. Nothing bound is NULL everywhere (K9).
 *
 * As long as keys are new, a bind adds a link to a chain, which costs what it binds. What the chain comes to is worked
 * out when somebody looks, and kept: the dict for Python, the field list for the engine.
 */
#ifndef CLEATPY_SURROUNDINGS_H
#define CLEATPY_SURROUNDINGS_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>

#include <cleat/fields.h>

#include "guard.h"

typedef struct cleatpy_surroundings cleatpy_surroundings;

extern PyTypeObject cleatpy_surroundings_type;

/*
 * `before` with operations on top: names are exact strs, a value that is NULL or Ellipsis removes its key. With a
 * guard: those of a scope that may have to be told from the rest later. *result is a new reference. 0 or -1.
 */
int cleatpy_surroundings_apply(cleatpy_surroundings *before, PyObject *names, PyObject *const *values,
                               struct cleatpy_guard *guard, cleatpy_surroundings **result);

/* `current` without what a guarded scope bound, whatever has been bound since. 1: its link is not there. */
int cleatpy_surroundings_without(cleatpy_surroundings *current, cleatpy_surroundings *link,
                                 cleatpy_surroundings **result);

/* Those of a list that the engine made; takes over the reference, also when it fails. NULL: Python error. */
cleatpy_surroundings *cleatpy_surroundings_of_list(cleat_fields *list);

/* The dict, not to be changed; a new reference. NULL: Python error. */
PyObject *cleatpy_surroundings_dict(cleatpy_surroundings *surroundings);

/* The engine's list, borrowed. 0: done; 1: there is no list that shows just what Python would; -1: Python error. */
int cleatpy_surroundings_fields(cleatpy_surroundings *surroundings, const cleat_fields **fields);

/* The list in which the engine shows it as well as it can; the caller's. NULL: Python error. */
cleat_fields *cleatpy_surroundings_shown(cleatpy_surroundings *surroundings);

#endif
