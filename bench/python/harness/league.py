"""Who takes part in Python, what is measured, and what Cleat must reach."""

from __future__ import annotations

import dataclasses

import scenarios

CLEAT = "cleat"
STRUCTLOG = "structlog"
# The programs in bench/python/contestants, with their arguments.
CONTESTANTS = {
    CLEAT: ("structlog_api.py", "cleat.structlog"),
    STRUCTLOG: ("structlog_api.py", "structlog"),
    "logging": ("standard_library.py", "logging"),
    "picologging": ("standard_library.py", "picologging"),
    "loguru": ("loguru_logger.py",),
    "logust": ("logust_logger.py",),
}
OWN_SHAPE = {"logust"}  # its JSON has a shape of its own, which is not compared

FIVE = scenarios.FIVE


@dataclasses.dataclass(frozen=True)
class Operation:
    title: str
    fields: dict | None = None  # of its lines; None: it makes no line


OPERATIONS = {
    "line": Operation("a line with 5 keyword fields", FIVE),
    "context20": Operation("the same with 20 context variables", {**scenarios.CONTEXT_20, **FIVE}),
    "default": Operation("a line with structlog's default JSON set-up", FIVE),
    "processor": Operation("a line, one Python processor in the chain", {**FIVE, "region": "eu-west"}),
    "stdlib": Operation("a standard-library record through ProcessorFormatter", FIVE),
    "async": Operation("a line to the asynchronous sink, the caller's time"),
    "off": Operation("a call below the level"),
    "bind": Operation("bind of 5 fields"),
    "bind_contextvars": Operation("bind_contextvars of 5 fields"),
    "bound_contextvars": Operation("bound_contextvars of 5 fields, entered and left"),
}

# So many times faster than structlog. Where it says "not slower", noise is no reason to fail.
AHEAD_OF_STRUCTLOG = {"line": 10, "context20": 20, "default": 25, "processor": 3, "stdlib": 3, "off": 0.95, "bind": 2,
                      "bind_contextvars": 4, "bound_contextvars": 10}
ASYNC_NS = 400
ASYNC_NS_ABOVE_A_CALL = 250  # above what an empty C method with five keywords costs, which a call below the level is
