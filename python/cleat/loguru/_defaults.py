"""What add() takes where a program does not say: from the environment variables LOGURU_*, as loguru reads them."""

from __future__ import annotations

import os

_YES = {"1", "true", "yes", "y", "ok", "on"}
_NO = {"0", "false", "no", "n", "nok", "off"}


def _text(name: str, default: str) -> str:
    return os.environ.get(name, default)


def _flag(name: str, default: bool) -> bool:
    """Read a yes or no. ValueError if the variable says neither."""
    said = os.environ.get(name)
    if said is None:
        return default
    if said.lower() not in _YES | _NO:
        raise ValueError(f"the environment variable {name} is to say yes or no, not {said!r}")
    return said.lower() in _YES


def _number(name: str, default: int) -> int:
    """Read a whole number. ValueError if the variable says something else."""
    said = os.environ.get(name)
    if said is None:
        return default
    try:
        return int(said)
    except ValueError:
        raise ValueError(f"the environment variable {name} is to be a whole number, not {said!r}") from None


def _level(name: str, no: int, color: str, icon: str) -> tuple[str, int, str, str]:
    prefix = f"LOGURU_{name}"
    return name, _number(f"{prefix}_NO", no), _text(f"{prefix}_COLOR", color), _text(f"{prefix}_ICON", icon)


AUTOINIT = _flag("LOGURU_AUTOINIT", True)
"""Whether there is a handler for the standard error from the start."""

LEVEL = _text("LOGURU_LEVEL", "DEBUG")
FORMAT = _text(
    "LOGURU_FORMAT",
    "<green>{time:YYYY-MM-DD HH:mm:ss.SSS}</green> | <level>{level: <8}</level> | "
    "<cyan>{name}</cyan>:<cyan>{function}</cyan>:<cyan>{line}</cyan> - <level>{message}</level>",
)
FILTER = os.environ.get("LOGURU_FILTER")
COLORIZE = _flag("LOGURU_COLORIZE", False) if "LOGURU_COLORIZE" in os.environ else None
SERIALIZE = _flag("LOGURU_SERIALIZE", False)
BACKTRACE = _flag("LOGURU_BACKTRACE", True)
DIAGNOSE = _flag("LOGURU_DIAGNOSE", True)
ENQUEUE = _flag("LOGURU_ENQUEUE", False)
CATCH = _flag("LOGURU_CATCH", True)

LEVELS = (
    _level("TRACE", 5, "<cyan><bold>", "\N{PENCIL}\ufe0f"),
    _level("DEBUG", 10, "<blue><bold>", "\N{LADY BEETLE}"),
    _level("INFO", 20, "<bold>", "\N{INFORMATION SOURCE}\ufe0f"),
    _level("SUCCESS", 25, "<green><bold>", "\N{WHITE HEAVY CHECK MARK}"),
    _level("WARNING", 30, "<yellow><bold>", "\N{WARNING SIGN}\ufe0f"),
    _level("ERROR", 40, "<red><bold>", "\N{CROSS MARK}"),
    _level("CRITICAL", 50, "<RED><bold>", "\N{SKULL AND CROSSBONES}\ufe0f"),
)
"""Name, number, colour and icon of each level that is there from the start."""
