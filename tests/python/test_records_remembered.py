"""What a record logger remembers from one call to the next, and notices when it has changed."""

from __future__ import annotations

import time
import types
from typing import Any

import pytest

from cleat import _engine


class Logger(_engine.RecordLogger):
    info = _engine.LogMethod("info", "INFO", "Logs.")


def logger_into(records: list[dict[str, Any]]) -> Logger:
    core = _engine.Core()
    core.levels["INFO"] = _engine.Level("INFO", 20, "", "")
    core.make_record = lambda level, message, time_ns, elapsed_ns, name, *_others: {
        "level": level, "message": message, "time": time_ns, "name": name}
    core.handlers = (_engine.Handler(level_no=0, sink=records.append, formatter=None),)
    return Logger(core)


def test_a_level_that_is_another_one_now() -> None:
    records: list[dict[str, Any]] = []
    log = logger_into(records)
    for number in (20, 21, 22):
        log.core.levels["INFO"] = _engine.Level("INFO", number, "", "")
        log.info("said")
        log.info("again")
    assert [record["level"].no for record in records] == [20, 20, 21, 21, 22, 22]


def test_levels_of_two_cores() -> None:
    records: list[dict[str, Any]] = []
    logs = [logger_into(records), logger_into(records)]
    logs[1].core.levels["INFO"] = _engine.Level("INFO", 25, "", "")
    for log in logs * 2:
        log.info("said")
    assert [record["level"].no for record in records] == [20, 25, 20, 25]


def test_a_level_that_is_gone() -> None:
    log = logger_into([])
    log.info("said")
    del log.core.levels["INFO"]
    with pytest.raises(ValueError, match="INFO"):
        log.info("not said")


def test_a_module_that_calls_itself_something_else_now() -> None:
    records: list[dict[str, Any]] = []
    module = types.ModuleType("first")
    exec("def say(log):\n    log.info('said')", module.__dict__)
    for name in ("first", "second", None):
        module.__dict__["__name__"] = name
        module.say(logger_into(records))  # the very place that was called from before
    assert [record["name"] for record in records] == ["first", "second", None]


def test_code_that_runs_in_two_modules() -> None:
    records: list[dict[str, Any]] = []
    log = logger_into(records)
    code = compile("log.info('said')", "said.py", "exec")
    for name in ("first", "second", "first"):
        exec(code, {"__name__": name, "log": log})
    assert [record["name"] for record in records] == ["first", "second", "first"]


def test_a_clock_that_is_frozen_and_let_go_again(monkeypatch: pytest.MonkeyPatch) -> None:
    records: list[dict[str, Any]] = []
    log = logger_into(records)
    log.info("before")
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: 1.5)
        log.info("frozen")
    log.info("after")
    before, frozen, after = (record["time"] for record in records)
    assert frozen == 1_500_000_000
    assert frozen < before <= after
