/* number.h - numbers as text. Each function writes at `to`, which has room, and returns the end; no NUL. */
#ifndef CLEAT_BASE_NUMBER_H
#define CLEAT_BASE_NUMBER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cleat/common.h>

/* The longest text of any of them. */
#define CLEAT__NUMBER_SIZE 32

/* Two digits, 00 to 99. */
CLEAT_API extern const char cleat__digit_pairs[200];

static inline char *cleat__write_two_digits(char *to, uint32_t number)
{
    memcpy(to, cleat__digit_pairs + (size_t)number * 2, 2);
    return to + 2;
}

/* The way of numbers with more than four digits. */
CLEAT_API char *cleat__write_large(char *to, uint64_t number);

static inline char *cleat__write_unsigned(char *to, uint64_t number)
{
    if (number >= 10000)
        return cleat__write_large(to, number);
    uint32_t high = (uint32_t)number / 100;
    uint32_t low = (uint32_t)number % 100;
    if (high >= 10)
        return cleat__write_two_digits(cleat__write_two_digits(to, high), low);
    if (high > 0) {
        *to = (char)('0' + high);
        return cleat__write_two_digits(to + 1, low);
    }
    if (low >= 10)
        return cleat__write_two_digits(to, low);
    *to = (char)('0' + low);
    return to + 1;
}

static inline char *cleat__write_signed(char *to, int64_t number)
{
    if (number >= 0)
        return cleat__write_unsigned(to, (uint64_t)number);
    *to = '-';
    return cleat__write_unsigned(to + 1, -(uint64_t)number);
}

/* Exactly `digits` digits, with zeros in front; higher digits are cut off. At most 10. */
CLEAT_API char *cleat__write_digits(char *to, uint32_t number, unsigned digits);

/* The same for six, which each timestamp has. */
static inline char *cleat__write_six_digits(char *to, uint32_t number)
{
    to = cleat__write_two_digits(to, number / 10000);
    to = cleat__write_two_digits(to, number / 100 % 100);
    return cleat__write_two_digits(to, number % 100);
}

/*
 * Numbers that people write have few digits behind the point. A decimal of at most 15 digits that reads as the number
 * is the only one of that length which does (but for zeros at its end), and so the shortest. It reads as the number if
 * dividing gives the number back, for division rounds as reading does. NULL: it is negative, or not
 * that simple.
 */
static inline char *cleat__write_few_decimals(char *to, double size)
{
    if (!(size >= 1e-3 && size < 1e9))
        return NULL;
    uint64_t millionths = (uint64_t)(size * 1e6 + 0.5);
    if ((double)millionths / 1e6 != size)
        return NULL;
    to = cleat__write_unsigned(to, millionths / 1000000);
    *to++ = '.';
    to = cleat__write_six_digits(to, (uint32_t)(millionths % 1000000));
    while (to[-1] == '0' && to[-2] != '.')
        to--;
    return to;
}

/* The way of all others. */
CLEAT_API char *cleat__write_any_double(char *to, double number);

/* The shortest text that reads back as the same double, as Python's repr(): 1.0, 0.1, 1e-07, 1.5e+300, nan, inf, -inf.
 */
static inline char *cleat__write_double(char *to, double number)
{
    char *end = cleat__write_few_decimals(to, number);
    return end != NULL ? end : cleat__write_any_double(to, number);
}

#endif
