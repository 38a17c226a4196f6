/* repr.h - values as Python's repr() writes them. */
#ifndef CLEAT_RENDERERS_REPR_H
#define CLEAT_RENDERERS_REPR_H

#include "renderers/text.h"

/* Which characters of strings are shown as they are; the others are escaped. cleat__is_printable() is Python's rule. */
typedef bool (*cleat__shows)(uint32_t code);

/*
 * Appends a value: None, True, 1, 1.5, 'text', [1, 'a'], {'key': 1}. Times, durations, errors and bytes are the
 * strings of their texts. depth: how deep the value is nested, from 1.
 */
void cleat__write_repr(const cleat_renderer *renderer, struct cleat__buffer *line, const cleat_value *value,
                       unsigned depth, cleat__shows shows);

/* A text in quotes: '...', or "..." where it has single quotes in it but no double ones. */
void cleat__write_quoted(struct cleat__buffer *line, const struct cleat__text *text, cleat__shows shows);

/* A text without quotes; backslashes are left as they are. */
void cleat__write_unquoted(struct cleat__buffer *line, const struct cleat__text *text, cleat__shows shows);

#endif
