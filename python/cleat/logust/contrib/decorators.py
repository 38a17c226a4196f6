"""Decorators that log how long a function took."""

from __future__ import annotations

import functools
from collections.abc import Callable
from time import perf_counter
from typing import Any, TypeVar, overload

from .. import logger
from .._surrounded import surrounded

__all__ = ["debug_fn", "log_fn"]

F = TypeVar("F", bound=Callable[..., Any])


@overload
def log_fn(fn: F) -> F: ...
@overload
def log_fn(fn: None = None, *, level: str | int = ...) -> Callable[[F], F]: ...
@overload
def log_fn(fn: F, *, level: str | int) -> F: ...
def log_fn(fn: F | None = None, *, level: str | int = "INFO") -> F | Callable[[F], F]:
    """Log a line when a call of the function has ended: ``Called NAME with elapsed_time=SECONDS``.

    To be used as ``@log_fn`` or as ``@log_fn(level=...)``, on functions, coroutine functions, and generator functions
    of both kinds, whose time goes from the first step to the last. If the call ends with an exception, the line ends
    with ``raised=TYPE``, and the exception goes on. The line's place is that of the caller.

    :param level: a level's name or number.
    :raises ValueError: there is no such level; raised when a call has ended, as levels may be made until then.
    """
    if fn is None:
        return functools.partial(_timed, level=level)
    return _timed(fn, level)


@overload
def debug_fn(fn: F) -> F: ...
@overload
def debug_fn(fn: None = None) -> Callable[[F], F]: ...
def debug_fn(fn: F | None = None) -> F | Callable[[F], F]:
    """Do what `log_fn` does, at level DEBUG."""
    return log_fn(fn, level="DEBUG")


def _timed(fn: F, level: str | int) -> F:
    return surrounded(fn, lambda: _Timing(fn, level))


class _Timing:
    """Logs when the `with` that it surrounds has ended."""

    __slots__ = ("_begun", "_level", "_name")

    def __init__(self, fn: Callable[..., Any], level: str | int) -> None:
        self._name = getattr(fn, "__name__", None) or repr(fn)
        self._level = level

    def __enter__(self) -> None:
        self._begun = perf_counter()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        elapsed = perf_counter() - self._begun
        # A generator of which nobody wants the rest has not failed.
        ending = "" if kind is None or issubclass(kind, GeneratorExit) else f" raised={kind.__name__}"
        # Two up: from the wrapper that has the `with` to its caller.
        logger.opt(depth=2).log(self._level, f"Called {self._name} with elapsed_time={elapsed:.3f}{ending}")
