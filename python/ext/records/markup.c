#include "markup.h"

/* Logust's names, in lower case: they are the same in upper case. What else stands in such brackets is text. */
static const struct {
    char name[10];
    unsigned char code;
} tags[] = {
    {"b", 1},      {"black", 30}, {"blue", 34},     {"bold", 1},     {"cyan", 36},   {"dim", 2},
    {"green", 32}, {"i", 3},      {"italic", 3},    {"magenta", 35}, {"red", 31},    {"s", 9},
    {"strike", 9}, {"u", 4},      {"underline", 4}, {"white", 37},   {"yellow", 33},
};

#define BLACK 30
#define TO_BRIGHT 60
#define LONGEST_TAG 32
#define DEEPEST 32

/* -- tags -- */

/* The code of a word; 0: none has that name. */
static unsigned code_of(const char *word)
{
    for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
        if (strcmp(word, tags[i].name) == 0)
            return tags[i].code;
    return 0;
}

/* What follows the beginning of a text; NULL: it begins otherwise. */
static const char *behind(const char *text, const char *beginning)
{
    size_t length = strlen(beginning);
    return strncmp(text, beginning, length) == 0 ? text + length : NULL;
}

/* The code of a tag, which is in lower case; 0: there is no such tag. */
static unsigned code_of_tag(const char *tag)
{
    const char *colour = behind(tag, "bright_");
    if (colour == NULL)
        colour = behind(tag, "light-");
    if (colour == NULL)
        return code_of(tag);
    unsigned code = code_of(colour);
    return code > BLACK ? code + TO_BRIGHT : 0;
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
    unsigned char open[DEEPEST]; /* codes */
};

static void add_sequence(const struct painter *painter, unsigned code)
{
    cleatpy_text_add(painter->text, "\x1b[", 2);
    cleatpy_text_add_number(painter->text, code);
    cleatpy_text_add_char(painter->text, 'm');
}

static void reset(const struct painter *painter)
{
    if (!painter->has_colour)
        return;
    cleatpy_text_add(painter->text, "\x1b[0m", 4);
    cleatpy_text_add(painter->text, painter->base, painter->base_length);
    for (size_t i = 0; i < painter->n_open; i++)
        add_sequence(painter, painter->open[i]);
}

/* False: it is no tag here. */
static bool follow_tag(struct painter *painter, const char *tag, bool closes)
{
    unsigned code = code_of_tag(tag);
    if (code == 0 || (closes ? painter->n_open == 0 : painter->n_open == DEEPEST))
        return false;
    if (closes) {
        painter->n_open--;
        reset(painter);
        return true;
    }
    painter->open[painter->n_open++] = (unsigned char)code;
    if (painter->has_colour)
        add_sequence(painter, code);
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
        struct painter painter = {text, has_colour, base, base_length, 0, {0}};
        paint(&painter, source.data, source.length);
    }
    cleatpy_text_end(&source);
}
