"""A program written for logust, or loguru: `logust_api.py MODULE [--flushed]`, the module being logust, loguru or one
of Cleat's in their places. The scenarios are those of logust's own throughput benchmark.

--flushed: complete() after each line, for a logger that would otherwise keep lines in a buffer.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable

from protocol import NOWHERE, Scenario, Work, serve

MODULE, *OPTIONS = sys.argv[1:]
FLUSHED = "--flushed" in OPTIONS
logger = importlib.import_module(MODULE).logger
USER = "user_12345"
ACTION = "login"
BURST = 1000  # lines that fit into every contestant's queue


def log_lines(log) -> Work:
    complete = logger.complete

    def work(count: int) -> None:
        for number in range(count):
            log.info(f"request {number} received")
            if FLUSHED:
                complete()
        complete()
    return work


def log_formatted_lines(log) -> Work:
    complete = logger.complete

    def work(count: int) -> None:
        for number in range(count):
            log.info(f"{USER} has done {ACTION} (attempt {number})")
            if FLUSHED:
                complete()
        complete()
    return work


def log_with_braces(log) -> Work:
    complete = logger.complete

    def work(count: int) -> None:
        for number in range(count):
            log.info("request {} received", number)
        complete()
    return work


def log_bursts(log) -> Work:
    """What the caller spends on them; that all is written is waited for in between."""

    def work(count: int) -> int:
        spent = 0
        for first in range(0, count, BURST):
            begin = time.perf_counter_ns()
            for number in range(first, min(first + BURST, count)):
                log.info(f"request {number} received")
            spent += time.perf_counter_ns() - begin
            logger.complete()
        return spent
    return work


def to_file(make_work: Callable[..., Work], bound: bool = False, **options) -> Scenario:
    def prepare(path: str) -> Work:
        logger.remove()
        logger.add(path, **options)
        return make_work(logger.bind(user_id=123, session="abc") if bound else logger)
    return prepare


def to_callable(path: str) -> Work:
    logger.remove()
    if path == NOWHERE:
        logger.add(lambda _message: None, format="{message}")
    else:
        file = open(path, "a", encoding="utf-8")
        logger.add(lambda message: print(message.rstrip("\n"), file=file, flush=True), format="{message}")
    return log_lines(logger)


SCENARIOS = {
    "text": to_file(log_lines),
    "formatted": to_file(log_formatted_lines),
    "json": to_file(log_lines, serialize=True),
    "bound": to_file(log_lines, bound=True),
    "bound_json": to_file(log_lines, bound=True, serialize=True),
    "text_null": to_file(log_lines),
    "json_null": to_file(log_lines, serialize=True),
    "callable": to_callable,
}
UNBUFFERED = {  # where nothing would be flushed line by line
    "enqueue": to_file(log_bursts, enqueue=True),
    "enqueue_complete": to_file(log_lines, enqueue=True),
    "enqueue_bound": to_file(log_lines, bound=True, enqueue=True),
}
if FLUSHED:
    del SCENARIOS["callable"]
else:
    SCENARIOS.update(UNBUFFERED)
if MODULE != "logust":
    SCENARIOS["braces"] = to_file(log_with_braces)

serve(MODULE, MODULE.partition(".")[0], SCENARIOS)
