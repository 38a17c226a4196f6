/* object_text.h - the text of any object, whatever its methods do. */
#ifndef CLEATPY_OBJECT_TEXT_H
#define CLEATPY_OBJECT_TEXT_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>

/*
 * str() of an object; where that raises an Exception its repr(), and then "<unprintable Type>". A new reference. NULL:
 * another exception, which goes its way (KeyboardInterrupt).
 */
PyObject *cleatpy_object_text(PyObject *object);

/* Forgets a Python error that is an Exception. False: it is another one, which stays, or there is none. */
bool cleatpy_forget_exception(void);

#endif
