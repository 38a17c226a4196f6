"""Gives the event's text another key."""

from __future__ import annotations

from typing import Any

from ..typing import EventDict, WrappedLogger


class EventRenamer:
    """Move the value of ``event`` to the end of the event under the key *to*.

    Args:
        to: the new key.
        replace_by: a key whose value becomes ``event`` instead, if the event has it and it is not None.

    Raises KeyError where an event has no ``event``. Belongs right before the renderer: other processors look for
    ``event``.
    """

    def __init__(self, to: str, replace_by: str | None = None) -> None:
        self.to = to
        self.replace_by = replace_by

    def __call__(self, logger: WrappedLogger, name: str, event_dict: EventDict) -> EventDict:
        event_dict[self.to] = event_dict.pop("event")
        if self.replace_by is not None:
            replacement = event_dict.pop(self.replace_by, None)
            if replacement is not None:
                event_dict["event"] = replacement
        return event_dict

    def __cleat_step__(self) -> tuple[Any, ...]:
        """Tell the engine which of its own processors does the same."""
        return ("event_renamer", self.to, self.replace_by)
