"""Ways to write an exception to a console: plain, by Rich, by better-exceptions."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Literal, TextIO

from .._frames import _format_exception
from ..typing import ExceptionRenderer, ExcInfo

try:
    import rich
    from rich.console import Console
    from rich.traceback import Traceback
except ImportError:
    rich = Console = Traceback = None  # type: ignore[assignment,misc]

try:
    import better_exceptions  # type: ignore[import-untyped,unused-ignore]
except ImportError:
    better_exceptions = None  # type: ignore[assignment,unused-ignore]

__all__ = [
    "RichTracebackFormatter",
    "Traceback",
    "better_exceptions",
    "better_traceback",
    "default_exception_formatter",
    "default_monochrome_exception_formatter",
    "plain_traceback",
    "rich",
    "rich_monochrome_traceback",
    "rich_traceback",
]

_BETTER_EXCEPTIONS_ARE_LEAVING = (
    "better-exceptions support is deprecated and will be removed in a future release. Use Rich instead."
)


def plain_traceback(sio: TextIO, exc_info: ExcInfo) -> None:
    """Write *exc_info* to *sio* as Python would print it. The default where neither Rich nor better-exceptions is."""
    sio.write("\n" + _format_exception(exc_info))


@dataclass
class RichTracebackFormatter:
    """Writes exceptions with Rich. The fields are those of :class:`rich.traceback.Traceback`.

    *color_system* None is without colours. *width* None is the terminal's; -1 is an old way to say so, and warns.
    """

    color_system: Literal["auto", "standard", "256", "truecolor", "windows"] | None = "truecolor"
    show_locals: bool = True
    max_frames: int = 100
    theme: str | None = None
    word_wrap: bool = True
    extra_lines: int = 3
    width: int | None = None
    code_width: int | None = 88
    indent_guides: bool = True
    locals_max_length: int = 10
    locals_max_string: int = 80
    locals_hide_dunder: bool = True
    locals_hide_sunder: bool = False
    suppress: Sequence[str | ModuleType] = ()

    def __call__(self, sio: TextIO, exc_info: ExcInfo) -> None:
        if self.width == -1:
            warnings.warn(
                "Use None to use the terminal width instead of -1.", DeprecationWarning, stacklevel=2
            )
            self.width = None
        sio.write("\n")
        console = Console(file=sio, color_system=self.color_system, width=self.width)
        console.print(self._traceback(exc_info))

    def _traceback(self, exc_info: ExcInfo) -> Traceback:
        traceback = Traceback.from_exception(
            *exc_info,
            show_locals=self.show_locals,
            max_frames=self.max_frames,
            theme=self.theme,
            word_wrap=self.word_wrap,
            extra_lines=self.extra_lines,
            width=self.width,
            indent_guides=self.indent_guides,
            locals_max_length=self.locals_max_length,
            locals_max_string=self.locals_max_string,
            locals_hide_dunder=self.locals_hide_dunder,
            locals_hide_sunder=self.locals_hide_sunder,
            suppress=self.suppress,
        )
        # Rich before 13.8 does not know it, so it is no argument.
        if hasattr(traceback, "code_width"):
            traceback.code_width = self.code_width
        return traceback


def _rich_is_missing(sio: TextIO, exc_info: ExcInfo) -> None:
    raise ModuleNotFoundError("RichTracebackFormatter requires Rich to be installed.", name="rich")


#: Write an exception with Rich, in colours and without. Calling it raises ModuleNotFoundError where Rich is missing.
rich_traceback: ExceptionRenderer = _rich_is_missing
rich_monochrome_traceback: ExceptionRenderer = _rich_is_missing
if rich is not None:
    rich_traceback = RichTracebackFormatter()
    rich_monochrome_traceback = RichTracebackFormatter(color_system=None)


def better_traceback(sio: TextIO, exc_info: ExcInfo) -> None:
    """Write *exc_info* to *sio* with better-exceptions, and warn: structlog has deprecated this in favour of Rich."""
    warnings.warn(_BETTER_EXCEPTIONS_ARE_LEAVING, DeprecationWarning, stacklevel=2)
    sio.write("\n" + "".join(better_exceptions.format_exception(*exc_info)))


#: What ConsoleRenderer uses unless told otherwise, in colours and without.
default_exception_formatter: ExceptionRenderer = plain_traceback
default_monochrome_exception_formatter: ExceptionRenderer = plain_traceback
if rich is not None:
    default_exception_formatter = rich_traceback
    default_monochrome_exception_formatter = rich_monochrome_traceback
elif better_exceptions is not None:
    default_exception_formatter = default_monochrome_exception_formatter = better_traceback
    warnings.warn(_BETTER_EXCEPTIONS_ARE_LEAVING, DeprecationWarning, stacklevel=2)
