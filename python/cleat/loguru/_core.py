"""What all loggers that come from one share: handlers, levels, which modules are wanted."""

from __future__ import annotations

import copy
import itertools
import sys
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from .. import _engine
from ..logust._activation import Activation
from ..logust._levels import Level
from . import _defaults
from ._colorizer import parse_level_colour
from ._errors import print_failure
from ._handler import Handler
from ._options import log_with_options
from ._recattrs import make_exception
from ._record import make_record


class LevelExistsError(TypeError, ValueError):
    """A level's number cannot be changed. loguru up to 0.7.2 raises a TypeError here, and then a ValueError."""


@lru_cache(maxsize=64)
def _nameless_level(no: int) -> _engine.Level:
    return _engine.Level(f"Level {no}", no, "", " ")


def _check_no(no: int, what: str) -> None:
    if no < 0:
        raise ValueError(f"Invalid level {what}, it should be a positive integer, not: {no}")


class Core(_engine.Core):
    """What all loggers that come from one share. Any number of threads may use and change it."""

    def __init__(self) -> None:
        # Of the kind that a forked child finds free.
        self._lock = _engine.WriteLock()
        self._numbers = itertools.count()
        self._levels: dict[str, Level] = {}
        self._activation = Activation()
        self._are_nameless_wanted = True
        self.make_record = make_record
        self.resolve_level = self.resolve
        self.resolve_exception = _resolve_exception
        self.log_with_options = log_with_options
        self.report = self._report
        for level in _defaults.LEVELS:
            self.set_level(Level(*level))

    def __reduce__(self) -> tuple[Any, ...]:
        if self is not _default_core():
            raise TypeError("loggers cannot be pickled, but for those made from cleat.loguru.logger")
        return _default_core, ()

    def __deepcopy__(self, memo: dict[int, Any]) -> Core:
        """Return a core with the same levels, switches, fields and patcher.

        :raises TypeError: there are handlers, which cannot be copied.
        """
        if self.handlers:
            raise TypeError("a logger that has handlers cannot be copied deeply: remove() them before")
        core = Core()
        core._have_settings_of(self)
        return core

    def become(self, other: Core) -> None:
        """Have the handlers, levels, switches, fields and patcher of another core in place of one's own."""
        with self._lock:
            self.handlers = other.handlers
            self._numbers = other._numbers
            self._have_settings_of(other)

    def _have_settings_of(self, other: Core) -> None:
        for name in self._levels.keys() - other._levels.keys():
            del self._levels[name], self.levels[name]
        for level in other._levels.values():
            self.set_level(level)
        self._activation = copy.copy(other._activation)
        self._are_nameless_wanted = other._are_nameless_wanted
        self.is_enabled = other.is_enabled and self._is_wanted
        self.extra = copy.deepcopy(other.extra)
        self.patcher = other.patcher

    # -- levels --

    def find_level(self, name: Any) -> Level:
        """Return what a level is.

        :raises TypeError: that is no name.
        :raises ValueError: no level has it.
        """
        if not isinstance(name, str):
            raise TypeError(f"Invalid level name, it should be a string, not: '{type(name).__name__}'")
        if name not in self._levels:
            raise ValueError(f"Level {name!r} does not exist")
        return self._levels[name]

    def change_level(self, name: Any, no: Any, color: str | None, icon: str | None) -> Level:
        """Make a level, or change the colour or icon of one.

        :raises TypeError: the name or number is none.
        :raises ValueError: it is there and has a number, or is not there and was given none; it is below zero; the
            colour is none.
        """
        if name in self._levels if isinstance(name, str) else False:
            if no is not None:
                raise LevelExistsError(f"Level {name!r} already exists, you can't update its severity number")
            former = self._levels[name]
        elif no is None:
            former = self.find_level(name)
        elif not isinstance(name, str):
            raise TypeError(f"Invalid level name, it should be a string, not: '{type(name).__name__}'")
        elif not isinstance(no, int):
            raise TypeError(f"Invalid level no, it should be an integer, not: '{type(no).__name__}'")
        else:
            _check_no(no, "no")
            former = Level(name, no, "", " ")
        level = former._replace(
            color=former.color if color is None else color, icon=former.icon if icon is None else icon
        )
        self.set_level(level)
        return level

    def set_level(self, level: Level) -> None:
        """Add a level, or put it in the place of the one of that name. ValueError if the colour is none."""
        made = _engine.Level(level.name, level.no, parse_level_colour(level.color), level.icon)
        with self._lock:
            self._levels[level.name] = level
            self.levels[level.name] = made

    def level_no(self, level: Any) -> int:
        """Return the number of a level that is given by its name or number.

        :raises TypeError: that is neither.
        :raises ValueError: there is no such level.
        """
        if isinstance(level, str):
            return self.find_level(level).no
        if not isinstance(level, int):
            raise TypeError(f"Invalid level, it should be an integer or a string, not: '{type(level).__name__}'")
        _check_no(level, "value")
        return level

    def resolve(self, level: Any) -> _engine.Level:
        """Return what the engine knows of a level that is given by its name or number.

        A number stands for itself: for a level without name, whichever levels there are.

        :raises TypeError: it is neither.
        :raises ValueError: there is no such level.
        """
        no = self.level_no(level)
        return self.levels[level] if isinstance(level, str) else _nameless_level(no)

    # -- handlers --

    def next_number(self) -> int:
        """Return the number of a new handler."""
        return next(self._numbers)

    def all_handlers(self) -> list[Handler]:
        """Return the handlers, in the order in which they were added."""
        return [handler for handler in self.handlers if isinstance(handler, Handler)]

    def add_handler(self, handler: Handler) -> None:
        """Add a handler behind the others."""
        with self._lock:
            self.handlers = (*self.handlers, handler)

    def remove_handlers(self, numbers: Iterable[int]) -> None:
        """Take handlers away, and stop them; each is away also where its stopping fails.

        :raises ValueError: there is no handler of such a number.
        """
        for number in numbers:
            with self._lock:
                taken = [handler for handler in self.all_handlers() if handler.number == number]
                self.handlers = tuple(handler for handler in self.handlers if handler not in taken)
            if not taken:
                raise ValueError(f"There is no existing handler with id {number}")
            # Not under the lock: a sink's own code may be running, and log, add and remove.
            taken[0].stop()

    def _report(self, handler: _engine.Handler, record: dict[str, Any] | None) -> None:
        error = sys.exc_info()[1]
        if error is None or not isinstance(handler, Handler):
            return
        if not handler.catch:
            raise error
        print_failure(handler.number, record, error)

    # -- modules --

    def activate(self, name: Any, wanted: bool) -> None:
        """Want the records of a module and those below it, or not; None is for code that has no module.

        :raises TypeError: that is no name.
        """
        if name is not None and not isinstance(name, str):
            raise TypeError(f"Invalid name, it should be a string (or None), not: '{type(name).__name__}'")
        with self._lock:
            if name is None:
                self._are_nameless_wanted = wanted
            else:
                self._activation.set(name, wanted)
            # Set anew, so that the engine asks anew.
            self.is_enabled = self._is_wanted

    def _is_wanted(self, name: str | None) -> bool:
        return self._are_nameless_wanted if name is None else self._activation.is_enabled(name)


def _default_core() -> Core:
    from . import logger  # which is made when this module is there

    return logger.core


def _resolve_exception(exception: Any) -> object:
    """Return what a record has of what a call gave: an exception, a tuple, or anything else for the one being
    handled."""
    if not isinstance(exception, BaseException | tuple):
        exception = sys.exc_info()
    return make_exception(exception)


