"""Messages: which of a call's keywords their text uses up."""

from __future__ import annotations

import string
from collections.abc import Iterator
from functools import lru_cache

_FORMATTER = string.Formatter()


@lru_cache(maxsize=512)
def consumed_names(message: str) -> frozenset[str]:
    """Return the names of the keywords that a message's replacement fields use up.

    :raises ValueError: its braces are no replacement fields.
    """
    return frozenset(_names(message))


def _names(text: str) -> Iterator[str]:
    for _, field, spec, _ in _FORMATTER.parse(text):
        if field is not None:
            name = field.split(".", 1)[0].split("[", 1)[0]
            if name and not name.isdigit():
                yield name
        if spec:
            yield from _names(spec)
