"""The built-in set-up, through :mod:`logging`."""

from __future__ import annotations

import logging
import sys

from .. import _config
from .._log_levels import add_log_level
from ..contextvars import merge_contextvars
from ..processors import StackInfoRenderer
from .bound_logger import BoundLogger
from .logger_factory import LoggerFactory
from .logger_name import add_logger_name
from .positional_arguments import PositionalArgumentsFormatter


def recreate_defaults(*, log_level: int | None = logging.NOTSET) -> None:
    """Configure what is built in, but so that lines go through :mod:`logging`, with the logger's name on them.

    Args:
        log_level: :mod:`logging` is set up to write lines of this level and above to :data:`sys.stdout`, in place of
            what handlers its root logger had. None leaves :mod:`logging` alone.

    For the start of a program; takes no lock.
    """
    if log_level is not None:
        logging.basicConfig(format="%(message)s", stream=sys.stdout, level=log_level, force=True)
    timestamper, renderer = _config._BUILTIN_DEFAULT_PROCESSORS[-2:]
    _config.reset_defaults()
    _config.configure(
        processors=[
            PositionalArgumentsFormatter(),
            merge_contextvars,
            add_log_level,
            add_logger_name,
            StackInfoRenderer(),
            timestamper,
            renderer,
        ],
        wrapper_class=BoundLogger,
        logger_factory=LoggerFactory(),
    )
