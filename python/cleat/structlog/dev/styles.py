"""Terminal codes, and which of them each part of a line is shown in."""

from __future__ import annotations

import sys
from dataclasses import dataclass, fields

try:
    import colorama as colorama  # type: ignore[import-untyped,unused-ignore]
except ImportError:
    colorama = None  # type: ignore[assignment,unused-ignore]

_IS_WINDOWS = sys.platform == "win32"

# Windows' console shows colours only with colorama's help.
_has_colors = not _IS_WINDOWS or colorama is not None

RESET_ALL = "\033[0m"
BRIGHT = "\033[1m"
DIM = "\033[2m"
RED = "\033[31m"
GREEN = "\033[32m"
YELLOW = "\033[33m"
BLUE = "\033[34m"
MAGENTA = "\033[35m"
CYAN = "\033[36m"
RED_BACK = "\033[41m"


@dataclass(frozen=True)
class ColumnStyles:
    """The terminal codes that come before each part of a line; *reset* ends them."""

    reset: str
    bright: str

    level_critical: str
    level_exception: str
    level_error: str
    level_warn: str
    level_info: str
    level_debug: str
    level_notset: str

    timestamp: str
    logger_name: str
    kv_key: str
    kv_value: str


_colorful_styles = ColumnStyles(
    reset=RESET_ALL,
    bright=BRIGHT,
    level_critical=RED,
    level_exception=RED,
    level_error=RED,
    level_warn=YELLOW,
    level_info=GREEN,
    level_debug=GREEN,
    level_notset=RED_BACK,
    timestamp=DIM,
    logger_name=BLUE,
    kv_key=CYAN,
    kv_value=MAGENTA,
)

_plain_styles = ColumnStyles(**{style.name: "" for style in fields(ColumnStyles)})


def prepare_terminal(who: str, force_colors: bool) -> None:
    """Make Windows' console show colours. Elsewhere there is nothing to do, and colorama would do harm.

    Raises SystemError, in the name of *who*, where colorama is needed and missing.
    """
    if not _IS_WINDOWS:
        return
    if colorama is None:
        raise SystemError(f"{who} with `colors=True` on Windows requires the colorama package installed.")
    if force_colors:
        colorama.deinit()
        colorama.init(strip=False)
    else:
        colorama.init()
