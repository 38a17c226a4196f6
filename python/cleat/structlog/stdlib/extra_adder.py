"""What callers of :mod:`logging` gave as *extra*, on the line."""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import Any

from ..typing import EventDict, WrappedLogger

_ORDINARY_ATTRIBUTES = frozenset(logging.makeLogRecord({}).__dict__)


class ExtraAdder:
    """Copy attributes of the record that :class:`ProcessorFormatter` works on into the event.

    Without a record nothing happens.

    Args:
        allow: names of attributes that are copied, in this order; None for all that not every record has.
    """

    __slots__ = ("_allow",)

    def __init__(self, allow: Collection[str] | None = None) -> None:
        self._allow = None if allow is None else tuple(allow)

    def __call__(self, logger: WrappedLogger, name: str, event_dict: EventDict) -> EventDict:
        record = event_dict.get("_record")
        if record is None:
            return event_dict
        attributes = record.__dict__
        if self._allow is None:
            for key, value in attributes.items():
                if key not in _ORDINARY_ATTRIBUTES:
                    event_dict[key] = value
        else:
            for key in self._allow:
                if key in attributes:
                    event_dict[key] = attributes[key]
        return event_dict

    def __cleat_step__(self) -> tuple[Any, ...]:
        """Tell the engine which attributes to copy from a record, if there is one, and which not."""
        return ("extra_adder", self._allow, _ORDINARY_ATTRIBUTES)
