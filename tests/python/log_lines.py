"""Where tests look for lines: JSON lines in memory, that can be waited for."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from cleat import structlog

PATIENCE = 60  # seconds, after which something is wrong however slow the machine is


class LogLines:
    """A text file for an output logger. Each write is looked at as it comes: a torn or doubled line is an error."""

    def __init__(self) -> None:
        self._lines: list[dict[str, object]] = []
        self._part = ""
        self._changed = threading.Condition()

    def write(self, text: str) -> int:
        with self._changed:
            *whole, self._part = (self._part + text).split("\n")
            self._lines += [json.loads(line) for line in whole]
            self._changed.notify_all()
        return len(text)

    def flush(self) -> None:
        pass

    def lines(self, **wanted: object) -> list[dict[str, object]]:
        """The lines that have all these fields."""
        with self._changed:
            return [line for line in self._lines if wanted.items() <= line.items()]

    def wait_for(self, **wanted: object) -> dict[str, object]:
        """The first line that has all these fields, as soon as it is there."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.lines(**wanted), PATIENCE), (wanted, self._lines)
            return self.lines(**wanted)[0]

    def clear(self) -> None:
        with self._changed:
            self._lines.clear()


@contextmanager
def json_lines() -> Iterator[LogLines]:
    """Everything is logged as JSON with the context's fields and the level, into what is given."""
    log = LogLines()
    structlog.reset_defaults()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(file=log),
    )
    structlog.contextvars.clear_contextvars()
    try:
        yield log
    finally:
        structlog.contextvars.clear_contextvars()
        structlog.reset_defaults()
