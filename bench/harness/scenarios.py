"""The scenarios of bench/README.md as data: what one line of each holds."""

from __future__ import annotations

import dataclasses

EVENT = "request received"
TEN = {"request_id": "5f1c9e1c-7d2e-4c1b", "method": "GET", "path": "/orders/7781", "client": "127.0.0.1",
       "user_id": 7781, "tenant": "acme", "attempt": 1, "cached": False, "ratio": 0.25, "region": "eu-west"}
FIVE = dict(list(TEN.items())[:5])
THREE = {"status": 200, "bytes": 5120, "duration_ms": 1.5}
CONTEXT_5 = {"trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "span_id": "00f067aa0ba902b7", "session": "s-20418",
             "locale": "en-GB", "shard": 7}
CONTEXT_20 = {**CONTEXT_5, **{f"context_{number:02}": number for number in range(5, 20)}}


@dataclasses.dataclass(frozen=True)
class Time:
    """A value that is written like the line's timestamp."""

    text: str


TIME = Time("1980-01-01T12:00:00.000000Z")
USER = {"name": "Jane Doe", "email": "jane@example.com", "created_at": TIME}
MIXED = {"int": 1, "ints": list(range(1, 11)), "string": "a", "strings": list("abcdefghij"), "time": TIME,
         "times": [TIME] * 10, "user1": USER, "user2": USER, "users": [USER] * 10, "error": "file does not exist"}


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str
    title: str
    fields: dict
    repeated: frozenset = frozenset()  # keys that a peer without unique keys writes twice
    writes: bool = True
    batch: int = 1  # operations come in multiples of this


LETTERED = {
    scenario.name: scenario for scenario in (
        Scenario("a", "no fields", {}),
        Scenario("b", "10 fields bound", TEN),
        Scenario("c", "10 fields at the call", TEN),
        Scenario("d", "10 bound, 3 at the call", {**TEN, **THREE}),
        Scenario("e", "5 context variables, 5 bound, 3 at the call", {**CONTEXT_5, **FIVE, **THREE}),
        Scenario("f", "20 context variables, 5 bound, 3 at the call", {**CONTEXT_20, **FIVE, **THREE}),
        Scenario("g", "as d, one bound key overridden", {**TEN, **THREE, "attempt": 2}, frozenset({"attempt"})),
        Scenario("h", "mixed: lists, times, nested objects, error", MIXED),
        Scenario("i", "a level that is off", TEN, writes=False),
        Scenario("j", "bind 5 fields, let go", FIVE, writes=False),
        Scenario("k", "scope of 5 around a line", CONTEXT_5),
        Scenario("l", "context handed to another thread", CONTEXT_5, batch=1000),
    )
}


def numbered_fields(count: int) -> dict:
    return {f"field_{number:03}": number if number % 2 else f"value_{number:03}" for number in range(count)}


def scenario(name: str) -> Scenario:
    """The scenario of a name: a letter, or bound-N, context-N, length-N."""
    if name in LETTERED:
        return LETTERED[name]
    kind, number = name.split("-")
    if kind == "bound":
        return Scenario(name, f"{number} fields bound", numbered_fields(int(number)))
    if kind == "context":
        return Scenario(name, f"{number} context variables", numbered_fields(int(number)))
    if kind == "length":
        return Scenario(name, f"a string of {number} bytes", {"payload": "x" * int(number)})
    raise ValueError(f"no scenario {name}")
