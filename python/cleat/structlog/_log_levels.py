"""Levels of the standard library: their names, their numbers, and the processor that puts the name into an event."""

from __future__ import annotations

from .typing import EventDict, WrappedLogger

CRITICAL = FATAL = 50
ERROR = 40
WARNING = WARN = 30
INFO = 20
DEBUG = 10
NOTSET = 0

NAME_TO_LEVEL = {
    "critical": CRITICAL,
    "exception": ERROR,
    "error": ERROR,
    "warn": WARNING,
    "warning": WARNING,
    "info": INFO,
    "debug": DEBUG,
    "notset": NOTSET,
}

LEVEL_TO_NAME = {CRITICAL: "critical", ERROR: "error", WARNING: "warning", INFO: "info", DEBUG: "debug"}

# Programs import these by their former, private names.
_NAME_TO_LEVEL = NAME_TO_LEVEL
_LEVEL_TO_NAME = LEVEL_TO_NAME

_ALIASES = {"warn": "warning", "exception": "error"}


def map_method_name(method_name: str) -> str:
    """Return the level that the log method *method_name* stands for: "warning" for "warn", "error" for "exception"."""
    return _ALIASES.get(method_name, method_name)


def add_log_level(logger: WrappedLogger, method_name: str, event_dict: EventDict) -> EventDict:
    """Processor: set ``level`` to the name of the log method that was called.

    Aliases are resolved ("warn" is "warning", "exception" is "error"). Keeps no state, so any thread may use it.
    """
    event_dict["level"] = _ALIASES.get(method_name, method_name)
    return event_dict
