"""What a test has logged through `cleat.logust.logger`, as records, with the fields' values."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cleat.logust import logger


class Records(list[dict[str, Any]]):
    """In the order in which they were logged."""

    def messages(self) -> list[str]:
        return [record["message"] for record in self]

    def only(self) -> dict[str, Any]:
        """The one that there is."""
        (record,) = self
        return record


def fields_of(record: dict[str, Any]) -> dict[str, Any]:
    return dict(record["extra"].typed)


@contextmanager
def kept_records() -> Iterator[Records]:
    """Nothing else is written meanwhile."""
    records = Records()
    logger.remove()
    number = logger.add_callback(records.append, level="TRACE")
    try:
        yield records
    finally:
        logger.remove_callback(number)
