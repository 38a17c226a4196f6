"""Formats of times: `YYYY-MM-DD HH:mm:ss.SSS ZZ`, with `[HH]` for a token that is to stand as it is and `!UTC` at the
end for the time in UTC."""

from __future__ import annotations

import re
from functools import lru_cache

UTC_FLAG = "!UTC"
"""In front of the parts of a format whose time is in UTC."""

# Longer ones first: the first that fits is taken.
DIRECTIVES = (
    *("SSSSSS", "SSSSS", "YYYY", "MMMM", "DDDD", "dddd", "SSSS", "MMM", "DDD", "ddd", "SSS"),
    *("YY", "MM", "DD", "HH", "hh", "mm", "ss", "SS", "ZZ", "zz"),
    *("Q", "M", "D", "d", "E", "H", "h", "m", "s", "S", "A", "Z", "X", "x"),
)

ISO = "YYYY-MM-DDTHH:mm:ss.SSSSSSZZ"
"""What the empty format means."""

_TOKEN = "|".join(DIRECTIVES)
_PART = re.compile(rf"{_TOKEN}|\[(?:{_TOKEN}|{UTC_FLAG}|)\]")


@lru_cache(maxsize=64)
def parse_time_format(spec: str) -> tuple[str, ...]:
    """Take a format apart: into directives, and texts with "=" in front. `UTC_FLAG` comes first where it is asked for.

    :raises ValueError: more digits of a second than a time has.
    """
    parts = []
    if spec.endswith(UTC_FLAG):
        parts.append(UTC_FLAG)
        spec = spec.removesuffix(UTC_FLAG)
    spec = spec or ISO
    if "S" * 7 in spec:
        raise ValueError(f"Invalid time format: a second has six digits behind the point, SSSSSS: {spec!r}")
    end = 0
    for found in _PART.finditer(spec):
        parts.append("=" + spec[end : found.start()])
        token = found.group()
        parts.append("=" + token[1:-1] if token.startswith("[") else token)
        end = found.end()
    parts.append("=" + spec[end:])
    return tuple(part for part in parts if part != "=")
