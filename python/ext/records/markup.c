#include "markup.h"

#include <stdio.h>

/* Names in lower case: they are the same in upper case. */
static const struct {
    char name[16];
    unsigned char code;
} tags[] = {
    {"b", 1},       {"black", 30}, {"blink", 5},  {"blue", 34},  {"bold", 1},      {"cyan", 36},   {"dim", 2},
    {"green", 32},  {"hide", 8},   {"i", 3},      {"italic", 3}, {"magenta", 35},  {"normal", 22}, {"red", 31},
    {"reverse", 7}, {"s", 9},      {"strike", 9}, {"u", 4},      {"underline", 4}, {"white", 37},  {"yellow", 33},
};

#define FIRST_COLOUR 30
#define LAST_COLOUR 37
#define TO_BRIGHT 60
#define TO_BACKGROUND 10
#define LONGEST_TAG 32
#define DEEPEST 32

struct style {
    char sequence[40];
};

/* -- tags -- */

/* The code of a word; -1: none has that name. */
static int code_of(const char *word)
{
    for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
        if (strcmp(word, tags[i].name) == 0)
            return tags[i].code;
    return -1;
}

/* What follows the beginning of a text; NULL: it begins otherwise. */
static const char *behind(const char *text, const char *beginning)
{
    size_t length = strlen(beginning);
    return strncmp(text, beginning, length) == 0 ? text + length : NULL;
}

static int colour_of(const char *word)
{
    int code = code_of(word);
    return code >= FIRST_COLOUR && code <= LAST_COLOUR ? code : -1;
}

static int code_of_name(const char *name)
{
    const char *colour = behind(name, "bright_");
    if (colour == NULL)
        colour = behind(name, "light-");
    if (colour == NULL)
        return code_of(name);
    int code = colour_of(colour);
    return code >= 0 ? code + TO_BRIGHT : -1;
}

/* The number that a text is in this base, all of it; -1: it is none up to limit. */
static long number_of(const char *text, int base, long limit)
{
    static const char digits[] = "0123456789abcdef";
    long number = 0;
    const char *next = text;
    for (; *next != '\0' && number <= limit; next++) {
        const char *found = memchr(digits, *next, (size_t)base);
        if (found == NULL)
            return -1;
        number = number * base + (found - digits);
    }
    return next > text && number <= limit ? number : -1;
}

/* "red", "214" or "#ff8000", behind fg or bg. */
static bool make_colour(struct style *style, const char *colour, int shift)
{
    size_t size = sizeof(style->sequence);
    int code = code_of_name(colour);
    if (code >= FIRST_COLOUR) {
        snprintf(style->sequence, size, "\x1b[%dm", code + shift);
        return true;
    }
    long number = number_of(colour, 10, 255);
    if (number >= 0) {
        snprintf(style->sequence, size, "\x1b[%d;5;%ldm", 38 + shift, number);
        return true;
    }
    long rgb = colour[0] == '#' && strlen(colour) == 7 ? number_of(colour + 1, 16, 0xFFFFFF) : -1;
    if (rgb < 0)
        return false;
    snprintf(style->sequence, size, "\x1b[%d;2;%u;%u;%um", 38 + shift, (unsigned)(rgb >> 16 & 255),
             (unsigned)(rgb >> 8 & 255), (unsigned)(rgb & 255));
    return true;
}

/* The style of a tag, which is in lower case. False: there is no such tag. */
static bool make_style(struct style *style, const char *tag)
{
    const char *foreground = behind(tag, "fg ");
    const char *background = behind(tag, "bg ");
    if (foreground != NULL)
        return make_colour(style, foreground, 0);
    if (background != NULL)
        return make_colour(style, background, TO_BACKGROUND);
    int code = code_of_name(tag);
    snprintf(style->sequence, sizeof(style->sequence), "\x1b[%dm", code);
    return code >= 0;
}

/* The tag at `<`, without its brackets and slash, in lower case. Returns its length with them; 0: there is none. */
static size_t read_tag(const char *at, size_t length, char tag[LONGEST_TAG], bool *closes)
{
    *closes = length > 1 && at[1] == '/';
    size_t start = *closes ? 2 : 1;
    for (size_t i = start; i < length && i - start < LONGEST_TAG; i++) {
        char character = at[i];
        if (character == '>') {
            tag[i - start] = '\0';
            return i + 1;
        }
        tag[i - start] = (char)(character >= 'A' && character <= 'Z' ? character + ('a' - 'A') : character);
    }
    return 0;
}

/* -- messages -- */

struct painter {
    struct cleatpy_text *text;
    bool has_colour;
    const char *base;
    size_t base_length;
    size_t n_open;
    struct style open[DEEPEST];
};

static void add_sequence(const struct painter *painter, const struct style *style)
{
    cleatpy_text_add(painter->text, style->sequence, strlen(style->sequence));
}

static void reset(const struct painter *painter)
{
    if (!painter->has_colour)
        return;
    cleatpy_text_add(painter->text, "\x1b[0m", 4);
    cleatpy_text_add(painter->text, painter->base, painter->base_length);
    for (size_t i = 0; i < painter->n_open; i++)
        add_sequence(painter, &painter->open[i]);
}

/* False: it is no tag here. */
static bool follow_tag(struct painter *painter, const char *tag, bool closes)
{
    struct style style;
    if (!make_style(&style, tag) || (closes ? painter->n_open == 0 : painter->n_open == DEEPEST))
        return false;
    if (closes) {
        painter->n_open--;
        reset(painter);
        return true;
    }
    painter->open[painter->n_open++] = style;
    if (painter->has_colour)
        add_sequence(painter, &style);
    return true;
}

static void paint(struct painter *painter, const char *source, size_t length)
{
    const char *end = source + length;
    while (source < end) {
        const char *bracket = memchr(source, '<', (size_t)(end - source));
        if (bracket == NULL)
            bracket = end;
        cleatpy_text_add(painter->text, source, (size_t)(bracket - source));
        source = bracket;
        if (bracket == end)
            break;
        char tag[LONGEST_TAG];
        bool closes;
        size_t size = read_tag(bracket, (size_t)(end - bracket), tag, &closes);
        if (size > 0 && follow_tag(painter, tag, closes)) {
            source += size;
        } else {
            cleatpy_text_add_char(painter->text, '<');
            source++;
        }
    }
    if (painter->n_open > 0) {
        painter->n_open = 0;
        reset(painter);
    }
}

void cleatpy_text_apply_markup(struct cleatpy_text *text, size_t start, bool has_colour, const char *base,
                               size_t base_length)
{
    if (text->has_failed || memchr(text->data + start, '<', text->length - start) == NULL)
        return;
    struct cleatpy_text source;
    cleatpy_text_begin(&source);
    cleatpy_text_add(&source, text->data + start, text->length - start);
    if (source.has_failed) {
        text->has_failed = true;
    } else {
        text->length = start;
        struct painter painter = {text, has_colour, base, base_length, 0, {{""}}};
        paint(&painter, source.data, source.length);
    }
    cleatpy_text_end(&source);
}
