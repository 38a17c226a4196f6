"""Where in the program a line was logged: file, function, line, thread, process."""

from __future__ import annotations

import enum
import os
import sys
import threading
from collections.abc import Callable, Collection
from types import FrameType
from typing import Any

from .._async_calls import CALLING_STACK, CALLING_THREAD
from .._frames import OWN_MODULES, first_frame_outside
from .._utils import get_processname
from ..typing import EventDict, WrappedLogger


class CallsiteParameter(enum.Enum):
    """What :class:`CallsiteParameterAdder` can say of a call site. The values are the keys that it sets."""

    #: The file's path, as the interpreter knows it.
    PATHNAME = "pathname"
    #: The last part of that path.
    FILENAME = "filename"
    #: The file's name without its extension, which is what :mod:`logging` calls the module.
    MODULE = "module"
    #: The name under which the module is imported.
    QUAL_MODULE = "qual_module"
    #: The function's name.
    FUNC_NAME = "func_name"
    #: The function's name with those of the classes and functions around it. Python 3.11 and later.
    QUAL_NAME = "qual_name"
    #: The number of the line.
    LINENO = "lineno"
    #: The number of the thread.
    THREAD = "thread"
    #: The name of the thread.
    THREAD_NAME = "thread_name"
    #: The number of the process.
    PROCESS = "process"
    #: The name that multiprocessing gives the process.
    PROCESS_NAME = "process_name"


# Functions by name and not lambdas, so that processors can be pickled.


def _pathname(frame: FrameType, module: str) -> str:
    return frame.f_code.co_filename


def _filename(frame: FrameType, module: str) -> str:
    return os.path.basename(frame.f_code.co_filename)


def _module(frame: FrameType, module: str) -> str:
    return os.path.splitext(os.path.basename(frame.f_code.co_filename))[0]


def _qual_module(frame: FrameType, module: str) -> str:
    return module


def _func_name(frame: FrameType, module: str) -> str:
    return frame.f_code.co_name


def _qual_name(frame: FrameType, module: str) -> str:
    name: str = getattr(frame.f_code, "co_qualname")  # noqa: B009  # Python 3.10's type checker does not know it
    return name


def _lineno(frame: FrameType, module: str) -> int:
    return frame.f_lineno


def _thread(frame: FrameType, module: str) -> int:
    calling_thread = CALLING_THREAD.get(None)
    return calling_thread[0] if calling_thread else threading.get_ident()


def _thread_name(frame: FrameType, module: str) -> str:
    calling_thread = CALLING_THREAD.get(None)
    return calling_thread[1] if calling_thread else threading.current_thread().name


def _process(frame: FrameType, module: str) -> int:
    return os.getpid()


def _process_name(frame: FrameType, module: str) -> str:
    return get_processname()


_FROM_FRAME: dict[CallsiteParameter, Callable[[FrameType, str], Any]] = {
    CallsiteParameter.PATHNAME: _pathname,
    CallsiteParameter.FILENAME: _filename,
    CallsiteParameter.MODULE: _module,
    CallsiteParameter.QUAL_MODULE: _qual_module,
    CallsiteParameter.FUNC_NAME: _func_name,
    CallsiteParameter.QUAL_NAME: _qual_name,
    CallsiteParameter.LINENO: _lineno,
    CallsiteParameter.THREAD: _thread,
    CallsiteParameter.THREAD_NAME: _thread_name,
    CallsiteParameter.PROCESS: _process,
    CallsiteParameter.PROCESS_NAME: _process_name,
}

_POSITIONS = {parameter: position for position, parameter in enumerate(CallsiteParameter)}

_AVAILABLE = tuple(
    parameter
    for parameter in CallsiteParameter
    if parameter is not CallsiteParameter.QUAL_NAME or sys.version_info >= (3, 11)
)

_RECORD_ATTRIBUTES = {
    CallsiteParameter.PATHNAME: "pathname",
    CallsiteParameter.FILENAME: "filename",
    CallsiteParameter.MODULE: "module",
    CallsiteParameter.FUNC_NAME: "funcName",
    CallsiteParameter.LINENO: "lineno",
    CallsiteParameter.THREAD: "thread",
    CallsiteParameter.THREAD_NAME: "threadName",
    CallsiteParameter.PROCESS: "process",
    CallsiteParameter.PROCESS_NAME: "processName",
}


class CallsiteParameterAdder:
    """Set a key for each of *parameters* to what it is at the log call.

    Inside of :class:`cleat.structlog.stdlib.ProcessorFormatter`, an event that was logged through :mod:`logging` gets
    what its record says (which has no qualified names).

    Args:
        parameters: what to add, in this order, or for a set in the order of the enumeration; by default all that this
            version of Python has.
        additional_ignores: beginnings of module names that the call site is not looked for in. Those of this package
            and of :mod:`logging` never are.

    Raises KeyError for what is no parameter, and AttributeError when called, if QUAL_NAME is asked for on Python 3.10.
    """

    __slots__ = ("_from_frame", "_from_record", "_ignored")

    def __init__(
        self,
        parameters: Collection[CallsiteParameter] = _AVAILABLE,
        additional_ignores: list[str] | None = None,
    ) -> None:
        if isinstance(parameters, (set, frozenset)):
            # Or else the order of the keys would be another one in each process.
            parameters = sorted(parameters, key=_POSITIONS.__getitem__)
        self._ignored = (*OWN_MODULES, "logging", *(additional_ignores or ()))
        self._from_frame = [(parameter.value, _FROM_FRAME[parameter]) for parameter in parameters]
        self._from_record = [
            (parameter.value, _RECORD_ATTRIBUTES[parameter])
            for parameter in parameters
            if parameter in _RECORD_ATTRIBUTES
        ]

    def __call__(self, logger: WrappedLogger, name: str, event_dict: EventDict) -> EventDict:
        record = event_dict.get("_record")
        if record is not None and not event_dict.get("_from_structlog", False):
            attributes = record.__dict__
            for key, attribute in self._from_record:
                event_dict[key] = attributes[attribute]
            return event_dict
        frame, module = first_frame_outside(self._ignored, CALLING_STACK.get(sys._getframe()))
        for key, look_up in self._from_frame:
            event_dict[key] = look_up(frame, module)
        return event_dict

    def __cleat_step__(self) -> tuple[Any, ...]:
        """Tell the engine which keys to set, and which modules to pass over."""
        return ("callsite", tuple(key for key, _ in self._from_frame), self._ignored)
