"""What the fixtures of loguru's suite take hold of inside of loguru, and Cleat has not. Run before the suite is."""

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
_make_logger = _logger.Logger.__init__


def make_or_reset(logger: _logger.Logger, core: _logger.Core, *others: Any) -> None:
    """The suite calls `__init__()` of the one logger between the cases. Here loggers are immutable; its core is put
    back to how it was."""
    try:
        _make_logger(logger, core, *others)
    except TypeError:
        logger.core.levels.clear()
        logger.core.extra = logger.core.patcher = logger.core.is_enabled = None
        logger.core.__init__()


_logger.Logger.__init__ = make_or_reset  # type: ignore[method-assign]

# test_contextualize.py imports it, for one case about Python 3.5.2.
_contextvars = ModuleType("cleat.loguru._contextvars")
_contextvars.load_contextvar_class = None  # type: ignore[attr-defined]
sys.modules[_contextvars.__name__] = _contextvars

# Replaced while time stands still: times of files, at which the cases that are run do not look.
_file_sink.get_ctime = _file_sink.set_ctime = None  # type: ignore[attr-defined]
