#!/usr/bin/env python3
"""Makes src/base/powers_of_ten.h, the table of src/base/double.c, in exact integer arithmetic.

    python tools/make_powers_of_ten.py OUTPUT

For each k it holds g, the 128-bit number with its highest bit set that is 10^k times a power of two, rounded up.
The range of k is what double.c asks for: 10^-k brings the unit of any double, 2^-1074 to 2^971, to the order of 1.
"""
import sys

SMALLEST = -292
LARGEST = 324

HEAD = """\
/* Made by tools/make_powers_of_ten.py; do not edit. */
#ifndef CLEAT_BASE_POWERS_OF_TEN_H
#define CLEAT_BASE_POWERS_OF_TEN_H

#include <stdint.h>

#define SMALLEST_POWER (%d)
#define LARGEST_POWER %d

/* 10^k, times the power of two that brings it into [2^127, 2^128), rounded up: the high half, the low half. */
static const uint64_t powers_of_ten[LARGEST_POWER - SMALLEST_POWER + 1][2] = {
"""

TAIL = """\
};

#endif
"""


def significant_bits(k):
    """10^k as 128 bits, rounded up."""
    numerator = 10 ** max(k, 0)
    denominator = 10 ** max(-k, 0)
    shift = 128 - (numerator.bit_length() - denominator.bit_length())
    while True:
        scaled = numerator << max(shift, 0)
        divisor = denominator << max(-shift, 0)
        rounded = -(-scaled // divisor)
        if rounded.bit_length() <= 128:
            return rounded
        shift -= 1


def table():
    lines = [HEAD % (SMALLEST, LARGEST)]
    for k in range(SMALLEST, LARGEST + 1):
        g = significant_bits(k)
        assert 2**127 <= g < 2**128
        lines.append("    {UINT64_C(0x%016X), UINT64_C(0x%016X)}, /* %d */\n" % (g >> 64, g & (2**64 - 1), k))
    lines.append(TAIL)
    return "".join(lines)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], "w", encoding="ascii") as output:
        output.write(table())
