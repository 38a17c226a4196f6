/* clock.h - whether the clock is that of the machine: tests freeze time, in two ways. */
#ifndef CLEATPY_CLOCK_H
#define CLEATPY_CLOCK_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>

/* Whether time.time and datetime.datetime.now are what they were when the extension was loaded: neither their names
   lead elsewhere, nor the functions behind them. */
bool cleatpy_clock_is_real(void);

int cleatpy_add_clock(PyObject *module);

#endif
