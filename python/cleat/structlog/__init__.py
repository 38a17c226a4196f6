"""structlog's interface on Cleat's engine: what `import structlog` gives, under the same names.

A program moves by importing from `cleat.structlog`, or stays as it is after ``cleat.install_as("structlog")``.
"""

from __future__ import annotations

import warnings

from .._engine import AsyncFileLogger
from . import _native_steps, contextvars, dev, processors, stdlib, testing, threadlocal, tracebacks, types, typing
from ._base import BoundLoggerBase, get_context
from ._config import (
    configure,
    configure_once,
    get_config,
    get_logger,
    getLogger,
    is_configured,
    reset_defaults,
    wrap_logger,
)
from ._generic import BoundLogger
from ._native import make_filtering_bound_logger
from ._output import (
    AsyncFileLoggerFactory,
    BytesLogger,
    BytesLoggerFactory,
    PrintLogger,
    PrintLoggerFactory,
    WriteLogger,
    WriteLoggerFactory,
)
from .exceptions import DropEvent
from .testing import ReturnLogger, ReturnLoggerFactory

# Programs that serve both structlog with and without Twisted ask whether this is None.
twisted = None

__title__ = "structlog"
__author__ = "The Cleat authors"
__license__ = "MIT"
__version__ = "26.1.0"
"""The release of structlog whose interface this is."""

__all__ = [
    "AsyncFileLogger",
    "AsyncFileLoggerFactory",
    "BoundLogger",
    "BoundLoggerBase",
    "BytesLogger",
    "BytesLoggerFactory",
    "DropEvent",
    "PrintLogger",
    "PrintLoggerFactory",
    "ReturnLogger",
    "ReturnLoggerFactory",
    "WriteLogger",
    "WriteLoggerFactory",
    "configure",
    "configure_once",
    "contextvars",
    "dev",
    "getLogger",
    "get_config",
    "get_context",
    "get_logger",
    "is_configured",
    "make_filtering_bound_logger",
    "processors",
    "reset_defaults",
    "stdlib",
    "testing",
    "threadlocal",
    "tracebacks",
    "twisted",
    "types",
    "typing",
    "wrap_logger",
]

_OLD_METADATA = {
    "__description__": "Structured Logging for Python",
    "__uri__": "https://www.structlog.org/",
    "__email__": "hs@ox.cx",
}


def __getattr__(name: str) -> str:
    """Tell about structlog itself what its modules told before packages had metadata; deprecated, and warns so."""
    if name not in _OLD_METADATA:
        raise AttributeError(f"module structlog has no attribute {name}")
    warnings.warn(
        f"structlog.{name} is deprecated; ask importlib.metadata.",
        DeprecationWarning,
        stacklevel=2,
    )
    return _OLD_METADATA[name]
