/* printable.h - which characters may stand in text as they are. */
#ifndef CLEAT_RENDERERS_PRINTABLE_H
#define CLEAT_RENDERERS_PRINTABLE_H

#include <stdbool.h>
#include <stdint.h>

#include <cleat/common.h>

/* Whether repr() in Python shows a character as it is: str.isprintable(). */
bool cleat__is_printable(uint32_t code);

/*
 * Whether a character leaves the line and the terminal alone: it is no control character, does not end a line,
 * and does not turn the direction of what follows. Letters that only join or separate others are harmless.
 */
CLEAT_API bool cleat__is_harmless(uint32_t code);

#endif
