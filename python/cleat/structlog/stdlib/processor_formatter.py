"""One format for all: runs records of the standard library, and lines of bound loggers, through the same processors."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from typing import Any

from ... import _engine
from ..typing import EventDict, Processor, WrappedLogger


class ProcessorFormatter(logging.Formatter):
    """A formatter for handlers of :mod:`logging` that makes lines with processors.

    Records come from :mod:`logging` itself, or from bound loggers whose chain ends with :meth:`wrap_for_formatter`.
    While the processors work, the event has two keys more: ``_record``, a copy of the record, and ``_from_structlog``.
    :meth:`remove_processors_meta` removes both. DropEvent is an error here: a formatter cannot drop.

    Args:
        processor: the renderer alone; for a chain use *processors*.
        processors: the chain for all records. The last one has to return a string.
        foreign_pre_chain: a chain for records that did not come from a bound logger; *processors* follow it.
        keep_exc_info: leave the exception on the record, so that :mod:`logging` shows it below the line as well.
        keep_stack_info: the same for the stack.
        logger: what processors get as the logger. Without it they get the one that logged, and None for records of
            :mod:`logging`.
        pass_foreign_args: put the record's arguments into the event as ``positional_args``.
        use_get_message: make the event by ``record.getMessage()``; False takes ``str(record.msg)``.
        args, kwargs: for :class:`logging.Formatter`; *fmt* is "%(message)s" by default, and the line is the message.

    Raises TypeError if there is neither *processor* nor *processors*, or both. May be used by any number of handlers
    and threads, if the processors may.
    """

    processors: Sequence[Processor]

    def __init__(
        self,
        processor: Processor | None = None,
        processors: Sequence[Processor] | None = (),
        foreign_pre_chain: Sequence[Processor] | None = None,
        keep_exc_info: bool = False,
        keep_stack_info: bool = False,
        logger: logging.Logger | None = None,
        pass_foreign_args: bool = False,
        use_get_message: bool = True,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        fmt = kwargs.pop("fmt", "%(message)s")
        super().__init__(*args, fmt=fmt, **kwargs)  # type: ignore[misc]
        if processor and processors:
            raise TypeError("The `processor` and `processors` arguments are mutually exclusive.")
        if processor is not None:
            self.processors = (self.remove_processors_meta, processor)
        elif processors:
            self.processors = processors
        else:
            raise TypeError("Either `processor` or `processors` must be passed.")
        self.foreign_pre_chain = foreign_pre_chain
        self.keep_exc_info = keep_exc_info
        self.keep_stack_info = keep_stack_info
        self.logger = logger
        self.pass_foreign_args = pass_foreign_args
        self.use_get_message = use_get_message

    def format(self, record: logging.LogRecord) -> str:
        """Return the line that the processors make of *record*, which stays as it is."""
        return _engine.format_record(self, record, ProcessorFormatter)

    def _line(self, record: logging.LogRecord, outcome: Any) -> str:
        if not isinstance(outcome, str):
            warnings.warn(
                "The last processor in ProcessorFormatter.processors must return a string, "
                f"but {self.processors[-1]} returned a {type(outcome)} instead.",
                category=RuntimeWarning,
                stacklevel=1,
            )
        record.msg = outcome
        return super().format(record)

    @staticmethod
    def wrap_for_formatter(
        logger: logging.Logger, name: str, event_dict: EventDict
    ) -> tuple[tuple[EventDict], dict[str, dict[str, Any]]]:
        """Processor, last of a bound logger's chain: hand the event as it is to a :class:`ProcessorFormatter`."""
        return (event_dict,), {"extra": {"_logger": logger, "_name": name}}

    @staticmethod
    def remove_processors_meta(logger: WrappedLogger, method_name: str, event_dict: EventDict) -> EventDict:
        """Processor: remove ``_record`` and ``_from_structlog``. KeyError where they are missing."""
        del event_dict["_record"]
        del event_dict["_from_structlog"]
        return event_dict
