"""What add() takes as a filter, as a function of a record."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping
from typing import Any

Filter = Callable[[dict[str, Any]], object]


def make_filter(wanted: Any, level_no: Callable[[str], int]) -> Filter | None:
    """Return the function of a filter: a module's name, a dict of modules' names to levels, or a function already.

    :param level_no: finds the number of a level by its name.
    :raises TypeError: it is none of these, or the dict holds what is no name or no level.
    :raises ValueError: the dict holds a level that is not there; or it is the function filter().
    """
    if wanted is None:
        return None
    if isinstance(wanted, str):
        return _below(wanted)
    if isinstance(wanted, Mapping):
        return _by_level({_checked_name(name): _lowest(name, level, level_no) for name, level in wanted.items()})
    if wanted is builtins.filter:
        raise ValueError("the filter is the built-in function filter(): most likely a mistake")
    if not callable(wanted):
        raise TypeError(f"Invalid filter, it should be a function, a string or a dict, not: '{type(wanted).__name__}'")
    function: Filter = wanted
    return function


def _below(module: str) -> Filter:
    """Pass the records of a module and those below it; of all that have a name, if it is empty."""
    prefix = f"{module}." if module else ""

    def passes(record: dict[str, Any]) -> bool:
        name = record["name"]
        return name is not None and f"{name}.".startswith(prefix)

    return passes


def _by_level(lowest: Mapping[str | None, float]) -> Filter:
    """Pass records from a level on, as the innermost module says that is in the dict."""

    def passes(record: dict[str, Any]) -> bool:
        name = record["name"]
        while name and name not in lowest:
            name = name.rpartition(".")[0]
        return bool(record["level"].no >= lowest.get(name, 0))

    return passes


def _checked_name(name: Any) -> str | None:
    if name is None or isinstance(name, str):
        return name
    raise TypeError(f"The filter dict contains an invalid module, it should be a string or None, not: {name!r}")


def _lowest(name: str | None, level: Any, level_no: Callable[[str], int]) -> float:
    """Return the number from which on records pass: False is none, True any."""
    if isinstance(level, bool):
        return 0 if level else float("inf")
    if not isinstance(level, str | int):
        raise TypeError(f"The filter dict has {level!r} for {name!r}; it should be a level's name or number, or a bool")
    try:
        no = level_no(level) if isinstance(level, str) else level
    except ValueError as error:
        raise ValueError(f"The filter dict has a wrong level for {name!r}: {error}") from None
    if no < 0:
        raise ValueError(f"The filter dict has {no} for {name!r}; the number of a level is not below zero")
    return no
