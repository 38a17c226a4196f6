"""logust's interface on Cleat's engine: what `import logust` gives, under the same names.

A program moves by importing from `cleat.logust`, or stays as it is after ``cleat.install_as("logust")``. The functions
of `logger` are there as functions of the module, too: ``cleat.logust.info("Hello")``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._logger import CallerInfo, CollectOptions, Logger, OptLogger, ProcessInfo, ThreadInfo
from ._logust import LogLevel, PyLogger, Rotation
from ._logust import logger as _core
from ._parse import parse, parse_json
from ._types import (
    FilterCallback,
    HandlerConfig,
    LevelConfig,
    LogCallback,
    LogRecord,
    PatcherCallback,
    RecordException,
    RecordLevel,
)

__version__ = "0.5.0"
"""The release of logust whose interface this is."""

logger = Logger(_core)
"""The logger that programs use, and the root of those that they make."""

if TYPE_CHECKING:
    trace = logger.trace
    debug = logger.debug
    info = logger.info
    success = logger.success
    warning = logger.warning
    error = logger.error
    fail = logger.fail
    critical = logger.critical
    exception = logger.exception
    log = logger.log
    add = logger.add
    remove = logger.remove
    complete = logger.complete
    configure = logger.configure
    catch = logger.catch
    opt = logger.opt
    patch = logger.patch
    bind = logger.bind
    contextualize = logger.contextualize
    level = logger.level
    set_level = logger.set_level
    get_level = logger.get_level
    is_level_enabled = logger.is_level_enabled
    enable = logger.enable
    disable = logger.disable
    is_enabled = logger.is_enabled
    add_callback = logger.add_callback
    remove_callback = logger.remove_callback
else:

    def __getattr__(name: str) -> Any:
        """Return what the logger has by that name."""
        if name.startswith("_") or not hasattr(logger, name):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(logger, name)


__all__ = [
    "CallerInfo",
    "CollectOptions",
    "FilterCallback",
    "HandlerConfig",
    "LevelConfig",
    "LogCallback",
    "LogLevel",
    "LogRecord",
    "Logger",
    "OptLogger",
    "PatcherCallback",
    "ProcessInfo",
    "PyLogger",
    "RecordException",
    "RecordLevel",
    "Rotation",
    "ThreadInfo",
    "__version__",
    "logger",
    "parse",
    "parse_json",
]
