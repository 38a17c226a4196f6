"""Programs for structlog: who takes part, what is measured, what its lines are, and what Cleat must reach."""

from __future__ import annotations

import json

import scenarios
import text
import verify
from family import Ahead, Family, Lines, Operation

CLEAT = "cleat"
STRUCTLOG = "structlog"
CONTESTANTS = {
    CLEAT: ("structlog_api.py", "cleat.structlog"),
    STRUCTLOG: ("structlog_api.py", "structlog"),
    "logging": ("standard_library.py", "logging"),
    "picologging": ("standard_library.py", "picologging"),
    "loguru": ("loguru_logger.py",),
    "logust": ("logust_logger.py",),
}
OWN_SHAPE = {"logust"}  # its JSON has a shape of its own, which is not compared

OPERATIONS = {
    "line": Operation("a line with 5 keyword fields"),
    "context20": Operation("the same with 20 context variables"),
    "default": Operation("a line with structlog's default JSON set-up"),
    "processor": Operation("a line, one Python processor in the chain"),
    "stdlib": Operation("a standard-library record through ProcessorFormatter"),
    "async": Operation("a line to the asynchronous sink, the caller's time", has_lines=False),
    "off": Operation("a call below the level", has_lines=False),
    "bind": Operation("bind of 5 fields", has_lines=False),
    "bind_contextvars": Operation("bind_contextvars of 5 fields", has_lines=False),
    "bound_contextvars": Operation("bound_contextvars of 5 fields, entered and left", has_lines=False),
}
FIELDS = {
    "line": scenarios.FIVE,
    "context20": {**scenarios.CONTEXT_20, **scenarios.FIVE},
    "default": scenarios.FIVE,
    "processor": {**scenarios.FIVE, "region": "eu-west"},
    "stdlib": scenarios.FIVE,
}

# Where it says "not slower", noise is no reason to fail.
AHEAD_OF_STRUCTLOG = {"line": 10, "context20": 20, "default": 25, "processor": 3, "stdlib": 3, "off": 0.95, "bind": 2,
                      "bind_contextvars": 4, "bound_contextvars": 10}
ASYNC_NS = 400
ASYNC_NS_ABOVE_A_CALL = 250  # above what an empty C method with five keywords costs, which a call below the level is


def check(run: Lines) -> None:
    fields = FIELDS[run.operation]
    for line in run.lines:
        if run.contestant in OWN_SHAPE:
            check_own_shape(line, fields)
        else:
            verify.check_line(line, scenarios.Scenario(run.operation, "", fields), run.about)


def check_own_shape(line: bytes, fields: dict) -> None:
    if json.loads(line).get("extra") != fields:
        raise verify.Wrong(f"`extra` should be {fields}, the line is {line.decode()}")


def caller_targets(figures: dict) -> list[dict]:
    caller = figures["async"].get(CLEAT, {}).get("ns")
    call = figures["off"].get(CLEAT, {}).get("ns", 0)
    limit = max(ASYNC_NS, call + ASYNC_NS_ABOVE_A_CALL)
    return [{"what": OPERATIONS["async"].title, "asked": f"at most {text.number(limit)} ns",
             "measured": f"{text.number(caller)} ns", "met": caller is not None and caller <= limit}]


FAMILY = Family(
    title="Programs for structlog",
    ours=CLEAT,
    contestants=CONTESTANTS,
    operations=OPERATIONS,
    check=check,
    ahead=tuple(Ahead(operation, times, STRUCTLOG) for operation, times in AHEAD_OF_STRUCTLOG.items()),
    caller_targets=caller_targets,
)
