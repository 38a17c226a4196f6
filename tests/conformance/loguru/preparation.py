"""What the fixtures of loguru's suite take hold of inside of loguru, and Cleat has not: run before the suite is imported."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from cleat.loguru import _file_sink, _logger
from cleat.structlog.contextvars import bind_contextvars, clear_contextvars


class Context:
    """The context of contextualize(), which is emptied between the cases."""

    def set(self, fields: dict[str, Any]) -> None:
        clear_contextvars()
        bind_contextvars(**fields)


_logger.context = Context()  # type: ignore[attr-defined]
# test_contextualize.py imports it, for one case about Python 3.5.2.
_contextvars = ModuleType("cleat.loguru._contextvars")
_contextvars.load_contextvar_class = None  # type: ignore[attr-defined]
sys.modules[_contextvars.__name__] = _contextvars

# Replaced while time stands still: times of files, at which the cases that are run do not look.
_file_sink.get_ctime = _file_sink.set_ctime = None  # type: ignore[attr-defined]
