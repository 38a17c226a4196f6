/* utf8.h - reading text that is meant to be UTF-8. */
#ifndef CLEAT_BASE_UTF8_H
#define CLEAT_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

#define CLEAT__REPLACEMENT 0xFFFDU

/*
 * Reads one character at text[0..length), length above 0. Returns how many bytes it takes, 1 to 4, and the
 * character in *code. A byte that begins no valid sequence (RFC 3629: overlong, surrogate, above U+10FFFF,
 * cut off) is one U+FFFD, and takes one byte.
 */
unsigned cleat__utf8_read(const char *text, size_t length, uint32_t *code);

/* Writes a character at to, which has room for 4 bytes; returns the end. */
char *cleat__utf8_write(char *to, uint32_t code);

/* The largest length up to limit that does not cut a character of text in two. text[limit] is readable. */
size_t cleat__utf8_cut(const char *text, size_t limit);

/* Columns of a terminal that a character takes: 0 for combining marks, 2 for East Asian wide characters and emoji. */
unsigned cleat__utf8_width(uint32_t code);

#endif
