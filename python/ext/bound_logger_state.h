/* bound_logger_state.h - bound loggers in pickles and copies. */
#ifndef CLEATPY_BOUND_LOGGER_STATE_H
#define CLEATPY_BOUND_LOGGER_STATE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

/* __getstate__(), __setstate__(state), __reduce_ex__(protocol) */
PyObject *cleatpy_get_state(PyObject *object, PyObject *unused);
PyObject *cleatpy_set_state(PyObject *object, PyObject *state);
PyObject *cleatpy_reduce(PyObject *object, PyObject *protocol);

#endif
