/* caller.h - who called a log method: the function, file, line and module of a Python frame. */
#ifndef CLEATPY_CALLER_H
#define CLEATPY_CALLER_H

#include "record.h"

/*
 * Fills in the caller of a record: the Python frame that called into C, or that so many frames further out. Where there
 * are not as many, its parts are "<unknown>". 0, or -1: Python error.
 */
int cleatpy_find_caller(unsigned depth, struct cleatpy_record *record);

/* The name of the module of that frame, or None; a new reference. NULL: Python error. */
PyObject *cleatpy_name_of_caller(unsigned depth);

/* Of a path the file's name without folders; of that the name without its ending. New references; NULL: Python error.
 */
PyObject *cleatpy_file_of(PyObject *path);
PyObject *cleatpy_module_of(PyObject *file);

int cleatpy_add_callers(PyObject *module);

#endif
