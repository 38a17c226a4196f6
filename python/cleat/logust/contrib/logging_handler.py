"""The standard library's logging, and with it all libraries that use it, into a record logger."""

from __future__ import annotations

import logging
import os
import traceback
from typing import Any

from ..._engine import Level, RecordLogger
from .. import logger

__all__ = ["InterceptHandler", "intercept_logging"]

# On a record: to which logger it has been given, and in which process.
_TAKEN = "_cleat_taken"
# What every record has, and what formatters and servers put there for themselves: no fields of the program's.
_STANDARD = frozenset(vars(logging.makeLogRecord({})))
_NOT_FIELDS = _STANDARD | {"message", "asctime", "taskName", "color_message", _TAKEN}


class InterceptHandler(logging.Handler):
    """Gives records of the standard library's logging to a logger, as if they had been logged there.

        logging.basicConfig(handlers=[InterceptHandler()], level=logging.DEBUG)

    A line has what the record says: its logger's name, function, file and line, thread and process, time, level (of
    any name and number), exception, stack, and what came as ``extra=`` as fields. Records from queues, sockets and
    other processes keep where they are from. A record that meets several of these handlers on its way up is logged
    once. May be used by any number of threads, and holds no lock while it logs.

    :param target: the logger; without one, `logger`.
    """

    def __init__(self, target: RecordLogger | None = None) -> None:
        super().__init__()
        self.target: RecordLogger = logger if target is None else target

    def handle(self, record: logging.LogRecord) -> Any:
        """Log a record that passes the filters, without the lock that other handlers hold meanwhile."""
        passed: Any = self.filter(record)
        if passed:
            self.emit(passed if isinstance(passed, logging.LogRecord) else record)
        return passed

    def emit(self, record: logging.LogRecord) -> None:
        """Log a record. What goes wrong, a message that does not fit its arguments say, goes to `handleError()`."""
        try:
            level = _level_of(record, self.target.core.levels)
            if level.no < self.target.core.min_no or not self._take(record):
                return
            self.target._emit(
                level,
                record.getMessage(),
                _fields_of(record),
                _exception_of(record),
                origin=_origin_of(record),
            )
        except RecursionError:
            raise
        except Exception:
            self.handleError(record)

    def _take(self, record: logging.LogRecord) -> bool:
        """Tell whether the record comes for the first time."""
        attributes = vars(record)
        taken = attributes.get(_TAKEN, ())
        mark = (_process.id, id(self.target.core))
        attributes[_TAKEN] = (*taken, mark)
        return mark not in taken


class _Process:
    """Knows the number of this process without asking for it with each record."""

    def __init__(self) -> None:
        self.ask()
        os.register_at_fork(after_in_child=self.ask)

    def ask(self) -> None:
        self.id = os.getpid()


_process = _Process()


def intercept_logging(level: int | str = logging.DEBUG, target: RecordLogger | None = None) -> None:
    """Give all that is logged through the standard library to a logger, and to nothing else.

    The root logger gets an `InterceptHandler` in place of the handlers that it has, and all other loggers that there
    are hand on to it in place of theirs. Their own levels stay. To call it again changes nothing. The handlers that
    are taken out are flushed, and not closed.

    :param level: the root logger's level: a number or name of the standard library's.
    :param target: the logger; without one, `logger`.
    """
    root = logging.getLogger()
    others = [entry for entry in list(root.manager.loggerDict.values()) if isinstance(entry, logging.Logger)]
    former = [handler for each in (root, *others) for handler in each.handlers]
    root.handlers = [InterceptHandler(target)]
    root.setLevel(level)
    for each in others:
        each.handlers = []
        each.propagate = True
    for handler in former:
        handler.flush()


def _level_of(record: logging.LogRecord, levels: dict[str, Level]) -> Level:
    """The logger's level of that name, or a level as the record has it."""
    name = record.levelname
    known = levels.get(name) or levels.get(name.upper())
    return Level(name, record.levelno, "", "") if known is None else known


def _fields_of(record: logging.LogRecord) -> dict[str, Any] | None:
    attributes = vars(record)
    if len(attributes) <= len(_STANDARD) + 1:  # The mark; nearly always there is nothing else.
        return None
    return {key: value for key, value in attributes.items() if key not in _NOT_FIELDS}


def _exception_of(record: logging.LogRecord) -> object:
    """The exception itself where there is nothing else to show; else text; None if there is nothing at all."""
    exception: Any = record.exc_info[1] if record.exc_info else None
    if exception is None:
        exception = record.exc_text  # What is left of it behind a socket.
    if not record.stack_info:
        return exception
    if isinstance(exception, BaseException):
        exception = "".join(traceback.format_exception(exception)).rstrip("\n")
    return f"{exception}\n{record.stack_info}" if exception else record.stack_info


def _origin_of(record: logging.LogRecord) -> tuple[object, ...]:
    """Where and when the record was made, as `RecordLogger._emit` takes it."""
    return (
        int(record.created * 1e9),
        record.name,
        record.funcName,
        record.pathname,
        record.lineno,
        record.threadName,
        record.thread,
        record.processName,
        record.process,
    )
