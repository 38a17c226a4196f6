/*
 * template.h - cleat._engine.Template: a format that was taken apart, as a row of segments, and makes the text of a
 * line of a record.
 */
#ifndef CLEATPY_TEMPLATE_H
#define CLEATPY_TEMPLATE_H

#include "record.h"
#include "text.h"

extern PyTypeObject *cleatpy_template_type;

/* The parts of a record that it shows: of enum cleatpy_needs. */
unsigned cleatpy_template_needs(PyObject *object);

/* Appends the text of a record, without a newline behind it. 0, or -1: Python error. */
int cleatpy_template_render(PyObject *object, const struct cleatpy_record *record, struct cleatpy_text *text);

int cleatpy_add_template(PyObject *module);

#endif
