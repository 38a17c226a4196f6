/*
 * text.h - what the renderers of text share: keys, and the text of values that have no notation of their own.
 */
#ifndef CLEAT_RENDERERS_TEXT_H
#define CLEAT_RENDERERS_TEXT_H

#include "renderers/renderer.h"

/* Text as it goes on the line: its first `length` bytes; left_off more bytes were cut. */
struct cleat__text {
    const char *bytes;
    size_t length;
    size_t left_off;
    char own[192]; /* where a value that is no string has its text */
};

/*
 * The text of a string, a time (ISO 8601 in UTC), a duration (1.5ms: the largest unit of s, ms, us and ns that makes
 * the number at least 1, and all its digits) or an error (ENOENT: No such file or directory). A renderer shows all
 * of them as it shows strings. False for other kinds, and for a string that is NULL.
 */
bool cleat__text_of(const cleat_renderer *renderer, const cleat_value *value, struct cleat__text *text);

/*
 * Writes a key. Characters that would end it or that are harmful, and backslashes, are escaped as in Python's strings;
 * an empty key is a lone backslash. So different keys stay different (K1), and none can look like a pair of its own
 * (K15).
 */
void cleat__write_key_escaped(struct cleat__buffer *line, const cleat_key *key);

static inline void cleat__write_key(struct cleat__buffer *line, const cleat_key *key)
{
    if (__builtin_expect(key->plain, 1))
        cleat__buffer_add(line, key->text, key->length);
    else
        cleat__write_key_escaped(line, key);
}

/* Writes what tells how much of a text was cut; nothing when nothing was. */
void cleat__write_cut(struct cleat__buffer *line, size_t left_off);

/* Writes bytes as base64, cut like any long value; and whether that text has "=" or spaces in it. */
void cleat__write_bytes(const cleat_renderer *renderer, struct cleat__buffer *line, const cleat_value *value);
bool cleat__bytes_need_quotes(const cleat_renderer *renderer, const cleat_value *value);

/* Writes a null, bool or number as Python does: None, True, 1, 1.5. */
void cleat__write_none(struct cleat__buffer *line);
void cleat__write_scalar(struct cleat__buffer *line, const cleat_value *value);

/* Writes a character as \xNN, \uNNNN or \UNNNNNNNN, the shortest that it fits in, as Python does. */
void cleat__write_escape(struct cleat__buffer *line, uint32_t code);

/* Writes a character as \uNNNN, or \UNNNNNNNN above U+FFFF. */
void cleat__write_unicode_escape(struct cleat__buffer *line, uint32_t code);

#endif
