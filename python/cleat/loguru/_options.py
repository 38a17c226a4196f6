"""opt(): what a call does otherwise than usual."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .. import _engine
from ._message import colour_message
from ._recattrs import Record


class Options(NamedTuple):
    """What opt() was given."""

    exception: Any = None
    depth: int = 0
    record: bool = False
    lazy: bool = False
    colors: bool = False
    raw: bool = False
    capture: bool = True

    @property
    def change_records(self) -> bool:
        """Whether the engine's own way of a record is not enough."""
        return self.record or self.lazy or self.colors or self.raw


DEFAULTS = Options()


class Call:
    """What a log method was given; `finish` makes the record complete, where that takes more than the engine does."""

    def __init__(
        self,
        options: Options,
        message: Any,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        *,
        is_from_decorator: bool = False,
    ) -> None:
        self._options = options
        self._message = message
        self._args = args
        self._kwargs = dict(kwargs)
        self._is_from_decorator = is_from_decorator

    def finish(self, record: Record) -> None:
        """Put the message together, in front of all patchers.

        :raises TypeError: a keyword `record` where opt(record=True) gives one.
        """
        options = self._options
        if options.lazy:
            self._args = [function() for function in self._args]
            self._kwargs = {name: function() for name, function in self._kwargs.items()}
            if options.capture:
                record["extra"].update(self._kwargs)
        if options.record and "record" in self._kwargs:
            raise TypeError(
                "The message can't be formatted: 'record' is the record, with opt(record=True), and cannot be a keyword"
            )
        named = {**self._kwargs, "record": record} if options.record else self._kwargs
        record.is_raw = options.raw
        record.is_from_decorator = self._is_from_decorator
        if options.colors:
            record.coloured = colour_message(self._message, self._args, named)
            record["message"] = record.coloured.text
        elif self._args or named:
            record["message"] = str(self._message).format(*self._args, **named)


class _CarriesCall(str):
    """A message on its way to make_record(), with the call that it comes from."""

    __slots__ = ("call",)

    call: Call


def call_of(message: str) -> Call | None:
    """Return the call that a message of a record to be made carries."""
    return message.call if isinstance(message, _CarriesCall) else None


def _leave_as_it_is(record: dict[str, Any]) -> None:
    """A patcher that does nothing: records that went through one are given to handlers as they are in Python."""


def log(
    logger: _engine.RecordLogger,
    options: Options,
    level: _engine.Level,
    message: Any,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    *,
    depth: int,
    is_from_decorator: bool = False,
) -> None:
    """Log with options, if a handler takes the level and the module is enabled.

    :param depth: how many Python frames out of this one the caller is.
    """
    depth += options.depth
    if not logger._is_wanted(level, depth):
        return
    extra = dict(kwargs) if options.capture else {}
    exception = options.exception or None
    if not options.change_records and not is_from_decorator:
        text = str(message).format(*args, **kwargs) if args or kwargs else str(message)
        logger._emit(level, text, extra, exception, depth)
        return
    carrier = _CarriesCall(message)
    carrier.call = Call(options, message, args, kwargs, is_from_decorator=is_from_decorator)
    logger.patch(_leave_as_it_is)._emit(level, carrier, extra, exception, depth)


def log_with_options(
    logger: _engine.RecordLogger,
    level: _engine.Level,
    message: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> None:
    """Log with the logger's own options: the engine calls it for those that have some."""
    log(logger, logger.options, level, message, args, kwargs, depth=2)
