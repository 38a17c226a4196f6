/* number.h - numbers as text. Each function writes at `to`, which has room, and returns the end; no NUL. */
#ifndef CLEAT_BASE_NUMBER_H
#define CLEAT_BASE_NUMBER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The longest text of any of them. */
#define CLEAT__NUMBER_SIZE 32

char *cleat__write_unsigned(char *to, uint64_t number);
char *cleat__write_signed(char *to, int64_t number);

/* Two digits, 00 to 99. */
extern const char cleat__digit_pairs[200];

static inline char *cleat__write_two_digits(char *to, uint32_t number)
{
    memcpy(to, cleat__digit_pairs + (size_t)number * 2, 2);
    return to + 2;
}

/* Exactly `digits` digits, with zeros in front; higher digits are cut off. At most 10. */
char *cleat__write_digits(char *to, uint32_t number, unsigned digits);

/* The same for six, which each timestamp has. */
static inline char *cleat__write_six_digits(char *to, uint32_t number)
{
    to = cleat__write_two_digits(to, number / 10000);
    to = cleat__write_two_digits(to, number / 100 % 100);
    return cleat__write_two_digits(to, number % 100);
}

/* The shortest text that reads back as the same double, as Python's repr(): 1.0, 0.1, 1e-07, 1.5e+300, nan, inf, -inf.
 */
char *cleat__write_double(char *to, double number);

#endif
