"""The stack of a log call that asks for it."""

from __future__ import annotations

from typing import Any

from .._frames import _find_first_app_frame_and_name, _format_stack
from ..typing import EventDict, WrappedLogger


class StackInfoRenderer:
    """Replace ``stack_info``, if it is true, by ``stack``: the stack that led to the log call, as text.

    Args:
        additional_ignores: beginnings of module names. Frames of such modules at the inner end of the stack are left
            out, as those of this package are.
    """

    __slots__ = ("_additional_ignores",)

    def __init__(self, additional_ignores: list[str] | None = None) -> None:
        self._additional_ignores = additional_ignores

    def __call__(self, logger: WrappedLogger, name: str, event_dict: EventDict) -> EventDict:
        if event_dict.pop("stack_info", None):
            frame, _ = _find_first_app_frame_and_name(self._additional_ignores)
            event_dict["stack"] = _format_stack(frame)
        return event_dict

    def __cleat_step__(self) -> tuple[Any, ...]:
        """Tell the engine that events without ``stack_info`` need nothing done."""
        return ("stack_info",)
