"""Levels: those that are there from the beginning, a program's own, and how both are named in calls."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import NamedTuple

from .. import _engine
from ._colours import style_of


class LogLevel(enum.IntEnum):
    """The levels that are there from the beginning. They are ordered, and compare with numbers, by severity."""

    Trace = 5
    Debug = 10
    Info = 20
    Success = 25
    Warning = 30
    Error = 40
    Fail = 45
    Critical = 50

    @property
    def name(self) -> str:
        """The name that lines show, in capital letters."""
        return self._name_.upper()

    def __repr__(self) -> str:
        return f"LogLevel.{self._name_}"

    __str__ = __repr__


class Level(NamedTuple):
    """What a level is: its name, its severity, and how it is shown."""

    name: str
    no: int
    color: str
    icon: str


_BUILT_IN = (
    Level("TRACE", LogLevel.Trace.value, "cyan", ""),
    Level("DEBUG", LogLevel.Debug.value, "blue", ""),
    Level("INFO", LogLevel.Info.value, "green", ""),
    Level("SUCCESS", LogLevel.Success.value, "bright_green", ""),
    Level("WARNING", LogLevel.Warning.value, "yellow", ""),
    Level("ERROR", LogLevel.Error.value, "red", ""),
    Level("FAIL", LogLevel.Fail.value, "magenta", ""),
    Level("CRITICAL", LogLevel.Critical.value, "bright_red", ""),
)

MOST = 2**31 - 1
"""The highest number that a level may have."""


class Levels:
    """The levels of a core: a table by name, which the engine reads, too."""

    def __init__(self, engine_levels: dict[str, _engine.Level]) -> None:
        self._engine_levels = engine_levels
        self._by_name: dict[str, Level] = {}
        self._by_no: dict[int, str] = {}
        for level in _BUILT_IN:
            self.add(level)

    def add(self, level: Level) -> None:
        """Add a level, or change the one of that name. For its number it is the one that is found from now on.

        :raises ValueError: no number of a level, no colour.
        """
        if not 0 <= level.no <= MOST:
            raise ValueError(f"the number of level {level.name!r} must be from 0 to {MOST}, not {level.no}")
        self._engine_levels[level.name] = _engine.Level(level.name, level.no, style_of(level.color), level.icon)
        self._by_name[level.name] = level
        self._by_no[level.no] = level.name

    def all(self) -> Iterable[Level]:
        """Return all levels, in the order in which they were added."""
        return list(self._by_name.values())

    def get(self, name: str) -> Level | None:
        """Return the level of a name, in capital letters or not."""
        return self._by_name.get(name.upper())

    def lowest_no(self, level: object) -> int:
        """Return the number of a handler's lowest level, which is DEBUG if none is given. Raises what `no()` does."""
        return self.no(LogLevel.Debug if level is None else level)

    def no(self, level: object) -> int:
        """Return the number of a level as programs name it: a `LogLevel`, a name, a number.

        :raises ValueError: there is no such level.
        :raises TypeError: it names no level at all.
        """
        if isinstance(level, str):
            return self._named(level).no
        if isinstance(level, int) and not isinstance(level, bool):
            if 0 <= level <= MOST:
                return int(level)
            raise ValueError(f"the number of a level must be from 0 to {MOST}, not {level}")
        raise TypeError(f"a level is a LogLevel, a name or a number, not {level!r}")

    def resolve(self, level: object) -> _engine.Level:
        """Return what the engine knows of a level that log() was given.

        :raises ValueError: there is no such level.
        :raises TypeError: it names no level at all.
        """
        if isinstance(level, str):
            return self._engine_levels[self._named(level).name]
        no = self.no(level)
        name = self._by_no.get(no)
        if name is None:
            known = ", ".join(f"{no} ({name})" for no, name in sorted(self._by_no.items()))
            raise ValueError(f"there is no level {no}; there are: {known}")
        return self._engine_levels[name]

    def _named(self, name: str) -> Level:
        level = self.get(name)
        if level is None:
            raise ValueError(f"there is no level {name!r}; there are: {', '.join(self._by_name)}")
        return level
