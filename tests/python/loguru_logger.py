"""Loggers of `cleat.loguru` with handlers of their own, for tests."""

from __future__ import annotations

from cleat.loguru._logger import Core, Logger


def make_logger() -> Logger:
    """A logger that shares nothing, and has no handlers."""
    return Logger(Core(), None, 0, False, False, False, False, True, [], {})
