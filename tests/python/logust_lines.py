"""A logger of logust's door with its lines in memory."""

from __future__ import annotations

import json
from typing import Any

from cleat.logust import Logger, LogLevel, PyLogger


class Kept:
    """A logger of its own that has one handler: `lines` as they were written."""

    def __init__(self, **options: Any) -> None:
        self.logger = Logger(PyLogger())
        self.logger.remove()
        self.lines: list[str] = []
        self.logger.add(self.lines.append, **{"level": LogLevel.Trace, "format": "{message}", **options})

    @property
    def line(self) -> str:
        """The only one."""
        [line] = self.lines
        return line


class KeptJson(Kept):
    """The same with lines of JSON."""

    def __init__(self, **options: Any) -> None:
        super().__init__(format=None, serialize=True, **options)

    @property
    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines]

    @property
    def record(self) -> dict[str, Any]:
        """The only one."""
        [record] = self.records
        return record

    @property
    def extras(self) -> list[dict[str, Any]]:
        """The fields of each line, in their order."""
        return [record.get("extra", {}) for record in self.records]
