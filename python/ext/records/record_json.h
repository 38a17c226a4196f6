/* record_json.h - cleat._engine.RecordJson: a record as one line of JSON, with what is bound as an object of its own.
 */
#ifndef CLEATPY_RECORD_JSON_H
#define CLEATPY_RECORD_JSON_H

#include "record.h"
#include "text.h"

extern PyTypeObject *cleatpy_record_json_type;

/* Appends the JSON of a record, without a newline behind it. 0, or -1: Python error. */
int cleatpy_record_json_render(PyObject *object, const struct cleatpy_record *record, struct cleatpy_text *text);

int cleatpy_add_record_json(PyObject *module);

#endif
