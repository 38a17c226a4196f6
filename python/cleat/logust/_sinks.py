"""Sinks that are Python's: coroutine functions, and handlers of the standard library."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import ContextVar
from datetime import datetime
from typing import Any


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


class CoroutineSink:
    """Runs a coroutine function for each line, as a task of the event loop that runs; in a thread without one, of the
    loop that ran when the sink was added. A line that the function itself logs is not given to it.

    Thread-safe. A task that fails is reported.
    """

    def __init__(self, function: Callable[[str], Awaitable[Any]], report: Callable[[], None]) -> None:
        self._function = function
        self._report = report
        self._loop = _running_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_inside: ContextVar[bool] = ContextVar("is_inside", default=False)

    def __call__(self, line: str) -> None:
        if self._is_inside.get():
            return
        running = _running_loop()
        if running is not None:
            self._begin(running, line)
        elif self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._begin, self._loop, line)
        else:
            raise RuntimeError(
                "a coroutine function as a sink needs an event loop: log where one runs, or add() the sink there"
            )

    async def complete(self) -> None:
        """Wait until the lines that were logged in the running loop are written."""
        loop = asyncio.get_running_loop()
        await asyncio.gather(*(task for task in self._tasks if task.get_loop() is loop))

    def _begin(self, loop: asyncio.AbstractEventLoop, line: str) -> None:
        task = loop.create_task(self._write(line))
        self._tasks.add(task)  # a loop keeps its tasks weakly
        task.add_done_callback(self._tasks.discard)

    async def _write(self, line: str) -> None:
        self._is_inside.set(True)
        try:
            await self._function(line)
        except Exception:
            self._report()


def is_coroutine_function(sink: object) -> bool:
    """Tell whether a sink's call gives a coroutine."""
    call = getattr(sink, "__call__", None)  # noqa: B004
    return inspect.iscoroutinefunction(sink) or inspect.iscoroutinefunction(call)


def standard_handler_sink(handler: logging.Handler) -> Callable[[str, dict[str, Any]], None]:
    """Return a sink of a line and its record that gives them to a handler of the standard library."""

    def emit(line: str, record: dict[str, Any]) -> None:
        entry = logging.LogRecord(
            record["name"], record["level_no"], record["file"], record["line"], line, (), None, record["function"]
        )
        entry.levelname = record["level"]
        entry.created = datetime.fromisoformat(record["timestamp"]).timestamp()
        entry.extra = record["extra"]
        if entry.levelno >= handler.level:
            handler.handle(entry)

    return emit


class Completion:
    """What complete() returns: what could be written at once is written; await it, and tasks have ended, too."""

    def __init__(self, waits: list[Callable[[], Coroutine[Any, Any, None]]]) -> None:
        self._waits = waits

    def __await__(self) -> Any:
        return self._wait().__await__()

    async def _wait(self) -> None:
        for wait in self._waits:
            await wait()
