"""The helpers for tests of programs that log."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from cleat import structlog
from cleat.structlog.testing import CapturingLogger, LogCapture, ReturnLogger, capture_logs


def test_captures_every_kind_of_logger_and_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.configure(cache_logger_on_first_use=True)
    cached = structlog.get_logger(a=1)
    bound = structlog.get_logger().bind(b=2)
    cached.info("used before")
    bound.info("used before")
    capsys.readouterr()
    with capture_logs() as lines:
        cached.info("one")
        bound.warn("two")
        structlog.get_logger().exception("three")
    assert lines == [
        {"a": 1, "event": "one", "log_level": "info"},
        {"b": 2, "event": "two", "log_level": "warning"},
        {"exc_info": True, "event": "three", "log_level": "error"},
    ]
    assert capsys.readouterr().out == ""
    cached.info("four")
    bound.info("five")
    out = capsys.readouterr().out
    assert "four" in out and "five" in out


def test_captures_what_given_processors_make_of_events() -> None:
    def add(logger: Any, method: str, event: Any) -> Any:
        return {**event, "added": True}

    with capture_logs(processors=[add]) as lines:
        structlog.get_logger().info("x")
    assert lines == [{"event": "x", "added": True, "log_level": "info"}]


def test_the_chain_is_the_same_list_afterwards_whatever_happens() -> None:
    chain = structlog.get_config()["processors"]
    before = list(chain)
    with pytest.raises(ZeroDivisionError), capture_logs():
        with capture_logs() as inner:
            structlog.get_logger().info("x")
        assert [type(processor) for processor in chain] == [LogCapture]
        raise ZeroDivisionError
    assert inner == [{"event": "x", "log_level": "info"}]
    assert structlog.get_config()["processors"] is chain
    assert chain == before


def test_return_logger() -> None:
    argument = object()
    assert ReturnLogger().info(argument) is argument
    assert ReturnLogger().error() == ((), {})
    assert ReturnLogger().msg(1, 2) == ((1, 2), {})
    assert ReturnLogger().warn(1, a=2) == ((1,), {"a": 2})


def test_capturing_logger_has_any_method_and_can_be_copied() -> None:
    logger = CapturingLogger()
    logger.info("x", a=1)
    logger.whatever()
    for other in (logger, copy.copy(logger), copy.deepcopy(logger), pickle.loads(pickle.dumps(logger))):
        assert other.calls == [("info", ("x",), {"a": 1}), ("whatever", (), {})]
