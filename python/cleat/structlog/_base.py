"""The bound logger that all others come from: a wrapped logger, a chain and the fields that it carries."""

from __future__ import annotations

from collections.abc import Iterable

from .._engine import BoundLogger, know_drop_event
from .exceptions import DropEvent
from .typing import BindableLogger, Context, Processor, WrappedLogger

know_drop_event(DropEvent)


class BoundLoggerBase(BoundLogger):
    """Carries a context, and sends events through a chain of processors to a wrapped logger.

    It has no log methods; a wrapper class of your own gets them by calling `_proxy_to_logger`. Binding makes a new
    logger and leaves this one alone, so loggers may be shared by threads without a lock (K4), as long as the
    *context* is an ordinary dictionary.

    Loggers are equal if their contexts are; as these can change, a logger has no hash.
    """

    _logger: WrappedLogger
    _processors: Iterable[Processor]
    _context: Context


def get_context(bound_logger: BindableLogger) -> Context:
    """Return the context of *bound_logger*: the object itself, not a copy."""
    return bound_logger._context
