/* colour.h - colour markup, as "bold red" or "on_blue white", to the escape sequences of terminals. */
#ifndef CLEAT_BASE_COLOUR_H
#define CLEAT_BASE_COLOUR_H

#include <stdbool.h>
#include <stddef.h>

/* The longest escape sequence of a markup: more words than fit are left out. */
#define CLEAT__COLOUR_SIZE 32

/*
 * Whether a markup consists of known words with spaces between them: bold, dim, italic, underline, blink, reverse;
 * black, red, green, yellow, blue, magenta, cyan, white; those with bright_ before them; and for the background,
 * all of these with on_ before them.
 */
bool cleat__is_colour(const char *markup);

/* Writes the escape sequence of a markup; unknown words are left out. Returns the end; no NUL. NULL writes nothing. */
char *cleat__write_colour(char *to, const char *markup);

#endif
