/* markup.h - the colours that messages ask for with tags: <red>...</red>, <bold>, <light-blue>, ... */
#ifndef CLEATPY_MARKUP_H
#define CLEATPY_MARKUP_H

#include "text.h"

/*
 * Replaces the tags in what stands behind `start`: by escape sequences, or, without colour, by nothing. Where a tag is
 * closed all is reset, and base and the tags that are still open begin again; so it is at the end, when there are open
 * tags. Unknown tags, and ends of tags that never began, stay as they are.
 */
void cleatpy_text_apply_markup(struct cleatpy_text *text, size_t start, bool has_colour, const char *base,
                               size_t base_length);

#endif
