"""Formats: text with tokens such as ``{level:<8}`` and colour markup becomes a template of the engine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from .. import _engine
from ._colours import CYAN, DIM, RESET, split_markup
from ._time_format import parse_time_format

DEFAULT_FORMAT = "{time} | {level:<8} | {name}:{function}:{line} - {message}"
DEFAULT_TIME_FORMAT = "YYYY-MM-DD HH:mm:ss.SSSZ"

Segment: TypeAlias = "tuple[Any, ...]"
Fixed: TypeAlias = "Mapping[str, Any]"

# What a token is to the engine. Those with a dot are the attributes that loguru's formats ask for.
_TOKENS = {
    **{name: name for name in ("level", "name", "function", "line", "file", "elapsed", "thread", "process")},
    "module": "name",
    "level.name": "level",
    "level.no": "level_no",
    "level.icon": "level_icon",
    "file.name": "file",
    "file.path": "path",
    "thread.name": "thread_name",
    "thread.id": "thread_id",
    "process.name": "process_name",
    "process.id": "process_id",
}
_OTHERS = ("time", "message", "extra", "exception")
_NAMES = "|".join(map(re.escape, sorted((*_TOKENS, *_OTHERS), key=len, reverse=True)))
_TOKEN = re.compile(rf"\{{(?:({_NAMES})|extra\[([^\]]+)\])(?::([^}}]+))?\}}")

# What may stand behind the colon of a time, if it is not a format of times.
_PLACEMENT = re.compile(r"(?:.?[<>^])?\d+s?")

_DIMMED = ("time", "elapsed")


def compile_format(format: str, *, colorize: bool, fixed: Fixed | None = None) -> _engine.Template:
    """Make a template of a format.

    Tokens that there are not, and tags that name no colour, stay as they are.

    :param colorize: whether lines have colours: where the format says so, and else those that tokens have by
        themselves. Without it markup vanishes, that of messages as well.
    :param fixed: values that take the place of a record's own, by the names that records have for them.
    :raises ValueError: a time's format is none.
    """
    return _engine.Template(_Compiler(colorize, fixed or {}).compile(format))


class _Compiler:
    """Walks through a format once."""

    def __init__(self, colorize: bool, fixed: Fixed) -> None:
        self._colorize = colorize
        self._fixed = fixed
        self._segments: list[Segment] = []
        self._styles: list[str | None] = []
        """Those that markup has begun and not ended; None is the level's."""
        self._shows_exception = False

    def compile(self, format: str) -> list[Segment]:
        for piece in split_markup(format):
            if piece.kind == "text" and piece.value is not None:
                self._add_text_with_tokens(piece.value)
            elif self._colorize and piece.kind == "begin":
                self._styles.append(piece.value)
                self._begin(piece.value)
            elif self._colorize:
                self._styles.pop()
                self._end()
        if self._styles:
            self._add_text(RESET)
        if not self._shows_exception:
            self._segments.append(("exception", "\n"))
        return self._segments

    def _add_text(self, text: str) -> None:
        if text:
            self._segments.append(("text", text))

    def _begin(self, style: str | None) -> None:
        self._segments.append(("level_style",) if style is None else ("text", style))

    def _end(self) -> None:
        """Go back to the styles that are still begun."""
        self._add_text(RESET)
        for style in self._styles:
            self._begin(style)

    def _add_text_with_tokens(self, text: str) -> None:
        end = 0
        for found in _TOKEN.finditer(text):
            self._add_text(text[end : found.start()])
            end = found.end()
            name, key, spec = found.groups()
            self._add_styled(name or "extra", ("extra", key, spec or "") if key else self._segment(name, spec or ""))
        self._add_text(text[end:])

    def _segment(self, token: str, spec: str) -> Segment:
        if token == "time":
            return self._time(spec)
        if token == "message":
            return self._message(spec)
        if token == "extra":
            return ("all_extra", spec)
        if token == "exception":
            self._shows_exception = True
            return ("exception", "")
        name = _TOKENS[token]
        value = self._fixed_value(name)
        return ("token", name, spec) if value is None else ("text", _formatted(value, spec))

    def _add_styled(self, token: str, segment: Segment) -> None:
        """Add a token's segment, in the style that it has by itself, if markup around it does not say another."""
        style = self._own_style(token) if self._colorize and not self._styles else ""
        if style == "":
            self._segments.append(segment)
        else:
            self._begin(style)
            self._segments.append(segment)
            self._add_text(RESET)

    def _own_style(self, token: str) -> str | None:
        if token.startswith("level"):
            return None
        if token in _DIMMED:
            return DIM
        return "" if token in _OTHERS else CYAN

    def _time(self, spec: str) -> Segment:
        if _PLACEMENT.fullmatch(spec):
            return ("time", parse_time_format(DEFAULT_TIME_FORMAT), spec)
        return ("time", parse_time_format(spec or DEFAULT_TIME_FORMAT), "")

    def _message(self, spec: str) -> Segment:
        segment = ("message", "colour" if self._colorize else "strip", tuple(self._styles))
        return (*segment, spec) if spec else segment

    def _fixed_value(self, name: str) -> object:
        if name in ("thread", "process") and f"{name}_name" in self._fixed:
            return f"{self._fixed[f'{name}_name']}:{self._fixed[f'{name}_id']}"
        return self._fixed.get(name)


def _formatted(value: object, spec: str) -> str:
    try:
        return format(value, spec)
    except (ValueError, TypeError):
        return str(value)
