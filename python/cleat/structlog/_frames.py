"""Stack frames and exceptions: which frame a line comes from, and both as text."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterable
from io import StringIO
from types import FrameType

from .. import _engine
from ._async_calls import CALLING_STACK
from .typing import ExcInfo

# Helpers that people wrote around structlog are named so, too, and expect to be passed over.
OWN_MODULES = ("structlog", "cleat.")

first_frame_outside = _engine.first_frame_outside


def _module_name(frame: FrameType) -> str:
    return frame.f_globals.get("__name__") or "?"


def _find_first_app_frame_and_name(
    additional_ignores: Iterable[str] | None = None,
    *,
    stacklevel: int | None = None,
    _getframe: Callable[[], FrameType] = sys._getframe,
) -> tuple[FrameType, str]:
    """Return the frame of the program that led to this call, and the name of its module.

    Frames of this package, and of modules whose names begin with one of *additional_ignores*, are passed over; then
    *stacklevel* frames more, as far as there are so many. In the thread of an asynchronous log method the search
    begins where that method was awaited.
    """
    frame, name = first_frame_outside((*OWN_MODULES, *(additional_ignores or ())), CALLING_STACK.get(_getframe()))
    for _ in range(stacklevel or 0):
        if frame.f_back is None:
            break
        frame = frame.f_back
        name = _module_name(frame)
    return frame, name


def _format_exception(exc_info: ExcInfo) -> str:
    """Return the traceback of *exc_info* as Python prints it, without the last line break."""
    text = StringIO()
    traceback.print_exception(exc_info[0], exc_info[1], exc_info[2], None, text)
    return text.getvalue().removesuffix("\n")


def _format_stack(frame: FrameType) -> str:
    """Return the stack down to *frame* as :mod:`logging` shows it, without the last line break."""
    text = StringIO()
    text.write("Stack (most recent call last):\n")
    traceback.print_stack(frame, file=text)
    return text.getvalue().removesuffix("\n")
