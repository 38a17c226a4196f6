"""On top of the standard library's :mod:`logging`: loggers, processors, and one format for its records and ours."""

from __future__ import annotations

from .._log_levels import add_log_level
from .async_bound_logger import AsyncBoundLogger
from .bound_logger import BoundLogger, get_logger
from .defaults import recreate_defaults
from .extra_adder import ExtraAdder
from .level_processors import add_log_level_number, filter_by_level
from .log_arguments import LOG_KWARG_NAMES, render_to_log_args_and_kwargs, render_to_log_kwargs
from .logger_factory import LoggerFactory, _FixedFindCallerLogger
from .logger_name import add_logger_name
from .positional_arguments import PositionalArgumentsFormatter
from .processor_formatter import ProcessorFormatter

__all__ = [
    "LOG_KWARG_NAMES",
    "AsyncBoundLogger",
    "BoundLogger",
    "ExtraAdder",
    "LoggerFactory",
    "PositionalArgumentsFormatter",
    "ProcessorFormatter",
    "_FixedFindCallerLogger",
    "add_log_level",
    "add_log_level_number",
    "add_logger_name",
    "filter_by_level",
    "get_logger",
    "recreate_defaults",
    "render_to_log_args_and_kwargs",
    "render_to_log_kwargs",
]
