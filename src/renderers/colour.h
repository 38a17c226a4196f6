/* colour.h - whether to use colours. */
#ifndef CLEAT_RENDERERS_COLOUR_H
#define CLEAT_RENDERERS_COLOUR_H

#include <cleat/renderer.h>

/*
 * What the environment makes of a wish: CLEAT_COLOURS_AUTO stays only where the terminal is to decide.
 *
 * What the program asks for outright counts most. Then NO_COLOR, when it is not empty, means never; FORCE_COLOR, when
 * it is not empty, always; TERM=dumb, never. NO_COLOR goes first where both are set, as in CPython, structlog and
 * pytest: who cannot have colours is harmed by them more than who must have them is by their absence.
 */
cleat_colours cleat__choose_colours(cleat_colours wish);

#endif
