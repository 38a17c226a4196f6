"""Streams as sinks: whether one shows colours, and how lines are written to it."""

from __future__ import annotations

import builtins
import os
import sys
from collections.abc import Callable
from typing import Any, Literal

from .._engine import WriteLock

_CI_WITH_COLOURS = ("TRAVIS", "CIRCLECI", "APPVEYOR", "GITLAB_CI", "GITHUB_ACTIONS")


def console_name(stream: object) -> Literal["stdout", "stderr"] | None:
    """Return "stdout" or "stderr" if that is what a stream is; None for all others."""
    if stream is None:
        return None
    if stream is sys.stdout or stream is sys.__stdout__:
        return "stdout"
    if stream is sys.stderr or stream is sys.__stderr__:
        return "stderr"
    return None


def should_colorize(stream: object) -> bool:
    """Tell whether lines that are written to a stream have colours, if nothing else was asked for.

    For standard output and standard error the environment decides first: NO_COLOR, FORCE_COLOR. The original ones have
    colours in CI services that show them and in PyCharm, and none where TERM is "dumb". All others: if they are
    terminals, or a notebook's.
    """
    is_original = stream is not None and (stream is sys.__stdout__ or stream is sys.__stderr__)
    is_standard = console_name(stream) is not None
    if is_standard and os.environ.get("NO_COLOR"):
        return False
    if is_standard and os.environ.get("FORCE_COLOR"):
        return True
    if is_standard and _is_of_notebook(stream):
        return True
    environment = _colours_by_environment() if is_original else None
    return _is_terminal(stream) if environment is None else environment


def _colours_by_environment() -> bool | None:
    if "CI" in os.environ and any(service in os.environ for service in _CI_WITH_COLOURS):
        return True
    if "PYCHARM_HOSTED" in os.environ:
        return True
    return False if os.environ.get("TERM") == "dumb" else None


def _is_of_notebook(stream: object) -> bool:
    iostream: Any = sys.modules.get("ipykernel.iostream") if getattr(builtins, "__IPYTHON__", False) else None
    return iostream is not None and isinstance(stream, iostream.OutStream)


def _is_terminal(stream: Any) -> bool:
    try:
        return bool(stream.isatty())
    except Exception:
        return False


def line_writer(stream: Any) -> Callable[[str], None]:
    """Return a function that writes a line to a stream at once: with one write(), and flush() if there is one.

    One thread at a time writes; it may log while it does.
    """
    write = stream.write
    flush = getattr(stream, "flush", None)
    lock = WriteLock()

    def write_line(line: str) -> None:
        with lock:
            write(line + "\n")
            if callable(flush):
                flush()

    return write_line
