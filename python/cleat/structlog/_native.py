"""Bound loggers that know the levels and leave out those below the lowest wanted one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from .._engine import LevelMethod
from ._async_calls import call_in_thread
from ._base import BoundLoggerBase
from ._log_levels import CRITICAL, DEBUG, ERROR, INFO, LEVEL_TO_NAME, NAME_TO_LEVEL, NOTSET, WARNING
from .typing import FilteringBoundLogger

_ALIASES = {"fatal": "critical", "warn": "warning", "msg": "info"}


def make_filtering_bound_logger(min_level: int | str) -> type[FilteringBoundLogger]:
    """Return the wrapper class whose methods below *min_level* do nothing.

    *min_level* is the number of one of the standard library's levels or, in any case, its name; KeyError for anything
    else. There is one class for each level, so that it and its loggers can be pickled. A method below the level costs
    one call of an empty function; the level of a class cannot be changed later.
    """
    if isinstance(min_level, str):
        min_level = NAME_TO_LEVEL[min_level.lower()]
    return LEVEL_TO_FILTERING_LOGGER[min_level]


_nop = LevelMethod("_nop", None, "Do nothing: the level is below the lowest wanted one.")


async def _anop(self: Any, event: str, *args: Any, **kw: Any) -> None:
    """Do nothing: the level is below the lowest wanted one."""


def _interpolated(event: str, args: tuple[Any, ...]) -> str:
    """Return *event* with *args* put in; a single non-empty mapping serves named placeholders."""
    if not args:
        return event
    if len(args) == 1 and isinstance(args[0], Mapping) and args[0]:
        return event % args[0]
    return event % args


def exception(self: Any, event: str, *args: Any, **kw: Any) -> Any:
    """Log a line of level error with the exception being handled, unless the call says another ``exc_info``."""
    kw.setdefault("exc_info", True)
    return self.error(event, *args, **kw)


async def aexception(self: Any, event: str, *args: Any, **kw: Any) -> Any:
    """Log a line of level error with the exception being handled, off the event loop."""
    # The thread that makes the line handles no exception: it must be looked up here.
    if kw.get("exc_info", True) is True:
        kw["exc_info"] = sys.exc_info()
    return await call_in_thread(partial(self.error, event, *args, **kw))


def _level_methods(level: int, name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Make the method that logs at level *name*, and the coroutine that does."""

    async def amethod(self: Any, event: str, *args: Any, **kw: Any) -> None:
        await call_in_thread(partial(self._proxy_to_logger, name, _interpolated(event, args), **kw))

    # The qualified name is the one that errors of a wrong call show.
    amethod.__name__ = amethod.__qualname__ = f"a{name}"
    amethod.__doc__ = f"Log a line of level {name}, off the event loop."
    return LevelMethod(name, level, f"Log a line of level {name}."), amethod


def _log_methods(min_level: int) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Make the method that takes its level as an argument, and the coroutine that does."""

    def log(self: Any, level: int, event: str, *args: Any, **kw: Any) -> Any:
        """Log a line of *level*. KeyError if no level has that number."""
        if level < min_level:
            return None
        return self._proxy_to_logger(LEVEL_TO_NAME[level], _interpolated(event, args), **kw)

    async def alog(self: Any, level: int, event: str, *args: Any, **kw: Any) -> Any:
        """Log a line of *level*, off the event loop. KeyError if no level has that number."""
        if level < min_level:
            return None
        name = LEVEL_TO_NAME[level]
        return await call_in_thread(partial(self._proxy_to_logger, name, _interpolated(event, args), **kw))

    return log, alog


def _introspection(min_level: int) -> tuple[Callable[..., bool], Callable[..., int]]:
    """Make the methods that tell which levels are logged."""

    def is_enabled_for(self: Any, level: int) -> bool:
        """Tell whether a line of *level* would be made."""
        return level >= min_level

    def get_effective_level(self: Any) -> int:
        """Return the lowest level of which lines are made."""
        return min_level

    return is_enabled_for, get_effective_level


def _make_filtering_bound_logger(min_level: int) -> Any:
    """Make the class of bound loggers that log from *min_level* on."""
    methods: dict[str, Callable[..., Any]] = {"exception": exception, "aexception": aexception}
    methods["log"], methods["alog"] = _log_methods(min_level)
    methods["is_enabled_for"], methods["get_effective_level"] = _introspection(min_level)
    for level, name in LEVEL_TO_NAME.items():
        methods[name], methods[f"a{name}"] = _level_methods(level, name) if level >= min_level else (_nop, _anop)
    for alias, name in _ALIASES.items():
        methods[alias], methods[f"a{alias}"] = methods[name], methods[f"a{name}"]
    class_name = f"BoundLoggerFilteringAt{LEVEL_TO_NAME.get(min_level, 'notset').capitalize()}"
    return type(class_name, (BoundLoggerBase,), {"__module__": __name__, **methods})


# Each under its own name in this module: that is how pickle finds a class again.
BoundLoggerFilteringAtNotset = _make_filtering_bound_logger(NOTSET)
BoundLoggerFilteringAtDebug = _make_filtering_bound_logger(DEBUG)
BoundLoggerFilteringAtInfo = _make_filtering_bound_logger(INFO)
BoundLoggerFilteringAtWarning = _make_filtering_bound_logger(WARNING)
BoundLoggerFilteringAtError = _make_filtering_bound_logger(ERROR)
BoundLoggerFilteringAtCritical = _make_filtering_bound_logger(CRITICAL)

LEVEL_TO_FILTERING_LOGGER: dict[int, type[FilteringBoundLogger]] = {
    CRITICAL: BoundLoggerFilteringAtCritical,
    ERROR: BoundLoggerFilteringAtError,
    WARNING: BoundLoggerFilteringAtWarning,
    INFO: BoundLoggerFilteringAtInfo,
    DEBUG: BoundLoggerFilteringAtDebug,
    NOTSET: BoundLoggerFilteringAtNotset,
}
