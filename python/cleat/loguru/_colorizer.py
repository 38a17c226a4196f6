"""Colour markup of formats, messages and levels: `<red>...</red>`, `<bold>`, `<level>`, `<fg #00ff00>`, `</>`."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from typing import NamedTuple

RESET = "\x1b[0m"

_STYLES = {
    ("bold", "b"): 1,
    ("dim", "d"): 2,
    ("italic", "i"): 3,
    ("underline", "u"): 4,
    ("blink", "l"): 5,
    ("reverse", "v"): 7,
    ("hide", "h"): 8,
    ("strike", "s"): 9,
    ("normal", "n"): 22,
}
_COLOURS = (
    ("black", "k"),
    ("red", "r"),
    ("green", "g"),
    ("yellow", "y"),
    ("blue", "e"),
    ("magenta", "m"),
    ("cyan", "c"),
    ("white", "w"),
)
_LEVEL_TAGS = ("level", "lvl")

_TAG = re.compile(r"(\\*)(<(/?)((?:[fb]g\s)?[^<>\s]*)>)")
_HEX = re.compile(r"#(?:[0-9a-fA-F]{3}){1,2}")


def _foregrounds() -> dict[str, int]:
    """Return the code of each colour of text, by its name and its letter."""
    codes = {}
    for number, (name, letter) in enumerate(_COLOURS):
        codes.update({name: 30 + number, letter: 30 + number})
        codes.update({f"light-{name}": 90 + number, f"l{letter}": 90 + number})
    return codes


_FOREGROUNDS = _foregrounds()
_BACKGROUNDS = {name.upper(): code + 10 for name, code in _FOREGROUNDS.items()}
_CODES = {name: code for names, code in _STYLES.items() for name in names} | _FOREGROUNDS | _BACKGROUNDS


class Kind(enum.Enum):
    """What a token of a text with markup is."""

    TEXT = enum.auto()
    COLOUR = enum.auto()
    """A colour begins: the token's text is its escape sequence."""
    LEVEL = enum.auto()
    """The level's colour begins."""
    END = enum.auto()
    """All colours end."""


class Token(NamedTuple):
    """A piece of a text with markup."""

    kind: Kind
    text: str = ""


def _escape_sequence(tag: str) -> str | None:
    """Return what begins the colour that a tag names; None if there is no such colour."""
    if tag in _CODES:
        return f"\x1b[{_CODES[tag]}m"
    ground, _, colour = tag.partition(" ")
    if ground == "fg":
        return _ground(38, colour, _FOREGROUNDS.get(colour.lower()))
    if ground == "bg":
        return _ground(48, colour, _BACKGROUNDS.get(colour.upper()))
    return None


def _ground(base: int, colour: str, code: int | None) -> str | None:
    """Return what begins a colour that is given by name, number, as `#rrggbb`, or as `r,g,b`."""
    if code is not None:
        return f"\x1b[{code}m"
    if _is_byte(colour):
        return f"\x1b[{base};5;{colour}m"
    if _HEX.fullmatch(colour):
        digits = colour[1:] * (2 if len(colour) == 4 else 1)
        red, green, blue = (int(digits[place : place + 2], 16) for place in (0, 2, 4))
        return f"\x1b[{base};2;{red};{green};{blue}m"
    parts = colour.split(",")
    if len(parts) == 3 and all(map(_is_byte, parts)):
        return f"\x1b[{base};2;{';'.join(parts)}m"
    return None


def _is_byte(text: str) -> bool:
    return text.isdecimal() and int(text) <= 255


class AnsiParser:
    """Takes a text with markup apart. It may be fed piece by piece; tags may be closed in another piece."""

    def __init__(self) -> None:
        self._tokens: list[Token] = []
        self._open: list[tuple[str, Token]] = []

    @property
    def open_colours(self) -> tuple[Token, ...]:
        """The colours that hold here."""
        return tuple(token for _, token in self._open)

    def feed(self, text: str, *, raw: bool = False) -> None:
        """Take a piece of text; a *raw* one is taken as it is.

        :raises ValueError: a tag names no colour, or closes none that is open.
        """
        end = 0
        for found in () if raw else _TAG.finditer(text):
            self._add_text(text[end : found.start()])
            end = found.end()
            backslashes, markup, slash, tag = found.groups()
            # Two stand for one; one alone makes the tag a text.
            self._add_text(backslashes[: len(backslashes) // 2])
            if len(backslashes) % 2:
                self._add_text(markup)
            elif slash:
                self._close(tag, markup)
            else:
                self._begin(tag, markup)
        self._add_text(text[end:])

    def done(self, *, strict: bool = True) -> list[Token]:
        """Return all tokens. ValueError if a tag is still open, but where *strict* is false."""
        if strict and self._open:
            raise ValueError(f'Opening tag "<{self._open[0][0]}>" has no corresponding closing tag')
        return self._tokens

    @staticmethod
    def strip(tokens: Iterable[Token]) -> str:
        """Return the text without its colours."""
        return "".join(token.text for token in tokens if token.kind is Kind.TEXT)

    @staticmethod
    def colorize(tokens: Iterable[Token], level_style: str, around: Iterable[Token] = ()) -> str:
        """Return the text with escape sequences; *level_style* is that of the level.

        The colours of *around* hold outside of the text: they begin anew where those of the text end.
        """
        again = "".join(level_style if token.kind is Kind.LEVEL else token.text for token in around)
        pieces = []
        for token in tokens:
            if token.kind is Kind.LEVEL:
                pieces.append(level_style)
            elif token.kind is Kind.END:
                pieces.append(token.text + again)
            else:
                pieces.append(token.text)
        return "".join(pieces)

    def _add_text(self, text: str) -> None:
        if text:
            self._tokens.append(Token(Kind.TEXT, text))

    def _begin(self, tag: str, markup: str) -> None:
        sequence = _escape_sequence(tag)
        if tag in _LEVEL_TAGS:
            token = Token(Kind.LEVEL)
        elif sequence is not None:
            token = Token(Kind.COLOUR, sequence)
        else:
            raise ValueError(f'Tag "{markup}" is no colour; a backslash in front makes it a text')
        self._open.append((tag, token))
        self._tokens.append(token)

    def _close(self, tag: str, markup: str) -> None:
        if not self._open or tag not in ("", self._open[-1][0]):
            is_open = any(tag == other for other, _ in self._open)
            why = "violates nesting rules" if is_open else "has no corresponding opening tag"
            raise ValueError(f'Closing tag "{markup}" {why}')
        self._open.pop()
        self._tokens.append(Token(Kind.END, RESET))
        self._tokens.extend(self.open_colours)


def parse_level_colour(markup: str) -> str:
    """Return the escape sequence that a level's colour, such as ``"<red><bold>"``, stands for.

    :raises ValueError: a tag names no colour, or is one of the level's own colour.
    """
    parser = AnsiParser()
    parser.feed(markup.strip())
    tokens = parser.done(strict=False)
    if any(token.kind is Kind.LEVEL for token in tokens):
        raise ValueError(f"the colour of a level cannot be the level's: {markup!r}")
    return AnsiParser.colorize(tokens, "")
