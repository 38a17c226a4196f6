"""The time of a line."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from typing import Any

from ..typing import EventDict, WrappedLogger


# The clock is looked up in its module for each line: whoever freezes time replaces it there.


def _unix(fmt: str) -> float:
    return time.time()


def _iso_utc(fmt: str) -> str:
    return datetime.datetime.now(datetime.timezone.utc).isoformat().replace("+00:00", "Z")


def _iso_local(fmt: str) -> str:
    return datetime.datetime.now().isoformat()


def _formatted_utc(fmt: str) -> str:
    return datetime.datetime.now(datetime.timezone.utc).strftime(fmt)


def _formatted_local(fmt: str) -> str:
    return datetime.datetime.now().astimezone().strftime(fmt)


def _clock(fmt: str | None, utc: bool) -> Callable[[str], Any]:
    if fmt is None:
        if not utc:
            raise ValueError("UNIX timestamps are always UTC.")
        return _unix
    if fmt.upper() == "ISO":
        return _iso_utc if utc else _iso_local
    return _formatted_utc if utc else _formatted_local


class TimeStamper:
    """Set *key* to the time at which the processor runs.

    Args:
        fmt: a format of :func:`time.strftime`, or "iso" for ISO 8601, or None for seconds since 1970 as a float.
        utc: whether the time is UTC, or that of the local time zone.
        key: the key to set.

    Raises ValueError where *fmt* is None and *utc* is false. Can be pickled; follows a clock that a test has frozen.
    """

    __slots__ = ("_now", "fmt", "key", "utc")

    def __init__(self, fmt: str | None = None, utc: bool = True, key: str = "timestamp") -> None:
        self.fmt, self.utc, self.key = fmt, utc, key
        self._now = _clock(fmt, utc)

    def __call__(self, logger: WrappedLogger, name: str, event_dict: EventDict) -> EventDict:
        event_dict[self.key] = self._now(self.fmt)  # type: ignore[arg-type]  # no format: _unix, which needs none
        return event_dict

    def __getstate__(self) -> dict[str, Any]:
        return {"fmt": self.fmt, "utc": self.utc, "key": self.key}

    def __setstate__(self, state: dict[str, Any]) -> None:
        TimeStamper.__init__(self, **state)

    def __cleat_step__(self) -> tuple[Any, ...]:
        """Tell the engine which of its own processors does the same."""
        return ("timestamper", self.fmt, self.utc, self.key)


class MaybeTimeStamper:
    """Do what :class:`TimeStamper` does, whose parameters it has, but only if the event has no such key.

    So events from elsewhere keep the time they came with.
    """

    __slots__ = ("stamper",)

    def __init__(self, fmt: str | None = None, utc: bool = True, key: str = "timestamp") -> None:
        self.stamper = TimeStamper(fmt, utc, key)

    def __call__(self, logger: WrappedLogger, name: str, event_dict: EventDict) -> EventDict:
        if self.stamper.key in event_dict:
            return event_dict
        return self.stamper(logger, name, event_dict)

    def __cleat_step__(self) -> tuple[Any, ...]:
        """Tell the engine which of its own processors does the same."""
        return ("maybe_timestamper", self.stamper.fmt, self.stamper.utc, self.stamper.key)
