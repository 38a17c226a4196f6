/* context_variable.h - the one contextvars.ContextVar, and what the calling thread's context holds in it. */
#ifndef CLEATPY_CONTEXT_VARIABLE_H
#define CLEATPY_CONTEXT_VARIABLE_H

#include "surroundings.h"

/* What is bound in the current context, borrowed. 0; -1: Python error. */
int cleatpy_get_current(cleatpy_surroundings **current);

/* Binds it instead; NULL: nothing. 0 or -1. */
int cleatpy_set_current(cleatpy_surroundings *surroundings);

int cleatpy_make_context_variable(void);

#endif
