/* steps.h - which processors the engine can stand in for, and what each kind of step does to an event dictionary. */
#ifndef CLEATPY_STEPS_H
#define CLEATPY_STEPS_H

#include "plan.h"

/* Finds out of what kind a step is, from its processor. 0, or -1: Python error. */
int cleatpy_find_step(struct cleatpy_step *step);

/* Whether a step is JSON that the engine writes byte for byte. */
bool cleatpy_is_known_json(const struct cleatpy_step *step, struct cleatpy_json *json);

/*
 * Does what the processor would do: event is the event dictionary, or what the step before made of it. Takes the
 * reference over and returns a new one, of what comes next; NULL: Python error.
 */
PyObject *cleatpy_run_step(const struct cleatpy_step *step, PyObject *logger, PyObject *method, PyObject *event);

int cleatpy_add_steps(PyObject *module);

#endif
