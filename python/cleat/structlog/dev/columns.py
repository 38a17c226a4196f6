"""The columns of a console line: which keys come where, and how each is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class ColumnFormatter(Protocol):
    """What shows one field. May be any callable."""

    def __call__(self, key: str, value: object) -> str:
        """Return all that the line shows of the field, key and "=" included; "" for nothing at all."""
        ...


@dataclass
class Column:
    """Shows the field *key* with *formatter*. The column whose *key* is "" shows all fields that have no column."""

    key: str
    formatter: ColumnFormatter


@dataclass
class KeyValueColumnFormatter:
    """Shows a field as ``key=value``.

    Args:
        key_style: what comes before the key; None shows no key and no "=".
        value_style: what comes before the value.
        reset_style: what ends a style.
        value_repr: makes text of the value.
        width: blanks are added to the value up to this width.
        prefix: comes first, may contain styles.
        postfix: comes last, may contain styles.
    """

    key_style: str | None
    value_style: str
    reset_style: str
    value_repr: Callable[[object], str]
    width: int = 0
    prefix: str = ""
    postfix: str = ""

    def __call__(self, key: str, value: object) -> str:
        reset = self.reset_style
        text = self.value_style + self.value_repr(value).ljust(self.width) + reset
        if self.key_style is not None:
            text = self.key_style + key + reset + "=" + text
        if self.prefix:
            text = self.prefix + reset + text
        if self.postfix:
            text = text + self.postfix + reset
        return text


class LogLevelColumnFormatter:
    """Shows a level in brackets, in the style that *level_styles* has for it.

    Args:
        level_styles: level to style; None shows levels without style and unpadded.
        reset_style: what ends a style.
        width: 0 does not pad; else levels are padded to the longest one of *level_styles*.
    """

    def __init__(self, level_styles: dict[str, str] | None, reset_style: str, width: int | None = None) -> None:
        self.level_styles = level_styles
        self.reset_style = reset_style if level_styles else ""
        self.width = 0 if width == 0 or not level_styles else max(map(len, level_styles))

    def __call__(self, key: str, value: object) -> str:
        level = value if isinstance(value, str) else str(value)
        style = "" if self.level_styles is None else self.level_styles.get(level, "")
        return f"[{style}{level.ljust(self.width)}{self.reset_style}]"


def _pad(text: str, width: int) -> str:
    return text.ljust(width)
