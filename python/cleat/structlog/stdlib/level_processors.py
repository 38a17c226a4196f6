"""Processors that go by the levels of :mod:`logging`."""

from __future__ import annotations

import logging

from .._log_levels import NAME_TO_LEVEL
from ..exceptions import DropEvent
from ..typing import EventDict


def filter_by_level(logger: logging.Logger, method_name: str, event_dict: EventDict) -> EventDict:
    """Processor: drop the event if *logger* would not let its level pass. Belongs first, to spare the others the work.

    Raises DropEvent for that, and KeyError for a method that has no level.
    """
    # isEnabledFor() says no to a logger that is handling a record, from Python 3.14 on.
    if logger.disabled or NAME_TO_LEVEL[method_name] < logger.getEffectiveLevel():
        raise DropEvent
    return event_dict


def add_log_level_number(logger: logging.Logger, method_name: str, event_dict: EventDict) -> EventDict:
    """Processor: set ``level_number`` to the number that :mod:`logging` has for the level, so that one can compare.

    Raises KeyError for a method that has no level.
    """
    event_dict["level_number"] = NAME_TO_LEVEL[method_name]
    return event_dict
