"""What the fixtures of loguru's suite take hold of inside of loguru, and Cleat has not: run before the suite is imported."""

from __future__ import annotations

from typing import Any

from cleat.loguru import _file_sink, _logger
from cleat.structlog.contextvars import bind_contextvars, clear_contextvars


class Context:
    """The context of contextualize(), which is emptied between the cases."""

    def set(self, fields: dict[str, Any]) -> None:
        clear_contextvars()
        bind_contextvars(**fields)


_logger.context = Context()  # type: ignore[attr-defined]
# Replaced while time stands still: times of files, at which the cases that are run do not look.
_file_sink.get_ctime = _file_sink.set_ctime = None  # type: ignore[attr-defined]
