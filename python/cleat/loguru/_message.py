"""Messages with colour markup, `opt(colors=True)`: tags in the message are colours, tags in its arguments are text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from string import Formatter
from typing import Any

from ._colorizer import AnsiParser, Kind, Token
from ._escape import escape


class ColouredMessage:
    """A message as its tokens; `text` is the message without its colours."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.text = AnsiParser.strip(tokens)
        self._tokens = tokens

    def colorize(self, level_style: str, around: Sequence[Token] = (), *, raw: bool = False) -> str:
        """Return the message with its escape sequences, those in its text escaped unless it is *raw*."""
        tokens = self._tokens if raw else [_escaped(token) for token in self._tokens]
        return AnsiParser.colorize(tokens, level_style, around)


def _escaped(token: Token) -> Token:
    return Token(Kind.TEXT, escape(token.text)) if token.kind is Kind.TEXT else token


class _MarkingFormatter(Formatter):
    """Formats a message such that what was put in can be told from what was there: as numbers between marks."""

    def __init__(self, mark: str) -> None:
        self._numbers = re.compile(f"{mark}(\\d+){mark}")
        self._mark = mark
        self._values: list[str] = []

    def format_field(self, value: Any, format_spec: str) -> str:
        text: str = super().format_field(value, self._filled_in(format_spec))
        self._values.append(text)
        return f"{self._mark}{len(self._values) - 1}{self._mark}"

    def feed(self, parser: AnsiParser, marked: str) -> None:
        """Give a parser what came of a message: the values raw."""
        for place, piece in enumerate(self._numbers.split(marked)):
            parser.feed(self._values[int(piece)] if place % 2 else piece, raw=place % 2 == 1)

    def _filled_in(self, text: str) -> str:
        return self._numbers.sub(lambda found: self._values[int(found.group(1))], text)


def _unused_character(message: str) -> str:
    """Return one of those that Unicode leaves to private use."""
    return next(character for character in map(chr, range(0xE000, 0xF8FF)) if character not in message)


def colour_message(message: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> ColouredMessage:
    """Put arguments into a message with markup. Without any the message's braces are text.

    :raises ValueError: the markup or the fields are wrong.
    :raises IndexError, KeyError: an argument is missing.
    :raises TypeError: there are arguments, and the message is no str.
    """
    parser = AnsiParser()
    if args or kwargs:
        formatter = _MarkingFormatter(_unused_character(str(message)))
        formatter.feed(parser, formatter.vformat(message, args, kwargs))
    else:
        parser.feed(str(message))
    return ColouredMessage(parser.done())
