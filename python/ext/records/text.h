/* text.h - a growing text in UTF-8: the line that a handler makes of a record. Short lines need no allocation. */
#ifndef CLEATPY_TEXT_H
#define CLEATPY_TEXT_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>
#include <string.h>

#define CLEATPY_TEXT_ROOM 1024

struct cleatpy_text {
    char *data;
    size_t length;
    size_t room;
    bool has_failed; /* no memory: what was added since is lost */
    char first[CLEATPY_TEXT_ROOM];
};

static inline void cleatpy_text_begin(struct cleatpy_text *text)
{
    text->data = text->first;
    text->length = 0;
    text->room = sizeof(text->first);
    text->has_failed = false;
}

static inline void cleatpy_text_end(struct cleatpy_text *text)
{
    if (text->data != text->first)
        PyMem_Free(text->data);
}

/* Makes room for so many bytes more. False: no memory. */
bool cleatpy_text_grow(struct cleatpy_text *text, size_t more);

static inline char *cleatpy_text_reserve(struct cleatpy_text *text, size_t more)
{
    if (text->room - text->length < more && !cleatpy_text_grow(text, more))
        return NULL;
    return text->data + text->length;
}

static inline void cleatpy_text_add(struct cleatpy_text *text, const char *bytes, size_t length)
{
    char *to = cleatpy_text_reserve(text, length);
    if (to == NULL)
        return;
    memcpy(to, bytes, length);
    text->length += length;
}

static inline void cleatpy_text_add_char(struct cleatpy_text *text, char byte)
{
    char *to = cleatpy_text_reserve(text, 1);
    if (to == NULL)
        return;
    *to = byte;
    text->length++;
}

/* Appends a str as it is; a lone surrogate becomes U+FFFD. 0, or -1: Python error. */
int cleatpy_text_add_str(struct cleatpy_text *text, PyObject *str);

/* Appends a str such that it cannot be taken for another line or for a command to a terminal (K15): line breaks, control
   characters and escape sequences are shown as Python's repr() shows them. 0, or -1: Python error. */
int cleatpy_text_add_safe(struct cleatpy_text *text, PyObject *str);

void cleatpy_text_add_number(struct cleatpy_text *text, long long number);

#endif
