"""Last processors that leave the formatting to :mod:`logging`."""

from __future__ import annotations

from typing import Any

from ..typing import EventDict, WrappedLogger

#: What log methods of :mod:`logging` know as keyword arguments of their own.
LOG_KWARG_NAMES = ("exc_info", "stack_info", "stacklevel")


def _own_keywords(event_dict: EventDict) -> dict[str, Any]:
    return {name: event_dict.pop(name) for name in LOG_KWARG_NAMES if name in event_dict}


def render_to_log_args_and_kwargs(
    logger: WrappedLogger, method_name: str, event_dict: EventDict
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Processor, last of a chain: make the event the message and ``positional_args`` its arguments.

    ``exc_info``, ``stack_info`` and ``stacklevel`` become keyword arguments, all other fields ``extra``. Raises
    KeyError where there is no event.
    """
    args = (event_dict.pop("event"), *event_dict.pop("positional_args", ()))
    keywords = _own_keywords(event_dict)
    if event_dict:
        keywords["extra"] = event_dict
    return args, keywords


def render_to_log_kwargs(logger: WrappedLogger, method_name: str, event_dict: EventDict) -> EventDict:
    """Processor, last of a chain: make the event the keyword argument ``msg``.

    ``exc_info``, ``stack_info`` and ``stacklevel`` become keyword arguments, all other fields ``extra``. Raises
    KeyError where there is no event.
    """
    return {"msg": event_dict.pop("event"), "extra": event_dict, **_own_keywords(event_dict)}
