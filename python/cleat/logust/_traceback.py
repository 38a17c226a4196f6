"""Exceptions as text: what Python prints, or with the callers of who caught it, and with the values of variables."""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import TypeAlias

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
    report = traceback.TracebackException(exc_type, value, trace, capture_locals=diagnose)
    if backtrace and trace is not None:
        report.stack[:0] = traceback.StackSummary.extract(_frames_outside(trace), capture_locals=diagnose)
    if diagnose:
        _keep_what_lines_name(report)
    return "".join(report.format()).removesuffix("\n")


def _is_own(frame: FrameType) -> bool:
    return frame.f_code.co_filename.startswith(_OWN_FILES)


def _without_own_frames(trace: TracebackType | None) -> TracebackType | None:
    """Return the traceback from where the program's own part of it begins: catch() calls functions, too."""
    first = trace
    while first is not None and _is_own(first.tb_frame):
        first = first.tb_next
    return first or trace


def _frames_outside(trace: TracebackType) -> Iterator[tuple[FrameType, int]]:
    caller = trace.tb_frame.f_back
    if caller is None:  # walk_stack() would begin here
        return iter(())
    return reversed([step for step in traceback.walk_stack(caller) if not _is_own(step[0])])


def _keep_what_lines_name(report: traceback.TracebackException | None) -> None:
    """Leave of the variables those that a line of the stack names, and of long values the beginning."""
    while report is not None:
        for frame in report.stack:
            named = set(_NAME.findall(frame.line or ""))
            frame.locals = {name: _shortened(text) for name, text in (frame.locals or {}).items() if name in named}
        report = report.__cause__ or report.__context__


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 3] + "..."
