/* json_values.h - Python values as JSON (RFC 8259), whatever they are. */
#ifndef CLEATPY_JSON_VALUES_H
#define CLEATPY_JSON_VALUES_H

#include <stdbool.h>

#include "text.h"

#define CLEATPY_DEEPEST_JSON 32

/* A list that has another one twice, which has a third one twice, and so on, would be written until the memory is full.
 */
#define CLEATPY_MOST_JSON_CONTAINERS (1 << 20)

/* Where values are written, and what their writing needs. */
struct cleatpy_json_writer {
    struct cleatpy_text *text;
    PyObject *simplify;                           /* called with what JSON has nothing for */
    unsigned n_containers;                        /* that have been written */
    bool has_refused;                             /* simplify has raised for what is inside of the pair at hand */
    const PyObject *around[CLEATPY_DEEPEST_JSON]; /* the values that the one at hand is inside of */
};

/*
 * Appends a dict as an object, no key twice. Of its values None, bool, int, float, str, list, tuple and dict as what
 * JSON has for them; anything else, what is derived from these included, as what simplify makes of it. What is too
 * deep, or inside of itself, or behind very many others, is a text that says so. If simplify raises an Exception for
 * what is anywhere inside of a value of this dict, that value is its text as a whole. 0, or -1: Python error, which is
 * no Exception.
 */
int cleatpy_json_add_dict(struct cleatpy_json_writer *writer, PyObject *dict);

/* Appends a str in quotes. 0, or -1: Python error. */
int cleatpy_json_add_str(struct cleatpy_text *text, PyObject *str);

#endif
