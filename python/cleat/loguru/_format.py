"""Formats of lines: texts with colour markup and fields of the record, `"{time} <level>{message}</level>"`.

A format of simple fields becomes a template of the engine, which runs no Python code. The others, and records that
patchers or `opt()` have changed, go the plain way, which is `str.format()` field by field: both give the same text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Formatter
from typing import Any, NamedTuple

from .._engine import Template
from ._colorizer import AnsiParser, Kind, Token
from ..logust._record import text_of
from ..logust._time_format import parse_time_format
from ._datetime import is_strftime
from ._escape import escape
from ._recattrs import Record

_FORMATTER = Formatter()
_MOST_NESTED = 2  # Fields in specifications of fields, as in str.format().

_SIMPLE_TOKENS = {
    "level": "level",
    "level.name": "level",
    "level.no": "level_no",
    "level.icon": "level_icon",
    "name": "name",
    "module": "module",
    "function": "function",
    "line": "line",
    "file": "file",
    "file.name": "file",
    "file.path": "path",
    "thread": "thread_id",
    "thread.id": "thread_id",
    "thread.name": "thread_name",
    "process": "process_id",
    "process.id": "process_id",
    "process.name": "process_name",
}
_PADDING = re.compile(r"(?:[^{}]?[<>^])?(?:[1-9]\d*)?", re.DOTALL)
# What consists of digits is a number to str.format(), and no name.
_EXTRA_KEY = re.compile(r"extra\[(?!\d+\])([^\[\]{}]+)\]")


class Field(NamedTuple):
    """A field of a format."""

    name: str
    conversion: str | None
    spec: str
    text: str
    """The field as a format of its own."""
    key: str | None
    """That of the bound field that it is, if it is one as it is."""
    around: tuple[Token, ...]
    """The colours that hold where it stands."""


def _make_field(name: str, conversion: str | None, spec: str, around: tuple[Token, ...]) -> Field:
    text = f"{{{name}{f'!{conversion}' if conversion else ''}{f':{spec}' if spec else ''}}}"
    extra = None if conversion or spec else _EXTRA_KEY.fullmatch(name)
    return Field(name, conversion, spec, text, extra.group(1) if extra is not None else None, around)


def _check_nesting(spec: str, most: int) -> None:
    if most < 0:
        raise ValueError("Max string recursion exceeded")
    for _, field, inner, _ in _FORMATTER.parse(spec):
        if field is not None:
            _check_nesting(inner or "", most - 1)


def _parse(text: str) -> list[Token | Field]:
    parser = AnsiParser()
    pieces: list[Token | Field] = []
    taken = 0
    for literal, name, spec, conversion in _FORMATTER.parse(text):
        parser.feed(literal)
        if name is None:
            continue
        _check_nesting(spec or "", _MOST_NESTED - 1)
        pieces += parser.done(strict=False)[taken:]
        taken = len(parser.done(strict=False))
        pieces.append(_make_field(name, conversion, spec or "", parser.open_colours))
    return pieces + parser.done()[taken:]


def _time_segment(spec: str) -> tuple[Any, ...] | None:
    if is_strftime(spec) or "{" in spec:
        return None
    try:
        return "time", parse_time_format(spec), ""
    except ValueError:
        return None  # Said when a line is made, as by the plain way.


def _field_segment(field: Field) -> tuple[Any, ...] | None:
    """Return the template's segment for a field; None where only the plain way knows what it is."""
    if field.conversion:
        return None
    if field.name == "time":
        return _time_segment(field.spec)
    if field.name in _SIMPLE_TOKENS:
        return ("token", _SIMPLE_TOKENS[field.name], field.spec) if _PADDING.fullmatch(field.spec) else None
    if field.spec:
        return None
    if field.key is not None:
        return "extra", field.key, "", True
    others: dict[str, tuple[Any, ...]] = {
        "message": ("message", "plain", ()),
        "elapsed": ("elapsed_delta", ""),
        "extra": ("all_extra", ""),
        "exception": ("exception", "", True),
    }
    return others.get(field.name)


def _token_segment(token: Token) -> tuple[Any, ...]:
    return ("level_style",) if token.kind is Kind.LEVEL else ("text", token.text)


class LineFormat:
    """A format, taken apart; *colorize* tells whether its colours are shown.

    :raises ValueError: the markup or the fields are wrong.
    """

    def __init__(self, text: str, *, colorize: bool) -> None:
        self._colorize = colorize
        self._pieces = [
            piece
            for piece in _parse(text)
            if colorize or isinstance(piece, Field) or piece.kind is Kind.TEXT
        ]

    def template(self) -> Template | None:
        """Return the engine's template for this format; None if it has fields that are the plain way's alone."""
        segments = [
            _field_segment(piece) if isinstance(piece, Field) else _token_segment(piece) for piece in self._pieces
        ]
        known = [segment for segment in segments if segment is not None]
        return Template(known) if len(known) == len(segments) else None

    def render(self, record: Record, exception: str) -> str:
        """Return the text of a record whose exception's text is *exception*.

        :raises KeyError, AttributeError, ...: whatever str.format() raises for a field.
        """
        values = {**record, "exception": exception}
        style = getattr(record["level"], "style", "")
        return "".join(
            self._field(piece, record, values, style)
            if isinstance(piece, Field)
            else style
            if piece.kind is Kind.LEVEL
            else piece.text
            for piece in self._pieces
        )

    def _field(self, field: Field, record: Record, values: Mapping[str, Any], style: str) -> str:
        if field.name == "message" and not field.conversion and self._colorize:
            coloured = record.coloured
            # Somebody may have given the record another message since.
            if coloured is not None and coloured.text == record["message"]:
                return format(coloured.colorize(style, field.around), field.spec)
        if field.key is not None:
            return escape(text_of(record["extra"][field.key]))
        if field.text == "{extra}":
            return escape(text_of(record["extra"]))
        text = field.text.format_map(values)
        return text if field.name == "exception" else escape(text)
