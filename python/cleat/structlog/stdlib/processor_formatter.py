"""One format for all: runs records of the standard library, and lines of bound loggers, through the same processors."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from typing import Any

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

    Raises TypeError if there is neither *processor* nor *processors*, or both. May be used by any number of handlers and
    threads, if the processors may.
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
        # Other handlers get the same record.
        record = _copy(record)
        outcome: Any
        if hasattr(record, "_logger") and hasattr(record, "_name"):
            logger = record._logger if self.logger is None else self.logger
            method_name = record._name
            event_dict: Any = record.msg
            outcome = event_dict.copy()
            outcome["_record"] = record
            outcome["_from_structlog"] = True
        else:
            logger = self.logger
            method_name = record.levelname.lower()
            outcome = self._foreign_event(record)
            for process in self.foreign_pre_chain or ():
                outcome = process(logger, method_name, outcome)
        # Or else logging would show them once more, below the line.
        if not self.keep_exc_info:
            record.exc_text = None
            record.exc_info = None
        if not self.keep_stack_info:
            record.stack_info = None
        for process in self.processors:
            outcome = process(logger, method_name, outcome)
        return self._line(record, outcome)

    def _foreign_event(self, record: logging.LogRecord) -> EventDict:
        event_dict: EventDict = {
            "event": record.getMessage() if self.use_get_message else str(record.msg),
            "_record": record,
            "_from_structlog": False,
        }
        if self.pass_foreign_args:
            event_dict["positional_args"] = record.args
        # The message is formatted; logging must not do it again.
        record.args = ()
        if record.exc_info:
            event_dict["exc_info"] = record.exc_info
        if record.stack_info:
            event_dict["stack_info"] = record.stack_info
        return event_dict

    def _line(self, record: logging.LogRecord, outcome: Any) -> str:
        if type(outcome) is str and self._is_message_alone() and not _has_more_to_show(record):
            return outcome
        if not isinstance(outcome, str):
            warnings.warn(
                "The last processor in ProcessorFormatter.processors must return a string, "
                f"but {self.processors[-1]} returned a {type(outcome)} instead.",
                category=RuntimeWarning,
                stacklevel=1,
            )
        record.msg = outcome
        return super().format(record)

    def _is_message_alone(self) -> bool:
        """Whether logging would return the message as it is."""
        style = self._style
        return (
            type(style) is logging.PercentStyle
            and style._fmt == "%(message)s"
            and type(self).formatMessage is logging.Formatter.formatMessage
            and super(ProcessorFormatter, type(self)).format is logging.Formatter.format
        )

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


def _has_more_to_show(record: logging.LogRecord) -> bool:
    return bool(record.exc_info or record.exc_text or record.stack_info)


def _copy(record: logging.LogRecord) -> logging.LogRecord:
    # makeLogRecord() would ask for time, thread and process first, only to overwrite the answers.
    twin: logging.LogRecord = object.__new__(type(record))
    twin.__dict__.update(record.__dict__)
    return twin
