#!/usr/bin/env python3
"""Makes src/renderers/nonprintable.h, the table of src/renderers/printable.c, from Python's own Unicode database.

    python tools/make_nonprintable.py OUTPUT
    python tools/make_nonprintable.py --check FILE

The table lists the characters at which str.isprintable() changes its answer. --check compares a file with what this
Python would make. A Python with another version of Unicode knows more characters, or fewer: then the two may differ,
but only by characters that the older version has not assigned.
"""
import re
import sys
import unicodedata

HEAD = """\
/* Made by tools/make_nonprintable.py; do not edit. Unicode %s. */
#ifndef CLEAT_RENDERERS_NONPRINTABLE_H
#define CLEAT_RENDERERS_NONPRINTABLE_H

#include <stdint.h>

/* The characters from which on text is printable, no longer printable, printable, ... U+0000 is not. */
/* clang-format off */
static const uint32_t printability_changes[] = {
"""

TAIL = """\
};
/* clang-format on */

#endif
"""


def changes():
    printable = False
    for code in range(0x110000):
        if chr(code).isprintable() != printable:
            printable = not printable
            yield code


def rows(numbers):
    line = "   "
    for number in numbers:
        word = " 0x%X," % number
        if len(line) + len(word) > 120:
            yield line + "\n"
            line = "   "
        line += word
    yield line + "\n"


def make():
    return "".join([HEAD % unicodedata.unidata_version, *rows(changes()), TAIL])


def read(text):
    """The version of Unicode and the set of nonprintable characters of a table."""
    version = tuple(int(part) for part in re.search(r"Unicode ([0-9.]+)\.", text).group(1).split("."))
    table = re.search(r"= \{(.*?)\};", text, re.S).group(1)
    edges = [0] + [int(number, 16) for number in re.findall("0x[0-9A-F]+", table)] + [0x110000]
    nonprintable = set()
    for first, end in zip(edges[::2], edges[1::2]):
        nonprintable.update(range(first, end))
    return version, nonprintable


def check(path):
    with open(path, encoding="ascii") as file:
        text = file.read()
    mine = tuple(int(part) for part in unicodedata.unidata_version.split("."))
    version, nonprintable = read(text)
    if version == mine:
        return None if text == make() else "%s is not what this script makes" % path
    here = {code for code in range(0x110000) if not chr(code).isprintable()}
    newer, older = (nonprintable, here) if version > mine else (here, nonprintable)
    if newer - older:
        return "nonprintable in the newer Unicode only: %s" % sorted(map(hex, newer - older))
    if version > mine:
        known = [hex(code) for code in older - newer if unicodedata.category(chr(code)) != "Cn"]
        if known:
            return "printable in the table, but neither here nor new: %s" % known
    return None


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "--check":
        sys.exit(check(sys.argv[2]))
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], "w", encoding="ascii") as file:
        file.write(make())


if __name__ == "__main__":
    main()
