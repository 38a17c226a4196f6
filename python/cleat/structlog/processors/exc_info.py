"""Exceptions that a log call names in ``exc_info``: into a field, or onto a file."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any, TextIO, cast

from .._frames import _format_exception
from ..tracebacks import ExceptionDictTransformer
from ..typing import EventDict, ExceptionTransformer, ExcInfo, WrappedLogger


def _figure_out_exc_info(value: Any) -> ExcInfo | None:
    """Return the exception that *value* (what a call gave as ``exc_info``) means, or None if it means none.

    An exception and a triple of :func:`sys.exc_info` mean themselves; anything else that is true means the exception
    that is being handled now.
    """
    if isinstance(value, BaseException):
        return type(value), value, value.__traceback__
    if isinstance(value, tuple) and _is_exc_info(value):
        return cast(ExcInfo, value)
    if not value:
        return None
    current = sys.exc_info()
    return None if current[0] is None else current


def _is_exc_info(value: tuple[Any, ...]) -> bool:
    if len(value) != 3:
        return False
    kind, exception, traceback = value
    return (
        isinstance(kind, type)
        and issubclass(kind, BaseException)
        and isinstance(exception, BaseException)
        and (traceback is None or isinstance(traceback, TracebackType))
    )


class ExceptionRenderer:
    """Replace ``exc_info`` by ``exception``, which is what *exception_formatter* makes of it.

    ``exc_info`` may be an exception, a triple of :func:`sys.exc_info`, or true for the exception that is being handled.
    Where it means no exception, the key is only removed; where it is missing, nothing happens.

    Args:
        exception_formatter: gets the triple; its result goes into the event. The default makes the text that Python
            prints; :class:`cleat.structlog.tracebacks.ExceptionDictTransformer` makes dictionaries for JSON.
    """

    def __init__(self, exception_formatter: ExceptionTransformer = _format_exception) -> None:
        self.format_exception = exception_formatter

    def __call__(self, logger: WrappedLogger, name: str, event_dict: EventDict) -> EventDict:
        exc_info = _figure_out_exc_info(event_dict.pop("exc_info", None))
        if exc_info:
            event_dict["exception"] = self.format_exception(exc_info)
        return event_dict

    def __cleat_step__(self) -> tuple[Any, ...]:
        """Tell the engine that events without ``exc_info`` need nothing done."""
        return ("format_exc_info",)


#: Put the traceback into ``exception`` as the text that Python prints; see :class:`ExceptionRenderer`.
format_exc_info = ExceptionRenderer()

#: Put the traceback into ``exception`` as dictionaries that JSON can show; see :class:`ExceptionRenderer`.
dict_tracebacks = ExceptionRenderer(ExceptionDictTransformer())


class ExceptionPrettyPrinter:
    """Print the exception of an event to *file*, and remove it from the event. For development and tests.

    What ``exception`` holds is printed as it is; else ``exc_info`` is formatted first.

    Args:
        file: where to print; None means what :data:`sys.stdout` is now.
        exception_formatter: as in :class:`ExceptionRenderer`.
    """

    def __init__(
        self, file: TextIO | None = None, exception_formatter: ExceptionTransformer = _format_exception
    ) -> None:
        self.format_exception = exception_formatter
        self._file = sys.stdout if file is None else file

    def __call__(self, logger: WrappedLogger, name: str, event_dict: EventDict) -> EventDict:
        exception = event_dict.pop("exception", None)
        if exception is None:
            exc_info = _figure_out_exc_info(event_dict.pop("exc_info", None))
            if exc_info:
                exception = self.format_exception(exc_info)
        if exception:
            print(exception, file=self._file)
        return event_dict
