#include "renderers/colour.h"

#include <stdlib.h>
#include <string.h>

static bool is_set(const char *variable)
{
    const char *value = getenv(variable);
    return value != NULL && *value != '\0';
}

static bool terminal_is_dumb(void)
{
    const char *term = getenv("TERM");
    return term != NULL && strcmp(term, "dumb") == 0;
}

cleat_colours cleat__choose_colours(cleat_colours wish)
{
    if (wish != CLEAT_COLOURS_AUTO)
        return wish;
    if (is_set("NO_COLOR"))
        return CLEAT_COLOURS_NEVER;
    if (is_set("FORCE_COLOR"))
        return CLEAT_COLOURS_ALWAYS;
    return terminal_is_dumb() ? CLEAT_COLOURS_NEVER : CLEAT_COLOURS_AUTO;
}
