/* glob.h - patterns for keys. */
#ifndef CLEAT_PROCESSORS_GLOB_H
#define CLEAT_PROCESSORS_GLOB_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Whether a text matches a pattern: `*` is any run of characters, `?` one character, [abc], [a-z] and [!abc] one of
 * a set or none of it, and a backslash takes the meaning from what follows. The letters A to Z match in either case;
 * other characters (UTF-8) as they are. Unlike fnmatch(3) it never allocates and knows no locale.
 */
bool cleat__glob_match(const char *pattern, const char *text, size_t length);

#endif
