"""What a family of operations is: programs for one kind of API, measured beside each other."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

# Where the lines of timed runs go: each by its write() to the null device or to a file, or nowhere.
NULL, FILE, NOWHERE = "null", "file", "-"


@dataclasses.dataclass(frozen=True)
class Operation:
    title: str
    has_lines: bool = True  # that can be looked at
    sink: str = NULL


@dataclasses.dataclass(frozen=True)
class Ahead:
    """A target: so many times faster than that contestant."""

    operation: str
    times: float
    of: str


@dataclasses.dataclass(frozen=True)
class Lines:
    """What a contestant wrote in one run of an operation."""

    operation: str
    contestant: str
    about: dict  # what the contestant said of itself
    lines: list[bytes]


@dataclasses.dataclass(frozen=True)
class Family:
    title: str
    ours: str  # the contestant that the others are compared with
    contestants: dict[str, tuple[str, ...]]  # the programs in bench/python/contestants, with their arguments
    operations: dict[str, Operation]
    check: Callable[[Lines], None]  # raises verify.Wrong
    ahead: tuple[Ahead, ...]
    notes: tuple[str, ...] = ()
    yardstick: str = ""  # a contestant that is no logger, which targets are shown beside
    caller_targets: Callable[[dict], list[dict]] = lambda _figures: []  # targets that are no ratios
