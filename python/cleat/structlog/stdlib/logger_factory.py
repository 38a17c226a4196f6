"""Makes the standard library's loggers, named after the module that asks."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from typing import Any

from ... import _engine
from .._async_calls import CALLING_STACK
from .._frames import OWN_MODULES, _find_first_app_frame_and_name, _format_stack, first_frame_outside

_NOT_THE_CALLER = (*OWN_MODULES, "logging")


class _FixedFindCallerLogger(logging.Logger):
    """A logger that finds its caller behind this package's frames, also for the thread of an asynchronous method.

    It makes the records of :class:`logging.Logger`, in less time.
    """

    def _log(
        self,
        level: int,
        msg: object,
        args: Any,
        exc_info: Any = None,
        extra: Mapping[str, object] | None = None,
        stack_info: bool = False,
        stacklevel: int = 1,
    ) -> None:
        record = None
        # A sub-class may have methods of its own for what is done in one go here.
        if type(self) is _FixedFindCallerLogger and not exc_info and not stack_info and stacklevel == 1:
            record = _engine.make_log_record_here(self, level, msg, args, extra)
        if record is None:
            super()._log(level, msg, args, exc_info, extra, stack_info, stacklevel)
        else:
            self.handle(record)

    def findCaller(self, stack_info: bool = False, stacklevel: int = 1) -> tuple[str, int, str, str | None]:
        """Return file, line, function and (if *stack_info*) stack of the caller, or of *stacklevel* - 1 further up."""
        frame, _ = first_frame_outside(_NOT_THE_CALLER, CALLING_STACK.get(sys._getframe()))
        for _ in range(stacklevel - 1):
            if frame.f_back is None:
                break
            frame = frame.f_back
        stack = _format_stack(frame) if stack_info else None
        return frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name, stack

    def makeRecord(
        self,
        name: str,
        level: int,
        fn: str,
        lno: int,
        msg: object,
        args: Any,
        exc_info: Any,
        func: str | None = None,
        extra: Mapping[str, object] | None = None,
        sinfo: str | None = None,
    ) -> logging.LogRecord:
        """Return the record of a log call. KeyError where *extra* has an attribute that records have themselves."""
        record = _engine.make_log_record(name, level, fn, lno, msg, args, exc_info, func, extra, sinfo)
        if record is None:
            return super().makeRecord(name, level, fn, lno, msg, args, exc_info, func, extra, sinfo)
        return record


def _parts_of(pathname: str) -> tuple[str, str]:
    """Return what records have as *filename* and *module*."""
    try:
        filename = os.path.basename(pathname)
        return filename, os.path.splitext(filename)[0]
    except (TypeError, ValueError, AttributeError):
        return pathname, "Unknown module"


_engine.know_log_records(_parts_of, CALLING_STACK, _NOT_THE_CALLER)


class LoggerFactory:
    """Makes a :class:`logging.Logger` when it is called. For ``configure(logger_factory=LoggerFactory())``.

    Making one sets the class of loggers that :mod:`logging` makes from now on to one that finds the caller of
    a log method behind this package's frames.

    Args:
        ignore_frame_names: beginnings of module names that a logger is not named after.
    """

    def __init__(self, ignore_frame_names: list[str] | None = None) -> None:
        self._ignore = ignore_frame_names
        logging.setLoggerClass(_FixedFindCallerLogger)

    def __call__(self, *args: Any) -> logging.Logger:
        """Return the logger whose name is the first argument, or without one, that of the calling module."""
        if args:
            return logging.getLogger(args[0])
        _, name = _find_first_app_frame_and_name(self._ignore)
        return logging.getLogger(name)
