"""Processors and renderers: what they do to an event, and that they can be sent to other processes."""

from __future__ import annotations

import datetime
import io
import json
import pickle
import sys
import threading
from typing import Any

import pytest
import time_machine

from cleat.structlog import processors
from cleat.structlog.processors import CallsiteParameter as Parameter

EVENT = {"event": "it's late", "n": 1, "none": None, "yes": True, "no": False}


def call(processor: Any, event: dict[str, Any], method: str = "info") -> Any:
    return processor(None, method, dict(event))


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({}, 'event="it\'s late" n=1 none=None yes=True no=False'),
        ({"sort_keys": True}, 'event="it\'s late" n=1 no=False none=None yes=True'),
        ({"repr_native_str": False}, "event=it's late n=1 none=None yes=True no=False"),
        ({"key_order": ["gone", "yes"]}, 'gone=None yes=True event="it\'s late" n=1 none=None no=False'),
        (
            {"key_order": ["gone", "yes", "none"], "drop_missing": True, "sort_keys": True},
            'yes=True event="it\'s late" n=1 no=False',
        ),
    ],
)
def test_key_value_renderer(options: dict[str, Any], line: str) -> None:
    renderer = processors.KeyValueRenderer(**options)
    assert call(renderer, EVENT) == line
    assert call(pickle.loads(pickle.dumps(renderer)), EVENT) == line


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({}, 'event="it\'s late" n=1 none= yes no=false'),
        ({"bool_as_flag": False, "sort_keys": True}, 'event="it\'s late" n=1 no=false none= yes=true'),
        ({"key_order": ["gone", "n"]}, 'gone= n=1 event="it\'s late" none= yes no=false'),
    ],
)
def test_logfmt_renderer(options: dict[str, Any], line: str) -> None:
    assert call(processors.LogfmtRenderer(**options), EVENT) == line


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a\nb", r"a\nb"),
        (r"c:\dir", r"c:\dir"),
        (r"c:\my dir", r'"c:\\my dir"'),
        ('say "a"', r'"say \"a\""'),
        ("a=b\n", r'"a=b\n"'),
    ],
)
def test_k15_a_value_cannot_forge_logfmt(value: str, shown: str) -> None:
    assert call(processors.LogfmtRenderer(), {"k": value}) == f"k={shown}"


@pytest.mark.parametrize("key", ["a b", "a\nb", "a\x00"])
def test_k15_logfmt_refuses_a_key_that_would_be_two(key: str) -> None:
    with pytest.raises(ValueError, match="Invalid key"):
        call(processors.LogfmtRenderer(), {key: 1})


class Price:
    def __structlog__(self) -> Any:
        return {"cents": 99}


def test_json_shows_what_it_does_not_know_in_the_values_own_way() -> None:
    line = call(processors.JSONRenderer(), {"price": Price(), "day": datetime.date(2026, 11, 22)})
    assert json.loads(line) == {"price": {"cents": 99}, "day": "datetime.date(2026, 11, 22)"}


def test_json_passes_its_options_to_the_serializer() -> None:
    renderer = processors.JSONRenderer(serializer=lambda event, **options: f"{event} {sorted(options)}", indent=2)
    assert call(renderer, {"a": 1}) == "{'a': 1} ['default', 'indent']"
    assert call(processors.JSONRenderer(default=lambda value: "?"), {"a": Price()}) == '{"a": "?"}'


@time_machine.travel(datetime.datetime(2026, 11, 22, 1, 2, 3, 450000, tzinfo=datetime.timezone.utc), tick=False)
@pytest.mark.parametrize(
    ("fmt", "stamp"),
    [(None, 1795309323.45), ("iso", "2026-11-22T01:02:03.450000Z"), ("%H:%M %Z", "01:02 UTC")],
)
def test_timestamper_goes_by_the_programs_clock(fmt: str | None, stamp: Any) -> None:
    stamper = processors.TimeStamper(fmt, key="at")
    assert call(stamper, {}) == {"at": stamp}
    assert call(pickle.loads(pickle.dumps(stamper)), {"at": 0}) == {"at": stamp}
    maybe = processors.MaybeTimeStamper(fmt, key="at")
    assert call(maybe, {}) == {"at": stamp}
    assert call(maybe, {"at": 0}) == {"at": 0}


def test_timestamper_has_no_local_unix_time() -> None:
    with pytest.raises(ValueError, match="UNIX timestamps are always UTC"):
        processors.TimeStamper(utc=False)


def test_exc_info_may_be_given_in_three_ways() -> None:
    try:
        raise ValueError("no")
    except ValueError as error:
        ways = [error, sys.exc_info(), True]
        texts = [call(processors.format_exc_info, {"exc_info": way})["exception"] for way in ways]
        data = call(processors.dict_tracebacks, {"exc_info": True})["exception"]
    assert texts[0].startswith("Traceback (most recent call last):\n")
    assert texts[0].endswith("\nValueError: no")
    assert texts == [texts[0]] * 3
    assert [(stack["exc_type"], stack["exc_value"]) for stack in data] == [("ValueError", "no")]


@pytest.mark.parametrize("nothing", [None, False, True, (None, None, None), ("a", 1, 2)])
def test_exc_info_that_means_no_exception_is_removed(nothing: Any) -> None:
    assert call(processors.format_exc_info, {"a": 1, "exc_info": nothing}) == {"a": 1}


def test_exception_pretty_printer_prints_and_removes() -> None:
    out = io.StringIO()
    printer = processors.ExceptionPrettyPrinter(out)
    assert call(printer, {"a": 1, "exception": "formatted before"}) == {"a": 1}
    assert call(printer, {"a": 1, "exc_info": ValueError("now")}) == {"a": 1}
    assert out.getvalue() == "formatted before\nValueError: now\n"


def test_stack_ends_at_the_caller() -> None:
    stack = call(processors.StackInfoRenderer(), {"stack_info": True})["stack"]
    assert stack.startswith("Stack (most recent call last):\n")
    assert stack.endswith("return processor(None, method, dict(event))")
    assert call(processors.StackInfoRenderer(), {"stack_info": False}) == {}


def test_event_renamer_moves_to_the_end() -> None:
    event = {"event": "e", "a": 1, "message": "m"}
    assert list(call(processors.EventRenamer("text"), event).items()) == [("a", 1), ("message", "m"), ("text", "e")]
    renamed = call(processors.EventRenamer("text", "message"), event)
    assert list(renamed.items()) == [("a", 1), ("text", "e"), ("event", "m")]


def test_unicode_both_ways() -> None:
    event = {"text": "Grüße", "bytes": b"\xff", "n": 1}
    assert call(processors.UnicodeEncoder("ascii"), event) == {"text": rb"Gr\xfc\xdfe", "bytes": b"\xff", "n": 1}
    assert call(processors.UnicodeDecoder(), event) == {"text": "Grüße", "bytes": "\ufffd", "n": 1}


@pytest.mark.parametrize("method", ["warn", "exception", "info", "own"])
def test_add_log_level_resolves_aliases(method: str) -> None:
    level = {"warn": "warning", "exception": "error"}.get(method, method)
    assert call(processors.add_log_level, {}, method) == {"level": level}


def test_callsite_parameters_come_in_a_stable_order() -> None:
    adder = processors.CallsiteParameterAdder({Parameter.THREAD, Parameter.FUNC_NAME, Parameter.MODULE})
    assert list(call(adder, {})) == ["module", "func_name", "thread"]
    adder = processors.CallsiteParameterAdder([Parameter.THREAD, Parameter.FILENAME])
    assert list(call(adder, {})) == ["thread", "filename"]


def test_callsite_names_the_caller() -> None:
    adder = pickle.loads(pickle.dumps(processors.CallsiteParameterAdder()))
    event = adder(None, "info", {})
    assert event["pathname"] == __file__
    assert event["filename"] == "test_processors.py"
    assert event["module"] == "test_processors"
    assert event["qual_module"] == __name__
    assert event["func_name"] == "test_callsite_names_the_caller"
    assert event["thread_name"] == threading.current_thread().name
    assert ("qual_name" in event) == (sys.version_info >= (3, 11))


def test_callsite_passes_over_modules() -> None:
    adder = processors.CallsiteParameterAdder([Parameter.QUAL_MODULE], [__name__])
    assert call(adder, {})["qual_module"].startswith("_pytest.")
