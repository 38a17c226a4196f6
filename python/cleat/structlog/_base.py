"""The bound logger that all others come from: a wrapped logger, a chain and the fields that it carries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .exceptions import DropEvent
from .typing import BindableLogger, Context, Processor, WrappedLogger

if TYPE_CHECKING:
    from typing_extensions import Self


class BoundLoggerBase:
    """Carries a context, and sends events through a chain of processors to a wrapped logger.

    It has no log methods; a wrapper class of your own gets them by calling `_proxy_to_logger`. Binding makes a new
    logger and leaves this one alone, so loggers may be shared by threads without a lock (K4), as long as the
    *context* is an ordinary dictionary.
    """

    _logger: WrappedLogger
    _processors: Iterable[Processor]
    _context: Context

    def __init__(self, logger: WrappedLogger, processors: Iterable[Processor], context: Context) -> None:
        self._logger = logger
        self._processors = processors
        self._context = context

    def __repr__(self) -> str:
        return f"<{type(self).__name__}(context={self._context!r}, processors={self._processors!r})>"

    def __eq__(self, other: object) -> bool:
        try:
            return bool(self._context == other._context)  # type: ignore[attr-defined]
        except AttributeError:
            return False

    # Equality goes by a context that can change, so there is no hash to go with it.
    __hash__ = None  # type: ignore[assignment]

    def bind(self, **new_values: Any) -> Self:
        """Return a logger that carries *new_values* besides what this one carries."""
        context = type(self._context)(self._context, **new_values)
        return type(self)(self._logger, self._processors, context)

    def unbind(self, *keys: str) -> Self:
        """Return a logger without *keys*. KeyError if one of them is not bound."""
        logger = self.bind()
        for key in keys:
            del logger._context[key]
        return logger

    def try_unbind(self, *keys: str) -> Self:
        """Return a logger without *keys*; those that are not bound are ignored."""
        logger = self.bind()
        for key in keys:
            logger._context.pop(key, None)
        return logger

    def new(self, **new_values: Any) -> Self:
        """Empty the context and return a logger that carries *new_values* only.

        The context of this logger is emptied, too: with a context that all loggers of a thread share
        (`threadlocal.wrap_dict`) that is what the method is for.
        """
        self._context.clear()
        return self.bind(**new_values)

    def _process_event(
        self, method_name: str, event: str | None, event_kw: dict[str, Any]
    ) -> tuple[Sequence[Any], Mapping[str, Any]]:
        """Send one event through the chain; return the arguments that the wrapped logger's method is to be called with.

        The processors see a copy of the context, then *event_kw*, then *event* unless it is None, and each gets what
        the one before it returned. What the last one returns is wrapped: text and bytes become the only positional
        argument, a dictionary the keyword arguments, a tuple of both is passed on.

        DropEvent and whatever else a processor raises comes through; ValueError if the chain ends with anything else.
        """
        event_dict: Any = self._context.copy()
        event_dict.update(**event_kw)
        if event is not None:
            event_dict["event"] = event
        for processor in self._processors:
            event_dict = processor(self._logger, method_name, event_dict)
        return _as_arguments(event_dict)

    def _proxy_to_logger(self, method_name: str, event: str | None = None, **event_kw: Any) -> Any:
        """Send one event through the chain and call the wrapped logger's *method_name* with the outcome.

        Return what that method returns, or None for a dropped event.
        """
        try:
            args, kw = self._process_event(method_name, event, event_kw)
            return getattr(self._logger, method_name)(*args, **kw)
        except DropEvent:
            return None


def _as_arguments(outcome: Any) -> tuple[Sequence[Any], Mapping[str, Any]]:
    if isinstance(outcome, (str, bytes, bytearray)):
        return (outcome,), {}
    if isinstance(outcome, tuple):
        return outcome
    if isinstance(outcome, dict):
        return (), outcome
    raise ValueError(
        "Last processor didn't return something that a logger can be called with: "
        f"a str, bytes, a dict or a tuple of arguments and keywords was expected, not {type(outcome).__name__}."
    )


def get_context(bound_logger: BindableLogger) -> Context:
    """Return the context of *bound_logger*: the object itself, not a copy."""
    return bound_logger._context
