"""Choices made from bytes. Hypothesis makes bytes faster than structures, and still finds the simplest: zeros."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Choices:
    def __init__(self, source: bytes) -> None:
        self.source = source
        self.place = 0

    def take(self, count: int) -> bytes:
        """The next bytes; zeros when there are no more."""
        taken = self.source[self.place : self.place + count]
        self.place += count
        return taken.ljust(count, b"\0")

    def below(self, limit: int) -> int:
        return int.from_bytes(self.take(2 if limit > 64 else 1), "little") % limit

    def of(self, options: Sequence[T]) -> T:
        """One of them; the first is the simplest."""
        return options[self.below(len(options))]
