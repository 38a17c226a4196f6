"""PyLogger: what a logger shares with all that are made from it: handlers, levels, which modules are heard."""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .. import _engine
from ._activation import Activation
from ._add import CALLBACK, CALLER, CONSOLE, FILE, FUNCTION, PROCESS, THREAD, Made, Options, make_handler
from ._format import DEFAULT_FORMAT, compile_format
from ._levels import Level, Levels, LogLevel
from ._messages import consumed_names
from ._opt import log_with_options
from ._record import make_record, read_record
from ._report import report_failure
from ._sinks import Completion, CoroutineSink
from ._streams import should_colorize
from ._traceback import exception_text
from ._types import Rotation

__all__ = ["LogLevel", "PyLogger", "Rotation", "logger"]

_ids = itertools.count()


class _ChangesLock:
    """Held while handlers change. The thread that has it may take it again; it is free in a forked child."""

    def __init__(self) -> None:
        self._free()
        os.register_at_fork(after_in_child=self._free)

    def _free(self) -> None:
        self._lock = threading.RLock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *exc_info: object) -> None:
        with contextlib.suppress(RuntimeError):  # the thread of a child that was forked while it was held
            self._lock.release()


_changes = _ChangesLock()


@dataclass(frozen=True)
class _Entry:
    id: int
    handler: _engine.Handler
    kind: str


class PyLogger(_engine.Core):
    """Handlers, levels and switches. `Logger(PyLogger())` is a logger of its own.

    It begins with a handler on standard output, for lines from *level* up, DEBUG if none is given. Its methods may be
    called in any thread; lines that are on their way go on to the handlers that were there when they came. A forked
    child goes on with what the parent had.

    :raises ValueError: there is no such level.
    """

    def __init__(self, level: LogLevel | str | int | None = None) -> None:
        super().__init__()
        self.level_table = Levels(self.levels)
        self._entries: dict[int, _Entry] = {}
        self._activation = Activation()
        self.takes_exception = True
        self.make_record = make_record
        self.read_record = read_record
        self.consumed = consumed_names
        self.resolve_level = self.level_table.resolve
        self.resolve_exception = exception_text
        self.report = self._report
        self.log_with_options = log_with_options
        self.enable_console(level)

    # -- handlers --

    def add(self, sink: Any, options: Options) -> int:
        """Add a handler, and return its number. Raises what `Logger.add()` raises."""
        id = next(_ids)
        made = make_handler(sink, options, self.level_table, lambda: report_failure(f"handler #{id}", None))
        return self._insert(id, made)

    def add_callback(self, callback: Callable[[dict[str, Any]], object], level: object) -> int:
        """Add a function that gets records, and return its number."""
        handler = _engine.Handler(level_no=self.level_table.lowest_no(level), sink=callback, formatter=None)
        return self._insert(next(_ids), Made(handler, CALLBACK))

    def remove(self, id: int | None, kinds: tuple[str, ...] = (FILE, CONSOLE, FUNCTION, CALLBACK)) -> bool:
        """Remove one handler of these kinds, or all; files are written out and closed. Tell whether there was one."""
        with _changes:
            gone = [entry for entry in self._entries.values() if id in (None, entry.id) and entry.kind in kinds]
            for entry in gone:
                del self._entries[entry.id]
            self._install()
        for entry in gone:
            if entry.kind == FILE:
                entry.handler.sink.close()
        return bool(gone)

    def complete(self) -> Completion:
        """Wait until what waits is in files, and what was rotated is compressed; the result waits for the tasks of
        coroutine functions."""
        sinks = [entry.handler.sink for entry in list(self._entries.values())]
        for sink in sinks:
            if isinstance(sink, _engine.FileSink):
                sink.flush()
                sink.settle()
        return Completion([sink.complete for sink in sinks if isinstance(sink, CoroutineSink)])

    def _insert(self, id: int, made: Made) -> int:
        with _changes:
            self._entries[id] = _Entry(id, made.handler, made.kind)
            self._install()
        return id

    def _install(self) -> None:
        self.handlers = tuple(entry.handler for entry in self._entries.values())

    def _of_kind(self, kind: str) -> Iterator[_Entry]:
        return (entry for entry in list(self._entries.values()) if entry.kind == kind)

    def _report(self, handler: _engine.Handler, record: dict[str, Any] | None) -> None:
        ids = [entry.id for entry in list(self._entries.values()) if entry.handler is handler]
        report_failure(f"handler #{ids[0]}" if ids else "a handler that was removed", record)

    # -- the console --

    def enable_console(self, level: object = None) -> None:
        """Have a handler on standard output, if there is none on either stream; those that are there get the level."""
        if self.is_console_enabled():
            if level is not None:
                self.set_console_level(level)
            return
        handler = _engine.Handler(
            level_no=self.level_table.lowest_no(level),
            sink=_engine.ConsoleSink("stdout"),
            formatter=compile_format(DEFAULT_FORMAT, colorize=should_colorize(sys.stdout)),
        )
        self._insert(next(_ids), Made(handler, CONSOLE))

    def disable_console(self) -> None:
        """Remove the handlers on standard output and standard error."""
        self.remove(None, kinds=(CONSOLE,))

    def is_console_enabled(self) -> bool:
        """Tell whether a handler is on standard output or standard error."""
        return any(self._of_kind(CONSOLE))

    def set_console_level(self, level: object) -> None:
        """Have the handlers on standard output and standard error take lines from a level up."""
        level_no = self.level_table.no(level)
        with _changes:
            for entry in self._of_kind(CONSOLE):
                self._entries[entry.id] = _Entry(entry.id, _at_level(entry.handler, level_no), CONSOLE)
            self._install()

    def console_level(self) -> LogLevel:
        """Return the lowest of the levels in `LogLevel` that the first handler on the console takes."""
        for entry in self._of_kind(CONSOLE):
            return next((level for level in LogLevel if level >= entry.handler.level_no), LogLevel.Critical)
        return LogLevel.Debug

    # -- modules --

    def set_enabled(self, module: str, is_enabled: bool) -> None:
        """Switch the lines of a module on or off, with those inside of it."""
        with _changes:
            self._activation.set(module, is_enabled)
            self.is_enabled = self._activation.is_enabled

    def is_level_name(self, name: str) -> bool:
        """Tell whether a text that enable() or disable() was given names a level, and not a module."""
        return not self._activation.knows(name) and self.level_table.get(name) is not None

    # -- what lines need --

    @property
    def min_level(self) -> int:
        """The lowest level that any handler takes."""
        return self.min_no

    @property
    def handler_count(self) -> int:
        """How many handlers there are, those aside that are functions."""
        return sum(entry.kind in (FILE, CONSOLE) for entry in list(self._entries.values()))

    @property
    def needs_caller_info(self) -> bool:
        """Whether the caller of each line is found out, because a handler shows or gets it."""
        return bool(self.needs & CALLER)

    @property
    def needs_thread_info(self) -> bool:
        """Whether the thread of each line is found out."""
        return bool(self.needs & THREAD)

    @property
    def needs_process_info(self) -> bool:
        """Whether the process of each line is found out."""
        return bool(self.needs & PROCESS)

    @property
    def needs_caller_info_for_handlers(self) -> bool:
        """Whether a file or the console shows the caller."""
        return bool(self._needs_of_handlers() & CALLER)

    @property
    def needs_thread_info_for_handlers(self) -> bool:
        """Whether a file or the console shows the thread."""
        return bool(self._needs_of_handlers() & THREAD)

    @property
    def needs_process_info_for_handlers(self) -> bool:
        """Whether a file or the console shows the process."""
        return bool(self._needs_of_handlers() & PROCESS)

    def _needs_of_handlers(self) -> int:
        needs = 0
        for entry in list(self._entries.values()):
            if entry.kind in (FILE, CONSOLE):
                needs |= entry.handler.needs
        return needs

    # -- copies --

    def __deepcopy__(self, memo: dict[int, Any]) -> PyLogger:
        if any(self._of_kind(FILE)):
            raise TypeError(
                "a logger with files cannot be copied: both would write them; remove() those, and add() them to the copy"
            )
        copied = PyLogger()
        copied.remove(None)
        for level in self.level_table.all():
            copied.level_table.add(level)
        copied.extra = dict(self.extra or {})
        copied.patcher = self.patcher
        copied._activation = self._activation.copy()
        copied.is_enabled = self.is_enabled and copied._activation.is_enabled
        for entry in list(self._entries.values()):
            copied._insert(next(_ids), Made(entry.handler, entry.kind))
        return copied

    def __reduce__(self) -> tuple[Callable[[], PyLogger], tuple[()]]:
        if self is not logger:
            raise TypeError(
                "of loggers, those made from cleat.logust.logger can be pickled: in another process they go on with "
                "the handlers there; this one has handlers of its own"
            )
        return _default, ()


def _at_level(handler: _engine.Handler, level_no: int) -> _engine.Handler:
    return _engine.Handler(
        level_no=level_no,
        sink=handler.sink,
        formatter=handler.formatter,
        filter=handler.filter,
        needs=handler.needs,
    )


def _default() -> PyLogger:
    return logger


logger = PyLogger()
"""That of `cleat.logust.logger`."""
