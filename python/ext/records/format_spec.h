/* format_spec.h - Python's format specifications: those that only pad are followed here, all others by Python. */
#ifndef CLEATPY_FORMAT_SPEC_H
#define CLEATPY_FORMAT_SPEC_H

#include "text.h"

struct cleatpy_format_spec {
    PyObject *text; /* NULL: empty, which is str() */
    bool only_pads; /* [[fill]align][width], which is what follows */
    Py_UCS4 fill;
    char align; /* '<', '^', '>'; 0: as it is usual for the type */
    Py_ssize_t width;
};

/* Takes a specification apart. 0, or -1: Python error. Give it back in any case. */
int cleatpy_format_spec_begin(struct cleatpy_format_spec *spec, PyObject *text);
void cleatpy_format_spec_end(struct cleatpy_format_spec *spec);

/*
 * Each appends a value as the specification says; where that cannot be, as str() does. The value's characters are
 * counted before any of them is escaped. 0, or -1: Python error.
 */
int cleatpy_text_add_formatted(struct cleatpy_text *text, const struct cleatpy_format_spec *spec, PyObject *value,
                               enum cleatpy_safety safety);
int cleatpy_text_add_formatted_number(struct cleatpy_text *text, const struct cleatpy_format_spec *spec,
                                      long long number);

/* The same for UTF-8 that was made here, and is appended already from `start` on. */
int cleatpy_text_format_tail(struct cleatpy_text *text, const struct cleatpy_format_spec *spec, size_t start);

#endif
