"""Keeps data from being taken for another line, or for a command to a terminal: as the engine's templates do."""

from __future__ import annotations

import re

_CONTROLS = "\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f"
_HARMFUL = re.compile(f"[\\t\\n{_CONTROLS}]")
_HARMFUL_IN_LINES = re.compile(f"[{_CONTROLS}]")


def _shown(found: re.Match[str]) -> str:
    return repr(found.group())[1:-1]


def escape(text: str) -> str:
    """Return *text* with line breaks, control characters and escape sequences as repr() shows them."""
    if text.isprintable():  # Mostly; none of them is.
        return text
    return _HARMFUL.sub(_shown, text)


def escape_lines(text: str) -> str:
    """Do the same, but for line feeds and tabs, which stay."""
    return _HARMFUL_IN_LINES.sub(_shown, text)
