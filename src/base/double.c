#include "base/number.h"

#include <stdbool.h>
#include <string.h>

#include "base/powers_of_ten.h"

/*
 * The shortest decimal that reads back as the same double, and of those the nearest to it: Raffaello Giulietti,
 * "The Schubfach way to render doubles" (2020), sections 8 and 9. In short: the doubles' rounding interval around
 * v = c * 2^q holds at least one of the decimals with the exponent k, the largest for which 10^k is not wider than
 * the interval, and at most one with the exponent k + 1. So there are four candidates at most, the neighbours of v
 * at both exponents. They are compared with the interval's ends, scaled by 10^-k, of which two bits behind the
 * point are kept, and whether there is anything more: that is all that comparing takes.
 */

__extension__ typedef unsigned __int128 uint128;

/* digits * 10^exponent */
struct decimal {
    uint64_t digits;
    int exponent;
};

/* floor(log10(2^q)), or floor(log10(3/4 * 2^q)): right for every exponent of a double. */
static int floor_log10_of_power_of_2(int q, bool three_quarters)
{
    return (q * 1262611 - (three_quarters ? 524031 : 0)) >> 22;
}

/* floor(log2(10^k)) */
static int floor_log2_of_power_of_10(int k)
{
    return (k * 1741647) >> 19;
}

/* The product of power (about 2^128 * f) and factor, over 2^128; its lowest bit is set if there is a rest. */
static uint64_t multiply_round_to_odd(const uint64_t power[2], uint64_t factor)
{
    uint64_t from_low = (uint64_t)(((uint128)power[1] * factor) >> 64);
    uint128 product = (uint128)power[0] * factor + from_low;
    /* A rest of 1 is the table's own rounding up. */
    return (uint64_t)(product >> 64) | ((uint64_t)product > 1);
}

/* c * 2^q; narrow_below: the next double below is only half as far away as the next one above. */
static struct decimal shortest(uint64_t c, int q, bool narrow_below)
{
    int k = floor_log10_of_power_of_2(q, narrow_below);
    int shift = q + floor_log2_of_power_of_10(-k) + 1;
    const uint64_t *power = powers_of_ten[-k - SMALLEST_POWER];

    /* The value and its interval's ends, each times 4; an end belongs to the interval when c is even. */
    uint64_t value = multiply_round_to_odd(power, (4 * c) << shift);
    uint64_t lower = multiply_round_to_odd(power, (4 * c - (narrow_below ? 1 : 2)) << shift) + (c & 1);
    uint64_t upper = multiply_round_to_odd(power, (4 * c + 2) << shift) - (c & 1);

    uint64_t below = value / 4;
    uint64_t tens = below / 10;
    if (tens > 0) {
        bool below_fits = lower <= 40 * tens;
        bool above_fits = 40 * tens + 40 <= upper;
        if (below_fits != above_fits)
            return (struct decimal){tens + above_fits, k + 1};
    }
    bool below_fits = lower <= 4 * below;
    bool above_fits = 4 * below + 4 <= upper;
    if (below_fits != above_fits)
        return (struct decimal){below + above_fits, k};
    uint64_t middle = 4 * below + 2;
    bool above_is_nearer = value > middle || (value == middle && (below & 1) != 0);
    return (struct decimal){below + above_is_nearer, k};
}

static char *add(char *to, const char *bytes, int length)
{
    memcpy(to, bytes, (size_t)length);
    return to + length;
}

static char *add_zeros(char *to, int count)
{
    memset(to, '0', (size_t)count);
    return to + count;
}

/* 1e-07, 1.5e+300: at least two digits of exponent. */
static char *write_scientific(char *to, const char *digits, int count, int exponent)
{
    *to++ = digits[0];
    if (count > 1) {
        *to++ = '.';
        to = add(to, digits + 1, count - 1);
    }
    *to++ = 'e';
    *to++ = exponent < 0 ? '-' : '+';
    uint32_t magnitude = (uint32_t)(exponent < 0 ? -exponent : exponent);
    return magnitude < 10 ? cleat__write_digits(to, magnitude, 2) : cleat__write_unsigned(to, magnitude);
}

/* 0.0001, 12.5, 1200.0: the point stands behind `point` digits; there is always a digit on both sides of it. */
static char *write_positional(char *to, const char *digits, int count, int point)
{
    if (point <= 0) {
        to = add_zeros(add(to, "0.", 2), -point);
        return add(to, digits, count);
    }
    if (point >= count) {
        to = add_zeros(add(to, digits, count), point - count);
        return add(to, ".0", 2);
    }
    to = add(to, digits, point);
    *to++ = '.';
    return add(to, digits + point, count - point);
}

/* Python's repr() changes to the scientific form below 1e-4 and from 1e16 on. */
static char *write_decimal(char *to, struct decimal decimal)
{
    char digits[CLEAT__NUMBER_SIZE];
    int count = (int)(cleat__write_unsigned(digits, decimal.digits) - digits);
    int point = count + decimal.exponent;
    while (count > 1 && digits[count - 1] == '0')
        count--;
    if (point > -4 && point <= 16)
        return write_positional(to, digits, count, point);
    return write_scientific(to, digits, count, point - 1);
}

char *cleat__write_any_double(char *to, double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof(bits));
    uint64_t fraction = bits & ((UINT64_C(1) << 52) - 1);
    int exponent = (int)(bits >> 52) & 0x7FF;

    if (exponent == 0x7FF && fraction != 0)
        return add(to, "nan", 3);
    if (bits >> 63 != 0)
        *to++ = '-';
    if (exponent == 0x7FF)
        return add(to, "inf", 3);
    if (exponent == 0 && fraction == 0)
        return add(to, "0.0", 3);

    bool subnormal = exponent == 0;
    uint64_t c = subnormal ? fraction : fraction | UINT64_C(1) << 52;
    int q = (subnormal ? 1 : exponent) - 1075;
    /* Whole numbers below 2^53 need no search. */
    if (q <= 0 && q > -53 && (c & ((UINT64_C(1) << -q) - 1)) == 0)
        return add(cleat__write_unsigned(to, c >> -q), ".0", 2);
    return write_decimal(to, shortest(c, q, fraction == 0 && exponent > 1));
}
