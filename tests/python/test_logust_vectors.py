"""The cases of tests/vectors through logust's door: what is bound and given is in a line's `extra`, as the vector has
it in its line.

Of a case it takes the fields: in their order, with their values, integers and fractions as they are written. Level,
time, message and what processors add have places of their own in logust's lines. So a case is one of three:

- logust cannot say it: Inexpressible, with the reason;
- logust writes a value otherwise: REASONS here, with why;
- the rest, where the fields have to be the vector's.

COUNTS says how many cases are which, so that none goes over to another kind unseen.
"""

from __future__ import annotations

import collections
import contextvars
import functools
import json
from collections.abc import Callable
from typing import Any

import pytest
from logust_lines import KeptJson
from vector_cases import Case, Inexpressible, expected, fields_of, read_cases, renderers_of, text_of, value_of

import cleat.structlog.contextvars

CASES = list(read_cases())

# What these processors add has a place of its own in logust's lines.
BESIDE_FIELDS = {"add_log_level": "level", "timestamper": "timestamp", "add_logger_name": "logger"}
LEVELS = {"trace", "debug", "info", "success", "warning", "error", "critical"}

Pairs = list[tuple[str, Any]]


def refuse(condition: bool, reason: str) -> None:
    if condition:
        raise Inexpressible(reason)


def read(line: str) -> Any:
    """A line of JSON, objects as lists of pairs and numbers as they are written."""
    return json.loads(line, object_pairs_hook=list, parse_int=str, parse_float=str)


# --- A case in logust's words


def check_chain(case: Case) -> None:
    names = [step["name"] for step in case.get("chain", [])]
    others = set(names) - BESIDE_FIELDS.keys() - {"merge_contextvars"}
    refuse(bool(others), f"logust has no processors: {', '.join(sorted(others))}")
    refuse("contextvars" in case and "merge_contextvars" not in names, "logust's lines always have the context")
    refuse("threadlocal" in case, "logust has no thread-local context")
    refuse("limits" in case, "logust has no limits")
    refuse(not beside_fields(case).isdisjoint(keys_of(case)), "a field of this name is no field in the vector's line")


def beside_fields(case: Case) -> set[str]:
    """What stands in the vector's line besides fields."""
    steps = [step for step in case.get("chain", []) if step["name"] in BESIDE_FIELDS]
    return {"event", *(step.get("key", BESIDE_FIELDS[step["name"]]) for step in steps)}


def keys_of(case: Case) -> list[str]:
    """Of what is bound or given, in whatever way."""
    calls = case["call"] if isinstance(case["call"], list) else [case["call"]]
    operations = case.get("contextvars", []) + case.get("logger", [])
    pairs = [pair for call in calls for pair in call.get("fields", [])]
    pairs += [pair for operation in operations for name in ("bind", "patch") for pair in operation.get(name, [])]
    return [text_of(key) for key, _ in pairs]


def surround(operations: list[dict[str, Any]]) -> None:
    """contextualize() is this store; other operations have no name of logust's."""
    for operation in operations:
        [(name, given)] = operation.items()
        function = getattr(cleat.structlog.contextvars, f"{name}_contextvars")
        if name == "bind":
            function(**fields_of(given))
        else:
            function(*map(text_of, given))


def changed(logger: Any, operation: dict[str, Any]) -> Any:
    [(name, given)] = operation.items()
    refuse(name not in ("bind", "patch"), f"logust's loggers have no {name}()")
    fields = fields_of(given)
    if name == "bind":
        return logger.bind(**fields)
    return logger.patch(lambda record: record["extra"].update(fields))


def call(logger: Any, level: str, event: Any, fields: list[Any] = [], times: int = 1, **others: Any) -> None:
    given = fields_of(fields)
    message = value_of(event)
    refuse(level not in LEVELS, f"logust has no level {level}")
    refuse("exception" in given or "_depth" in given, "logust takes this keyword for itself")
    refuse(bool(given) and isinstance(message, str) and ("{" in message or "}" in message),
           "logust puts keywords into the message")
    for _ in range(times):
        getattr(logger, level)(message, **given)


def found_lines(case: Case) -> list[Pairs]:
    """The fields of each line."""
    check_chain(case)
    kept = KeptJson()
    logger: Any = kept.logger

    def run() -> None:
        nonlocal logger
        surround(case.get("contextvars", []))
        for operation in case.get("logger", []):
            logger = changed(logger, operation)
        for one in case["call"] if isinstance(case["call"], list) else [case["call"]]:
            call(logger, **one)

    contextvars.Context().run(run)
    return [dict(read(line)).get("extra", []) for line in kept.lines]


def wanted_lines(case: Case, label: str) -> list[Pairs]:
    """The same of the vector, less what is no field there."""
    beside = beside_fields(case)
    return [[pair for pair in read(line) if pair[0] not in beside] for line in expected(case, label).splitlines()]


# --- Where logust writes a value otherwise


def values_in(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [value] + [inside for item in value.values() for inside in values_in(item)]
    if isinstance(value, list):
        return [inside for item in value for inside in values_in(item)]
    return [value]


def has_double(case: Case, *texts: str) -> bool:
    return any(value.get("$") == "double" and value["value"] in texts
               for value in values_in([case["call"], case.get("logger"), case.get("contextvars")])
               if isinstance(value, dict))


def has(case: Case, kind: str) -> bool:
    return any(isinstance(value, dict) and value.get("$") == kind for value in values_in(case["call"]))


REASONS: list[tuple[str, Callable[[Case], bool]]] = [
    ("logust spells numbers out that JSON has not", lambda case: has_double(case, "nan", "inf", "-inf")),
    ("logust cuts what is deeper than 32 levels", lambda case: has(case, "nested")),
    ("an object is shown by its str()", lambda case: has(case, "foreign")),
]


# --- Comparing


@functools.cache
def outcome_of(place: int) -> tuple[str, str]:
    """"same", "logust's way" or "inexpressible", and why."""
    _, case = CASES[place]
    labels = [label for label, options in renderers_of(case).items() if options == {"name": "json"}]
    try:
        refuse(not labels, "no lines of JSON as they are without options")
        found = found_lines(case)
    except Inexpressible as reason:
        return "inexpressible", str(reason)
    if found == wanted_lines(case, labels[0]):
        return "same", ""
    reason = next((reason for reason, applies in REASONS if applies(case)), None)
    assert reason is not None, f"not the vector's fields\n{wanted_lines(case, labels[0])}\n{found}"
    return "logust's way", reason


@pytest.mark.parametrize("place", range(len(CASES)), ids=[name for name, _ in CASES])
def test_vector(place: int) -> None:
    kind, reason = outcome_of(place)
    if kind != "same":
        pytest.skip(reason)


COUNTS = {"same": 214, "logust's way": 16, "inexpressible": 205}


def test_counts() -> None:
    assert COUNTS == collections.Counter(outcome_of(place)[0] for place in range(len(CASES)))
