"""loguru's interface on Cleat's engine: `from cleat.loguru import logger`.

With `cleat.install_as("loguru")` the same is `from loguru import logger`. What of loguru is not there raises
NotImplementedError or ValueError, and says what to do instead.

`logger` has a handler for the standard error from the start, unless the environment variable LOGURU_AUTOINIT says no;
it writes to whatever `sys.stderr` is at the moment.
"""

from __future__ import annotations

import atexit
import sys

from .. import _engine
from . import _defaults

# What programs annotate with: loguru has these names for type checkers.
from ._logger import Core
from ._logger import Level as Level
from ._logger import Logger as Logger
from ._recattrs import Record as Record
from ._sinks import Message as Message

__all__ = ["logger"]

__version__ = "0.7.3"
"""The loguru whose interface this is."""

logger = Logger(Core(), None, 0, False, False, False, False, True, [], {})

if _defaults.AUTOINIT and sys.stderr is not None:
    logger.add(_engine.ConsoleSink("stderr"))

atexit.register(logger.remove)
