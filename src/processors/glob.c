#include "processors/glob.h"

#include <string.h>

#include "base/utf8.h"

static uint32_t lower(uint32_t code)
{
    return code >= 'A' && code <= 'Z' ? code + ('a' - 'A') : code;
}

static uint32_t upper(uint32_t code)
{
    return code >= 'a' && code <= 'z' ? code - ('a' - 'A') : code;
}

/* Reads one character of a pattern that stands for itself; the pattern is not at its end. */
static uint32_t read_literal(const char **pattern)
{
    const char *at = *pattern;
    if (at[0] == '\\' && at[1] != '\0')
        at++;
    uint32_t code;
    *pattern = at + cleat__utf8_read(at, strnlen(at, 4), &code);
    return code;
}

static bool in_range(uint32_t code, uint32_t from, uint32_t to)
{
    return (from <= lower(code) && lower(code) <= to) || (from <= upper(code) && upper(code) <= to);
}

/* Reads a set, from behind its bracket, and says in *matches whether the character is in it. False: it never closes,
   and the bracket stands for itself. */
static bool read_set(const char **pattern, uint32_t code, bool *matches)
{
    const char *at = *pattern;
    bool negated = *at == '!' || *at == '^';
    if (negated)
        at++;
    const char *first = at; /* where a closing bracket is a member */
    bool found = false;
    for (; *at != ']' || at == first;) {
        if (*at == '\0')
            return false;
        uint32_t from = read_literal(&at);
        uint32_t to = from;
        if (at[0] == '-' && at[1] != ']' && at[1] != '\0') {
            at++;
            to = read_literal(&at);
        }
        found = found || in_range(code, from, to);
    }
    *pattern = at + 1;
    *matches = found != negated;
    return true;
}

/* Whether a character matches the element at the front of a pattern, which is no `*`; moves on behind it. */
static bool match_one(const char **pattern, uint32_t code)
{
    if (**pattern == '?') {
        (*pattern)++;
        return true;
    }
    if (**pattern == '[') {
        const char *behind = *pattern + 1;
        bool matches;
        if (read_set(&behind, code, &matches)) {
            *pattern = behind;
            return matches;
        }
    }
    return lower(read_literal(pattern)) == lower(code);
}

/* Only the last `*` met is ever given more: what an earlier one could take besides, that one can take too. */
bool cleat__glob_match(const char *pattern, const char *text, size_t length)
{
    const char *behind_star = NULL;
    size_t taken = 0; /* up to where the last star has taken the text */
    size_t at = 0;
    for (;;) {
        if (*pattern == '*') {
            behind_star = ++pattern;
            taken = at;
            continue;
        }
        if (at == length)
            return *pattern == '\0';
        uint32_t code;
        unsigned size = cleat__utf8_read(text + at, length - at, &code);
        if (*pattern != '\0' && match_one(&pattern, code)) {
            at += size;
            continue;
        }
        if (behind_star == NULL)
            return false;
        taken += cleat__utf8_read(text + taken, length - taken, &code);
        at = taken;
        pattern = behind_star;
    }
}
