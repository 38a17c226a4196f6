"""Processors for any wrapped logger: renderers, timestamps, exceptions, stacks, call sites, and what changes keys.

A processor is called with the wrapped logger, the name of the log method and the event dictionary, and returns what the
next one gets. All of these may be shared by threads, and keep nothing from one line to the next.
"""

from __future__ import annotations

from .._log_levels import NAME_TO_LEVEL, add_log_level
from .callsite import CallsiteParameter, CallsiteParameterAdder
from .event_renamer import EventRenamer
from .exc_info import (
    ExceptionPrettyPrinter,
    ExceptionRenderer,
    _figure_out_exc_info,
    dict_tracebacks,
    format_exc_info,
)
from .json_renderer import JSONRenderer, _json_fallback_handler
from .keyvalue import KeyValueRenderer
from .logfmt import LogfmtRenderer
from .stack_info import StackInfoRenderer
from .timestamper import MaybeTimeStamper, TimeStamper
from .unicode import UnicodeDecoder, UnicodeEncoder

__all__ = [
    "NAME_TO_LEVEL",
    "CallsiteParameter",
    "CallsiteParameterAdder",
    "EventRenamer",
    "ExceptionPrettyPrinter",
    "ExceptionRenderer",
    "JSONRenderer",
    "KeyValueRenderer",
    "LogfmtRenderer",
    "MaybeTimeStamper",
    "StackInfoRenderer",
    "TimeStamper",
    "UnicodeDecoder",
    "UnicodeEncoder",
    "_figure_out_exc_info",
    "_json_fallback_handler",
    "add_log_level",
    "dict_tracebacks",
    "format_exc_info",
]
