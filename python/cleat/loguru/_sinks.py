"""What handlers write to that is not the engine's own: streams, functions, coroutine functions, logging's handlers."""

from __future__ import annotations

import inspect
import logging
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import Any, cast

from .._engine import WriteLock
from ..logust._sinks import CoroutineSink
from ._recattrs import Record


class Message(str):
    """The text that a sink gets. `record` is the record it was made of."""

    __slots__ = ("record",)

    record: Record


def make_message(text: str, record: Record) -> Message:
    """Return the text of a record with the record."""
    message = Message(text)
    message.record = record
    return message


class Sink(ABC):
    """A sink that is Python code."""

    @abstractmethod
    def write(self, message: Message) -> None:
        """Take a message. Its errors are the handler's."""

    def stop(self) -> None:
        """Take leave: no message will come."""

    def complete(self) -> list[Awaitable[object]]:
        """Wait until what came before is written; what only an event loop can wait for is given back."""
        return []


class FunctionSink(Sink):
    """Calls a function; one thread at a time, which may log while it is in there."""

    def __init__(self, function: Callable[[Message], object]) -> None:
        self._function = function
        self._lock = WriteLock()

    def write(self, message: Message) -> None:
        with self._lock:
            self._function(message)


class StreamSink(Sink):
    """Writes to a file-like object, and flushes it if that can be; one thread at a time."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._flush = getattr(stream, "flush", None)
        self._lock = WriteLock()

    def write(self, message: Message) -> None:
        with self._lock:
            self._stream.write(message)
            if callable(self._flush):
                self._flush()

    def stop(self) -> None:
        stop = getattr(self._stream, "stop", None)
        if callable(stop):
            stop()

    def complete(self) -> list[Awaitable[object]]:
        complete = getattr(self._stream, "complete", None)
        return [complete()] if inspect.iscoroutinefunction(complete) else []


class StandardSink(Sink):
    """Gives records to a handler of the standard library's logging."""

    def __init__(self, handler: logging.Handler) -> None:
        self._handler = handler

    def write(self, message: Message) -> None:
        record = message.record
        exception = record["exception"]
        made = logging.getLogger().makeRecord(
            record["name"],
            record["level"].no,
            record["file"].path,
            record["line"],
            str(message),
            (),
            tuple(exception) if exception else None,
            record["function"],
            {"extra": record["extra"]},
        )
        made.levelname = record["level"].name
        if exception:
            made.exc_text = "\n"  # The message has the exception's text.
        self._handler.handle(made)

    def stop(self) -> None:
        self._handler.close()


class TaskSink(Sink):
    """Starts a task for each message, in the event loop that runs; without one in the loop that ran at add()."""

    def __init__(
        self, function: Callable[[Message], Awaitable[object]], report: Callable[[Record, BaseException], None]
    ) -> None:
        async def call(message: str) -> None:
            try:
                await function(cast(Message, message))
            except Exception as error:
                report(cast(Message, message).record, error)

        self._tasks = CoroutineSink(call, lambda: None)

    def write(self, message: Message) -> None:
        self._tasks(message)

    def complete(self) -> list[Awaitable[object]]:
        return [self._tasks.complete()]
