#include "base/colour.h"

#include <string.h>

#include "base/number.h"

/* The parameters of "select graphic rendition" in ECMA-48, and the bright colours of aixterm. */
struct style {
    const char *word;
    unsigned parameter;
};

static const struct style styles[] = {
    {"bold", 1}, {"dim", 2}, {"italic", 3}, {"underline", 4}, {"blink", 5}, {"reverse", 7},
};

static const struct style colours[] = {
    {"black", 30}, {"red", 31},     {"green", 32}, {"yellow", 33},
    {"blue", 34},  {"magenta", 35}, {"cyan", 36},  {"white", 37},
};

static unsigned find(const struct style *table, size_t count, const char *word, size_t length)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(table[i].word) == length && memcmp(table[i].word, word, length) == 0)
            return table[i].parameter;
    return 0;
}

/* Whether a word begins with a prefix, which is then taken off. */
static bool take_prefix(const char *prefix, const char **word, size_t *length)
{
    size_t size = strlen(prefix);
    if (*length <= size || memcmp(*word, prefix, size) != 0)
        return false;
    *word += size;
    *length -= size;
    return true;
}

/* 0 for an unknown word. */
static unsigned parameter_of(const char *word, size_t length)
{
    unsigned style = find(styles, sizeof(styles) / sizeof(styles[0]), word, length);
    if (style != 0)
        return style;
    unsigned background = take_prefix("on_", &word, &length) ? 10 : 0;
    unsigned bright = take_prefix("bright_", &word, &length) ? 60 : 0;
    unsigned colour = find(colours, sizeof(colours) / sizeof(colours[0]), word, length);
    return colour != 0 ? colour + background + bright : 0;
}

/* The next word of a markup, or NULL. */
static const char *next_word(const char *markup, size_t *length)
{
    markup += strspn(markup, " ");
    *length = strcspn(markup, " ");
    return *length > 0 ? markup : NULL;
}

bool cleat__is_colour(const char *markup)
{
    size_t length;
    for (const char *word = markup; (word = next_word(word, &length)) != NULL; word += length)
        if (parameter_of(word, length) == 0)
            return false;
    return true;
}

char *cleat__write_colour(char *to, const char *markup)
{
    if (markup == NULL)
        return to;
    char *const begin = to;
    size_t length;
    for (const char *word = markup; (word = next_word(word, &length)) != NULL; word += length) {
        unsigned parameter = parameter_of(word, length);
        if (parameter == 0 || to - begin > CLEAT__COLOUR_SIZE - 6)
            continue;
        if (to == begin) {
            memcpy(to, "\033[", 2);
            to += 2;
        } else {
            *to++ = ';';
        }
        to = cleat__write_unsigned(to, parameter);
    }
    if (to != begin)
        *to++ = 'm';
    return to;
}
