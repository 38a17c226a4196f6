"""Makes ``log.exception()`` show the exception that is being handled."""

from __future__ import annotations

from ..typing import EventDict, WrappedLogger


def set_exc_info(logger: WrappedLogger, method_name: str, event_dict: EventDict) -> EventDict:
    """Processor: set ``exc_info`` to True if the log method was ``exception`` and the call gave none itself."""
    if method_name == "exception":
        event_dict.setdefault("exc_info", True)
    return event_dict
