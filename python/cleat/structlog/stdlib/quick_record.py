"""Makes the standard library's records in a fraction of the time that they take themselves.

Half of what :mod:`logging` spends on a line goes into a record: most of it for taking apart the path of the same few
files, again and again.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

_HAS_TASKS = sys.version_info >= (3, 12)
_COUNTS_NANOSECONDS = sys.version_info >= (3, 13)

_START: Any = logging._startTime  # type: ignore[attr-defined]

_make_record = logging.Logger.makeRecord
_init_record = logging.LogRecord.__init__


def is_as_usual() -> bool:
    """Whether nobody (tracing tools do) has changed how :mod:`logging` makes records, so that these are the same."""
    return (
        _KNOWS_ALL_ATTRIBUTES
        and logging.Logger.makeRecord is _make_record
        and logging.LogRecord.__init__ is _init_record
        and logging.getLogRecordFactory() is logging.LogRecord
    )


def quick_record(
    name: str,
    level: int,
    pathname: str,
    lineno: int,
    msg: object,
    args: Any,
    exc_info: Any,
    func: str | None = None,
    sinfo: str | None = None,
) -> logging.LogRecord:
    """Return what ``logging.LogRecord`` makes of the same arguments."""
    if args and len(args) == 1 and isinstance(args[0], Mapping) and args[0]:
        args = args[0]
    filename, module = _names_of(pathname)
    created, msecs, relative = _times()
    record: logging.LogRecord = object.__new__(logging.LogRecord)
    record.__dict__ = {
        "name": name,
        "msg": msg,
        "args": args,
        "levelname": logging.getLevelName(level),
        "levelno": level,
        "pathname": pathname,
        "filename": filename,
        "module": module,
        "exc_info": exc_info,
        "exc_text": None,
        "stack_info": sinfo,
        "lineno": lineno,
        "funcName": func,
        "created": created,
        "msecs": msecs,
        "relativeCreated": relative,
        "thread": threading.get_ident() if logging.logThreads else None,
        "threadName": threading.current_thread().name if logging.logThreads else None,
        "processName": _process_name() if logging.logMultiprocessing else None,
        "process": os.getpid() if logging.logProcesses else None,
    }
    if _HAS_TASKS:
        record.__dict__["taskName"] = _task_name()
    return record


@lru_cache(maxsize=1024)
def _names_of(pathname: str) -> tuple[str, str]:
    try:
        filename = os.path.basename(pathname)
        return filename, os.path.splitext(filename)[0]
    except (TypeError, ValueError, AttributeError):
        return pathname, "Unknown module"


def _times() -> tuple[float, float, float]:
    """Return seconds since 1970, the milliseconds of the second, and milliseconds since logging was imported."""
    if _COUNTS_NANOSECONDS:
        now = time.time_ns()
        return now / 1e9, now % 1_000_000_000 // 1_000_000 + 0.0, (now - _START) / 1e6
    created = time.time()
    return created, int((created - int(created)) * 1000) + 0.0, (created - _START) * 1000


def _process_name() -> str:
    multiprocessing = sys.modules.get("multiprocessing")
    if multiprocessing is not None:
        # It may be only half imported.
        try:
            name: str = multiprocessing.current_process().name
            return name
        except Exception:
            pass
    return "MainProcess"


def _task_name() -> str | None:
    asyncio = sys.modules.get("asyncio")
    if asyncio is None or not logging.logAsyncioTasks:  # type: ignore[attr-defined,unused-ignore]
        return None
    try:
        name: str = asyncio.current_task().get_name()
        return name
    except Exception:
        return None


# A version of Python that is not out yet may add some.
_KNOWS_ALL_ATTRIBUTES = (
    quick_record("", 0, "", 0, "", (), None).__dict__.keys() == logging.makeLogRecord({}).__dict__.keys()
)
