/* keys.h - Python strings as the engine's prepared keys. */
#ifndef CLEATPY_KEYS_H
#define CLEATPY_KEYS_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <cleat/event.h>

/*
 * The prepared key of an exact str. Common keys are found by the object's address and last for ever; another one is
 * prepared in *room and lasts as long as room and the str. NULL: Python error (no UTF-8 form: UnicodeEncodeError).
 */
const cleat_key *cleatpy_key(PyObject *text, cleat_key *room);

#endif
