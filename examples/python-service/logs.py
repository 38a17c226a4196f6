"""The configuration of the logs, all of it."""

from __future__ import annotations

import logging
import os
import sys

from cleat import structlog


def configure(*, path: str | None, form: str | None, off: bool) -> None:
    """Log to a file, or to standard error where there is no path."""
    file = sys.stderr if path is None else open(path, "a", encoding="utf-8")
    console = file.isatty() if form is None else form == "console"
    in_colour = file.isatty() or "FORCE_COLOR" in os.environ
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.dev.ConsoleRenderer(colors=in_colour) if console else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL if off else logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(file=file),
        cache_logger_on_first_use=True,
    )
