"""Formats events with positional arguments, as :mod:`logging` does."""

from __future__ import annotations

from typing import Any

from ..typing import EventDict, WrappedLogger


class PositionalArgumentsFormatter:
    """Set ``event`` to ``event % positional_args``. A dictionary as the only argument serves named placeholders.

    Args:
        remove_positional_args: whether ``positional_args`` leaves the event.

    Raises what the operator raises where event and arguments do not fit, and KeyError where there is no event.
    """

    def __init__(self, remove_positional_args: bool = True) -> None:
        self.remove_positional_args = remove_positional_args

    def __call__(self, logger: WrappedLogger, name: str, event_dict: EventDict) -> EventDict:
        args = event_dict.get("positional_args")
        if args is None:
            return event_dict
        if args:
            named = len(args) == 1 and isinstance(args[0], dict) and args[0]
            event_dict["event"] %= named or args
        if self.remove_positional_args:
            del event_dict["positional_args"]
        return event_dict

    def __cleat_step__(self) -> tuple[Any, ...]:
        """Tell the engine that events without positional arguments need nothing done."""
        return ("positional_args", self.remove_positional_args)
