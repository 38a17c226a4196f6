"""Output for developers: lines with columns and colours, and readable tracebacks.

Rich makes the tracebacks where it is installed; better-exceptions where only that is.
"""

from __future__ import annotations

from .._frames import _format_exception
from .columns import (
    Column,
    ColumnFormatter,
    KeyValueColumnFormatter,
    LogLevelColumnFormatter,
    _pad,
)
from .console_renderer import _EVENT_WIDTH, ConsoleRenderer
from .exception_method import set_exc_info
from .styles import (
    _IS_WINDOWS,
    BLUE,
    BRIGHT,
    CYAN,
    DIM,
    GREEN,
    MAGENTA,
    RED,
    RED_BACK,
    RESET_ALL,
    YELLOW,
    ColumnStyles,
    _colorful_styles,
    _has_colors,
    _plain_styles,
    colorama,
)
from .traceback_formatters import (
    RichTracebackFormatter,
    Traceback,
    better_exceptions,
    better_traceback,
    default_exception_formatter,
    default_monochrome_exception_formatter,
    plain_traceback,
    rich,
    rich_monochrome_traceback,
    rich_traceback,
)

# Programs import these by their former, private names.
_use_colors = _has_colors
_ColorfulStyles = _colorful_styles
_PlainStyles = _plain_styles

__all__ = [
    "BLUE",
    "BRIGHT",
    "CYAN",
    "DIM",
    "GREEN",
    "MAGENTA",
    "RED",
    "RED_BACK",
    "RESET_ALL",
    "YELLOW",
    "_EVENT_WIDTH",
    "_IS_WINDOWS",
    "Column",
    "ColumnFormatter",
    "ColumnStyles",
    "ConsoleRenderer",
    "KeyValueColumnFormatter",
    "LogLevelColumnFormatter",
    "RichTracebackFormatter",
    "Traceback",
    "_colorful_styles",
    "_format_exception",
    "_has_colors",
    "_pad",
    "_plain_styles",
    "better_exceptions",
    "better_traceback",
    "colorama",
    "default_exception_formatter",
    "default_monochrome_exception_formatter",
    "plain_traceback",
    "rich",
    "rich_monochrome_traceback",
    "rich_traceback",
    "set_exc_info",
]
