"""add(enqueue=True) for sinks that are Python code: a thread of their own writes what comes."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Awaitable, Callable

from ._recattrs import Record
from ._sinks import Message, Sink


class QueuedSink(Sink):
    """Takes messages at once, and has a thread write them, in order.

    A child process that was forked has a thread of its own; what the parent had not written yet, the parent writes.
    """

    def __init__(self, sink: Sink, report: Callable[[Record, BaseException], None]) -> None:
        self._sink = sink
        self._report = report
        self._begin()

    def write(self, message: Message) -> None:
        self._begin_in_child()
        self._queue.put(message)

    def stop(self) -> None:
        self._begin_in_child()
        self._queue.put(None)
        if threading.current_thread() is not self._thread:
            self._thread.join()
        self._sink.stop()

    def complete(self) -> list[Awaitable[object]]:
        self._begin_in_child()
        if threading.current_thread() is not self._thread:
            written = threading.Event()
            self._queue.put(written)
            written.wait()
        return self._sink.complete()

    def _begin(self) -> None:
        self._queue: queue.SimpleQueue[Message | threading.Event | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write_all, args=(self._queue,), name="cleat-sink", daemon=True)
        self._process = os.getpid()
        self._thread.start()

    def _begin_in_child(self) -> None:
        if self._process != os.getpid():
            self._begin()

    def _write_all(self, waiting: queue.SimpleQueue[Message | threading.Event | None]) -> None:
        while (item := waiting.get()) is not None:
            if isinstance(item, threading.Event):
                item.set()
                continue
            try:
                self._sink.write(item)
            except Exception as error:  # whatever a program's sink raises; nobody else would tell
                self._report(item.record, error)
