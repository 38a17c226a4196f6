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

/* What lines consist of is short: calling memcpy() takes longer than copying. */
static inline void cleatpy_copy_bytes(char *to, const char *bytes, size_t length)
{
    if (length > 16) {
        memcpy(to, bytes, length);
    } else if (length >= 8) {
        memcpy(to, bytes, 8);
        memcpy(to + length - 8, bytes + length - 8, 8);
    } else if (length >= 4) {
        memcpy(to, bytes, 4);
        memcpy(to + length - 4, bytes + length - 4, 4);
    } else if (length > 0) {
        to[0] = bytes[0];
        to[length / 2] = bytes[length / 2];
        to[length - 1] = bytes[length - 1];
    }
}

static inline void cleatpy_text_add(struct cleatpy_text *text, const char *bytes, size_t length)
{
    char *to = cleatpy_text_reserve(text, length);
    if (to == NULL)
        return;
    cleatpy_copy_bytes(to, bytes, length);
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

/* What stands for a lone surrogate, which has no UTF-8 form. */
#define CLEATPY_REPLACEMENT 0xFFFD

/* How much of what could be taken for another line, or for a command to a terminal, passes. */
enum cleatpy_safety {
    CLEATPY_AS_IT_IS,
    CLEATPY_SAFE_LINES, /* line feeds and tabs */
    CLEATPY_SAFE        /* none of it (K15): it is shown as Python's repr() shows it */
};

/* Appends a str. 0, or -1: Python error. */
int cleatpy_text_add_shown(struct cleatpy_text *text, PyObject *str, enum cleatpy_safety safety);

/* Appends a str as it is. 0, or -1: Python error. */
static inline int cleatpy_text_add_str(struct cleatpy_text *text, PyObject *str)
{
    return cleatpy_text_add_shown(text, str, CLEATPY_AS_IT_IS);
}

/* Appends a str such that it cannot be taken for another line or for a command to a terminal (K15): line breaks,
   control characters and escape sequences are shown as Python's repr() shows them. 0, or -1: Python error. */
static inline int cleatpy_text_add_safe(struct cleatpy_text *text, PyObject *str)
{
    return cleatpy_text_add_shown(text, str, CLEATPY_SAFE);
}

/* Which characters stand for themselves, and what stands for the others: at most 12 bytes. */
struct cleatpy_notation {
    bool (*shows)(uint32_t code);
    char *(*write_escape)(char *to, uint32_t code); /* returns the end */
};

/* Appends a str, character by character. 0, or -1: Python error. */
int cleatpy_text_add_in(struct cleatpy_text *text, PyObject *str, const struct cleatpy_notation *notation);

/* Writes \uNNNN, and returns the end. The code is below 0x10000. */
char *cleatpy_write_unicode_escape(char *to, uint32_t code);

/* Appends one character; a lone surrogate becomes U+FFFD. */
void cleatpy_text_add_character(struct cleatpy_text *text, uint32_t code);

void cleatpy_text_add_number(struct cleatpy_text *text, long long number);
void cleatpy_text_add_natural(struct cleatpy_text *text, unsigned long long number);

#endif
