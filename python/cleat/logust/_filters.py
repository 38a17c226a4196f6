"""Filters of handlers: functions of a record, or module names that stand for one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ._levels import Levels
from ._types import Filter


def make_filter(wanted: Filter | None, levels: Levels) -> Callable[[dict[str, Any]], object] | None:
    """Return the function of a record that a handler's filter stands for.

    A name stands for the records of that module and of those inside of it. A dict of names gives each the lowest level
    of its records; True stands for all, False for none of them, the name "" for the modules that are not named.

    :raises TypeError: it is no filter.
    :raises ValueError: there is no such level.
    """
    if wanted is None or callable(wanted):
        return wanted
    if isinstance(wanted, str):
        return _of_module(wanted)
    if isinstance(wanted, Mapping):
        return _of_levels({name or "": _lowest(level, levels) for name, level in wanted.items()})
    raise TypeError(
        "the option filter must be a function of a record, the name of a module, or a dict of such names and levels, "
        f"not {wanted!r}"
    )


def _of_module(name: str) -> Callable[[dict[str, Any]], bool]:
    inside = f"{name}." if name else ""

    def is_of_module(record: dict[str, Any]) -> bool:
        return bool(f"{record['name']}.".startswith(inside))

    return is_of_module


def _lowest(level: object, levels: Levels) -> float:
    if isinstance(level, bool):
        return 0 if level else float("inf")
    return levels.no(level)


def _of_levels(lowest: dict[str, float]) -> Callable[[dict[str, Any]], bool]:
    def is_high_enough(record: dict[str, Any]) -> bool:
        name = record["name"]
        while name and name not in lowest:
            name = name.rpartition(".")[0]
        return bool(record["level_no"] >= lowest.get(name, 0))

    return is_high_enough
