/* gil.h - the interpreter's lock, for code that C threads run. */
#ifndef CLEATPY_GIL_H
#define CLEATPY_GIL_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>

/* Whether this thread runs Python code of the main interpreter, or is in C code that such code has called. */
bool cleatpy_is_python_thread(void);

/* Whether this thread has the lock. Right also where sub-interpreters have been made, unlike PyGILState_Check(). */
bool cleatpy_has_gil(void);

/* Takes the lock on such a thread, unless it has it already; what was raised before is kept aside, for code that is
   called in the middle of something. */
struct cleatpy_hold {
    PyGILState_STATE state;
    PyObject *type;
    PyObject *value;
    PyObject *traceback;
};
void cleatpy_take_gil(struct cleatpy_hold *hold);
void cleatpy_give_gil(struct cleatpy_hold *hold);

#endif
