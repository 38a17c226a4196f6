"""Canonical events: one wide line for a piece of work, with fields that are added while it is done."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from ._held import held

__all__ = [
    "TailSampler",
    "add_event_fields",
    "canonical_event",
    "clear_event_fields",
    "get_current_event",
    "get_event_fields",
]

_current_event: ContextVar[dict[str, Any] | None] = ContextVar("cleat_canonical_event", default=None)


@contextmanager
def canonical_event(fields: Mapping[str, Any] | None = None) -> Iterator[dict[str, Any]]:
    """Make a dict the current event inside of a `with`, or of a function that is decorated; give that dict.

    It belongs to the execution context: what runs inside adds to it, tasks and `asyncio.to_thread()` among it; threads
    that are started otherwise do after `cleat.wrap()` or `cleat.propagate()`. Inner events hide outer ones. Nothing is
    logged: do that with the dict, at the end.

    :param fields: what the event begins with; it is copied.
    """
    event = dict(fields or {})
    with held(_current_event, event):
        yield event


def get_current_event() -> MutableMapping[str, Any] | None:
    """Return the current event itself; None where there is none."""
    return _current_event.get()


def get_event_fields() -> dict[str, Any]:
    """Return a copy of the current event; empty where there is none."""
    return dict(_current_event.get() or {})


def add_event_fields(fields: Mapping[str, Any] | None = None, **kwargs: Any) -> bool:
    """Add fields to the current event, first those of *fields*. Return False where there is none."""
    event = _current_event.get()
    if event is None:
        return False
    event.update(fields or {})
    event.update(kwargs)
    return True


def clear_event_fields() -> bool:
    """Take all fields out of the current event. Return False where there is none."""
    event = _current_event.get()
    if event is None:
        return False
    event.clear()
    return True


@dataclass(frozen=True, slots=True)
class TailSampler:
    """Decides when an event is complete whether it is kept: the remarkable ones always, of the others a share.

    :param rate: the share of the others that are kept, from 0.0 (none) to 1.0 (all).
    :param always_keep_errors: keep events with a `status_code` of 500 or more, with the `outcome` "error", or with an
        `error.type`.
    :param slow_ms: keep events whose `duration_ms` is this or more.
    :param keep_if: keep events for which this returns true.
    :param random_fn: returns a number from 0.0 to below 1.0.
    :raises ValueError: *rate* or *slow_ms* is out of range.
    :raises TypeError: *keep_if* or *random_fn* cannot be called.
    """

    rate: float = 1.0
    always_keep_errors: bool = True
    slow_ms: float | None = None
    keep_if: Callable[[Mapping[str, Any]], bool] | None = None
    random_fn: Callable[[], float] = random.random

    def __post_init__(self) -> None:
        """Refuse what would only show at the first event."""
        if not 0.0 <= self.rate <= 1.0:
            raise ValueError(f"rate must be from 0.0 to 1.0, not {self.rate!r}")
        if self.slow_ms is not None and not self.slow_ms >= 0:
            raise ValueError(f"slow_ms must be 0 or more, or None, not {self.slow_ms!r}")
        if self.keep_if is not None and not callable(self.keep_if):
            raise TypeError(f"keep_if must be a function or None, not {self.keep_if!r}")
        if not callable(self.random_fn):
            raise TypeError(f"random_fn must be a function, not {self.random_fn!r}")

    def should_keep(self, event: Mapping[str, Any]) -> bool:
        """Tell whether an event is to be logged. What *keep_if* raises is the caller's."""
        if self.keep_if is not None and self.keep_if(event):
            return True
        if self.always_keep_errors and is_error(event):
            return True
        if self.slow_ms is not None and number_in(event, "duration_ms") >= self.slow_ms:
            return True
        return self.rate >= 1.0 or self.random_fn() < self.rate


def is_error(event: Mapping[str, Any]) -> bool:
    """Tell whether an event is of work that failed."""
    return number_in(event, "status_code") >= 500 or event.get("outcome") == "error" or "error.type" in event


def number_in(event: Mapping[str, Any], key: str) -> float:
    """Return the number that a field is, or that its text says; 0 if it is none."""
    value = event.get(key)
    try:
        return float(value) if isinstance(value, int | float | str) else 0.0
    except (ValueError, OverflowError):
        return 0.0
