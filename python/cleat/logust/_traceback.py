"""Exceptions as text: what Python prints, or with the callers of who caught it, and with the values of variables."""

from __future__ import annotations

import re
import sys
import traceback
from types import FrameType, TracebackType
from typing import TypeAlias

_Step: TypeAlias = "tuple[FrameType, int]"
ExcInfo: TypeAlias = "tuple[type[BaseException], BaseException, TracebackType | None]"

_OWN_FILES = __file__.rsplit("/", 1)[0]
_LONGEST_VALUE = 100
_NAME = re.compile(r"[^\W\d]\w*")


def exception_text(exception: object) -> str | None:
    """Return the text of what a call gave as its exception: one, what sys.exc_info() returns, True for the one that is
    being handled, or a text. None: there is none."""
    if isinstance(exception, str):
        return exception or None
    exc_info = as_exc_info(exception)
    return None if exc_info is None else format_exception(exc_info)


def as_exc_info(exception: object) -> ExcInfo | None:
    """Return an exception as sys.exc_info() would have it; None if there is none.

    :raises TypeError: it is no exception.
    """
    if exception is None or exception is False:
        return None
    if isinstance(exception, BaseException):
        return type(exception), exception, exception.__traceback__
    if isinstance(exception, tuple) and len(exception) == 3:
        return None if exception[0] is None else exception
    if exception is True:
        exc_type, value, trace = sys.exc_info()
        return None if exc_type is None or value is None else (exc_type, value, trace)
    raise TypeError(f"an exception, a tuple as of sys.exc_info(), True or a text is expected, not {exception!r}")


def format_exception(exc_info: ExcInfo, *, backtrace: bool = False, diagnose: bool = False) -> str:
    """Return the text of an exception, without a line break at its end.

    :param backtrace: with the frames outside of the one that caught it.
    :param diagnose: with the values of the variables that the lines name.
    """
    exc_type, value, trace = exc_info
    trace = _without_own_frames(trace)
    report = traceback.TracebackException(exc_type, value, trace)
    frames = list(traceback.walk_tb(trace))
    if backtrace and trace is not None:
        outside = _frames_outside(trace)
        frames[:0] = outside
        report.stack[:0] = traceback.StackSummary.extract(iter(outside))
    if diagnose:
        _add_values(report, value, frames)
    return "".join(report.format()).removesuffix("\n")


def _is_own(frame: FrameType) -> bool:
    return frame.f_code.co_filename.startswith(_OWN_FILES)


def _without_own_frames(trace: TracebackType | None) -> TracebackType | None:
    """Return the traceback from where the program's own part of it begins: catch() calls functions, too."""
    first = trace
    while first is not None and _is_own(first.tb_frame):
        first = first.tb_next
    return first or trace


def _frames_outside(trace: TracebackType) -> list[_Step]:
    caller = trace.tb_frame.f_back
    if caller is None:  # walk_stack() would begin here
        return []
    return [step for step in traceback.walk_stack(caller) if not _is_own(step[0])][::-1]


def _add_values(report: traceback.TracebackException, exception: BaseException | None, frames: list[_Step]) -> None:
    """Show the values of the variables that the lines name, in the exceptions that led to this one as well."""
    for summary, (frame, _) in zip(report.stack, frames):
        values = frame.f_locals
        summary.locals = {name: _value_of(values[name]) for name in _names_in(summary.line) if name in values}
    for chained in ("__cause__", "__context__"):
        further = getattr(report, chained)
        if further is not None:
            cause = getattr(exception, chained)
            _add_values(further, cause, list(traceback.walk_tb(cause.__traceback__)))


def _names_in(line: str | None) -> list[str]:
    return list(dict.fromkeys(_NAME.findall(line or "")))


def _value_of(value: object) -> str:
    try:
        text = repr(value)
    except Exception:
        return f"<unprintable {type(value).__name__}>"
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 3] + "..."
