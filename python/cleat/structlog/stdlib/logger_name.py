"""The name of the logger, on the line."""

from __future__ import annotations

import logging

from ..typing import EventDict


def add_logger_name(logger: logging.Logger, method_name: str, event_dict: EventDict) -> EventDict:
    """Processor: set ``logger`` to the name of *logger*, or in :class:`ProcessorFormatter`, of the record's logger."""
    record = event_dict.get("_record")
    event_dict["logger"] = logger.name if record is None else record.name
    return event_dict
