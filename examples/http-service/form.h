/*
 * form.h - the values of a form or a query, "order=7&cents=1250", and numbers in text that strangers send.
 */
#ifndef HTTP_SERVICE_FORM_H
#define HTTP_SERVICE_FORM_H

#include <stdint.h>

/*
 * Reads a whole number, to the end of the text.
 *
 * value:   set only on success.
 * Returns: 0; -EINVAL: no number, or not from least to most.
 */
int parse_integer(const char *text, int64_t least, int64_t most, int64_t *value);

/*
 * Reads the whole number that a form has under a name.
 *
 * value:   set only on success.
 * Returns: 0; -ENOENT: no such name; -EINVAL: no number, or not from least to most.
 */
int form_integer(const char *form, const char *name, int64_t least, int64_t most, int64_t *value);

#endif
