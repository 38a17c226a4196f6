"""Colours: the escape sequences of their names and tags, and colour markup in formats."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

RESET = "\x1b[0m"
BOLD = "\x1b[1m"
DIM = "\x1b[2m"
CYAN = "\x1b[36m"

_NAMES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_STYLES = {("bold", "b"): 1, ("dim",): 2, ("italic", "i"): 3, ("underline", "u"): 4, ("strike", "s"): 9}

COLOUR_CODES = {name: 30 + number for number, name in enumerate(_NAMES)} | {
    f"bright_{name}": 90 + number for number, name in enumerate(_NAMES)
}
"""By the names that levels' colours have."""

TAGS = (
    {name: f"\x1b[{code}m" for name, code in COLOUR_CODES.items()}
    | {name.replace("bright_", "light-"): f"\x1b[{code}m" for name, code in COLOUR_CODES.items() if code >= 90}
    | {name: f"\x1b[{code}m" for names, code in _STYLES.items() for name in names}
)
"""By the names that tags have."""

LEVEL_TAG = "level"

_PIECE = re.compile(r"\{[^}]*\}?|<(/?)([^<>{]*)>")
_TAG = re.compile(r"<([^<>]+)>")


def style_of(colour: str | None) -> str:
    """Return what begins the style of a level's colour: a name such as ``"cyan"``, or tags such as ``"<red><bold>"``.

    Names stand for bold colours; without one it is white.

    :raises ValueError: there is no such colour.
    """
    colour = (colour or "white").strip().lower()
    if colour in COLOUR_CODES:
        return f"\x1b[1;{COLOUR_CODES[colour]}m"
    tags = _TAG.findall(colour)
    if not tags or _TAG.sub("", colour).strip() or not all(tag in TAGS for tag in tags):
        raise ValueError(f"there is no colour {colour!r}; the colour of a level is one of {', '.join(COLOUR_CODES)}, "
                         'or tags of colours and styles such as "<red><bold>"')
    return "".join(TAGS[tag] for tag in tags)


class Piece(NamedTuple):
    """A piece of a format: its text; or a style that begins, None for the level's; or the end of one."""

    kind: str
    """``"text"``, ``"begin"`` or ``"end"``."""
    value: str | None = None


def split_markup(format: str) -> Iterator[Piece]:
    """Yield the pieces of a format with colour markup.

    What stands in braces is no markup, as in ``{level:<8}``. Tags that name nothing, or close nothing, are text.
    """
    text = ""
    end = 0
    open_tags = 0
    for found in _PIECE.finditer(format):
        slash, tag = found.group(1), (found.group(2) or "").lower()
        is_known = tag in TAGS or tag == LEVEL_TAG
        if not is_known or (slash and not open_tags):
            continue
        text = format[end : found.start()]
        end = found.end()
        if text:
            yield Piece("text", text)
        open_tags += -1 if slash else 1
        yield Piece("end") if slash else Piece("begin", TAGS.get(tag))
    if format[end:]:
        yield Piece("text", format[end:])
