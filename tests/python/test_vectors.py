"""The cases of tests/vectors give the same bytes from Python as from C, as far as Python can express them.

A case is made of what `cleat.structlog` has; where that is structlog's way to write a line and not the engine's, Cleat
follows structlog. So a case is one of three:

- structlog cannot say it: Inexpressible in vector_cases.py, with the reason;
- structlog writes another line: REASONS here, with why, and Cleat has to write structlog's;
- the rest, where Cleat has to write the vector's bytes.

COUNTS says how many lines are which, so that none goes over to another kind unseen.
"""

from __future__ import annotations

import collections
import functools
import re
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from vector_cases import Case, Inexpressible, World, expected, lines, read_cases, renderers_of

CASES = list(read_cases())

# --- Where structlog writes another line than the engine

Reason = tuple[str, Callable[[str, Case], bool]]

CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
NOT_PLAIN = re.compile(r"[^\w.\-/@\[\]é]|^$")


def texts(value: Any) -> list[str]:
    """All strings in a case, keys of fields included."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict) and "hex" in value:
        return [bytes.fromhex(value["hex"]).decode(errors="replace")]
    if isinstance(value, dict):
        return [text for pair in value.items() for part in pair for text in texts(part)]
    return [text for part in value for text in texts(part)] if isinstance(value, list) else []


def has_control(case: Case) -> bool:
    return any(CONTROL.search(text) for text in texts([case["call"], case.get("logger", [])]))


def keys(case: Case) -> list[str]:
    calls = case["call"] if isinstance(case["call"], list) else [case["call"]]
    return [key for call in calls for key, _ in call.get("fields", []) if isinstance(key, str)]


def is_foreign(case: Case) -> bool:
    return "foreign" in texts(case["call"])


def is_null_event(case: Case) -> bool:
    return isinstance(case["call"], dict) and case["call"]["event"] is None


def is_whole_second(case: Case) -> bool:
    return case.get("time", 0) % 10**9 == 0 and "timestamper" in texts(case.get("chain", []))


REASONS: dict[str, list[Reason]] = {
    "every renderer": [
        ("an event that is None is no event", lambda label, case: is_null_event(case)),
        ("context variables come in no order with structlog, which Cleat orders",
         lambda label, case: "contextvars" in case),
        ("a time without a fraction of a second is shown without one", lambda label, case: is_whole_second(case)),
    ],
    "json": [
        ("the JSON libraries leave characters as they are that the engine escapes",
         lambda label, case: has_control(case)),
    ],
    "logfmt": [
        ("structlog leaves control characters as they are", lambda label, case: has_control(case)),
        ("structlog refuses keys with spaces and leaves others as they are",
         lambda label, case: any(NOT_PLAIN.search(key) for key in keys(case))),
        ("structlog shows an object by its repr", lambda label, case: is_foreign(case)),
        ("structlog repeats a key of the order, and drops one that is null",
         lambda label, case: "key order" in case["name"]),
        ("structlog leaves spaces off the end", lambda label, case: case["name"] == "null at the end of the line"),
    ],
    "keyvalue": [
        ("structlog leaves keys as they are", lambda label, case: any(NOT_PLAIN.search(key) for key in keys(case))),
        ("structlog repeats a key of the order, and drops one that is null",
         lambda label, case: "key order" in case["name"]),
    ],
    "console": [
        ("ConsoleRenderer's columns, colours and tracebacks are structlog's", lambda label, case: True),
    ],
}


def reason_of_difference(name: str, label: str, case: Case) -> str | None:
    for reason, applies in REASONS["every renderer"] + REASONS[name]:
        if applies(label, case):
            return reason
    return None


# --- Comparing


def line_or_error(package: str, case: Case, renderer: Callable[[World], Any]) -> str:
    try:
        return lines(package, case, renderer)
    except Inexpressible:
        raise
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def outcome(case: Case, label: str, options: dict[str, Any]) -> tuple[str, str]:
    """For one line of a case: "same", "structlog's way" or "inexpressible", and why."""
    if "limits" in case:
        return "inexpressible", "structlog has no limits"
    name = options["name"]
    wanted = expected(case, label)
    found = []
    try:
        for which in range(len(World("structlog").renderers(**options))):
            def renderer(world: World) -> Any:
                return world.renderers(**options)[which]

            theirs = line_or_error("structlog", case, renderer)
            ours = line_or_error("cleat.structlog", case, renderer)
            assert ours in (theirs, wanted), f"{label}: neither structlog's line nor the vector's\n{theirs}"
            found.append(ours)
    except Inexpressible as reason:
        return "inexpressible", str(reason)
    if wanted in found:
        return "same", ""
    known = reason_of_difference(name, label, case)
    assert known is not None, f"{label}: not the vector's bytes\n{wanted}{found}"
    return "structlog's way", known


@functools.cache
def outcomes_of(place: int) -> list[tuple[str, str]]:
    """For each line of a case."""
    _, case = CASES[place]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return [outcome(case, label, options) for label, options in renderers_of(case).items()]


@pytest.mark.parametrize("place", range(len(CASES)), ids=[name for name, _ in CASES])
def test_vector(place: int) -> None:
    found = outcomes_of(place)
    if not any(kind == "same" for kind, _ in found):
        pytest.skip("; ".join(sorted({reason for _, reason in found})))


COUNTS = {"same": 802, "structlog's way": 271, "inexpressible": 562}


def test_counts() -> None:
    assert COUNTS == collections.Counter(kind for place in range(len(CASES)) for kind, _ in outcomes_of(place))
