"""Callbacks, patchers and filters of logust's door: what they see, what they may change; and their failures."""

from __future__ import annotations

import datetime
import os
import sys
import threading
from typing import Any

import pytest
from logust_lines import Kept, KeptJson

KEYS = [
    "level", "level_no", "message", "timestamp", "name", "function", "line", "file", "thread_name", "thread_id",
    "process_name", "process_id", "elapsed", "exception", "extra",
]  # fmt: skip


def test_a_callback_gets_the_whole_record() -> None:
    kept = Kept()
    records: list[dict[str, Any]] = []
    kept.logger.add_callback(records.append)
    kept.logger.bind(user=7).warning("x {}", 1, ok=None)
    [record] = records
    assert list(record) == [*KEYS, "user", "ok"]
    assert (record["user"], record["ok"]) == ("7", "None"), "fields are in the record itself as well"
    assert (record["level"], record["level_no"], record["message"]) == ("WARNING", 30, "x 1")
    assert (record["name"], record["file"]) == (__name__, os.path.basename(__file__))
    assert record["function"] == "test_a_callback_gets_the_whole_record" and record["line"] > 0
    assert (record["thread_name"], record["thread_id"]) == ("MainThread", threading.get_ident())
    assert (record["process_name"], record["process_id"]) == ("MainProcess", os.getpid())
    time = datetime.datetime.fromisoformat(record["timestamp"])
    assert time.tzinfo is not None and abs(time.timestamp() - datetime.datetime.now().timestamp()) < 60
    assert record["exception"] is None


def test_fields_are_text_in_their_order_and_their_values_are_there_too() -> None:
    kept = Kept()
    records: list[dict[str, Any]] = []
    kept.logger.add_callback(records.append)
    values = {"z": 1, "a": None, "m": [1.5], "b": True}
    kept.logger.info("x", **values)
    extra = records[0]["extra"]
    assert extra == {"z": "1", "a": "None", "m": "[1.5]", "b": "True"} and list(extra) == list(values)
    assert extra.typed == values and list(extra.typed) == list(values)


def test_an_object_without_text_takes_nothing_down() -> None:
    class Broken:
        def __str__(self) -> str:
            raise RuntimeError

        __repr__ = __str__

    kept = Kept(format="{extra[a]} {message}")
    records: list[dict[str, Any]] = []
    kept.logger.add_callback(records.append)
    kept.logger.info("x", a=Broken())
    assert records[0]["extra"]["a"] == "<unprintable Broken>"
    assert kept.line == "<unprintable Broken> x"


def test_the_level_of_a_callback() -> None:
    kept = Kept(level="CRITICAL")
    seen: list[str] = []
    id = kept.logger.add_callback(lambda record: seen.append(record["level"]), level="error")
    for name in ("trace", "warning", "error", "fail"):
        getattr(kept.logger, name)("x")
    assert seen == ["ERROR", "FAIL"]
    assert (kept.logger.remove_callback(id), kept.logger.remove_callback(id)) == (True, False)
    with pytest.raises(TypeError, match="add_callback"):
        kept.logger.add_callback(None)  # type: ignore[arg-type]


def test_a_field_hides_nothing_of_the_record() -> None:
    kept = Kept()
    records: list[dict[str, Any]] = []
    kept.logger.add_callback(records.append)
    kept.logger.patch(lambda record: record["extra"].update(later=1)).info("x", level="mine", thread_id="mine")
    [record] = records
    assert (record["level"], record["thread_id"], record["later"]) == ("INFO", threading.get_ident(), "1")
    assert record["extra"] == {"level": "mine", "thread_id": "mine", "later": "1"}


# -- patchers --


def test_patchers_see_values_and_may_change_message_exception_and_fields() -> None:
    kept = KeptJson()
    seen: list[Any] = []

    def patcher(record: dict[str, Any]) -> None:
        seen.append(record["extra"]["user"])
        record["message"] = record["message"].upper()
        record["exception"] = "replaced"
        record["extra"].update(added=2.5)
        del record["extra"]["secret"]

    kept.logger.bind(user=7, secret="s").patch(patcher).info("x")
    assert seen == [7]
    record = kept.record
    assert (record["message"], record["exception"], record["extra"]) == ("X", "replaced", {"user": 7, "added": 2.5})


def test_patchers_run_in_order_and_belong_to_their_loggers() -> None:
    kept = KeptJson()
    first = kept.logger.patch(lambda record: record["extra"].update(order=[1]))
    both = first.patch(lambda record: record["extra"]["order"].append(2))
    both.info("x")
    first.info("x")
    kept.logger.info("x")
    assert kept.extras == [{"order": [1, 2]}, {"order": [1]}, {}]


def test_a_patcher_does_not_change_what_is_bound() -> None:
    kept = KeptJson()
    bound = kept.logger.bind(user=7)
    bound.patch(lambda record: record["extra"].update(user=8)).info("x")
    with kept.logger.contextualize(request=1):
        kept.logger.patch(lambda record: record["extra"].clear()).info("x")
        bound.info("x")
    assert kept.extras == [{"user": 8}, {}, {"user": 7, "request": 1}]


def test_a_field_that_a_patcher_takes_out_reads_as_empty() -> None:
    kept = Kept(format="[{extra[token]}] {message}")
    records: list[dict[str, Any]] = []
    kept.logger.add_callback(records.append)
    kept.logger.bind(token="secret").patch(lambda record: record["extra"].pop("token")).info("x")
    assert kept.line == "[] x"
    assert records[0]["extra"]["token"] == "" and "token" not in records[0]["extra"]


def test_what_a_patcher_raises_is_the_caller_s() -> None:
    kept = Kept()
    with pytest.raises(ZeroDivisionError):
        kept.logger.patch(lambda record: 1 / 0).info("x")
    with pytest.raises(TypeError, match="patch"):
        kept.logger.patch("no function")  # type: ignore[arg-type]
    assert kept.lines == []


# -- failures of handlers --


def fail(*arguments: object) -> Any:
    raise ValueError("not today")


@pytest.mark.parametrize("part", ["sink", "filter", "callback", "stream"])
def test_failures_are_reported_and_other_handlers_get_the_line(
    part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before, after = Kept(), []

    class Stream:
        write = fail

    add = before.logger.add
    id = {
        "sink": lambda: add(fail),
        "filter": lambda: add(after.append, format="{message}", filter=fail),
        "callback": lambda: before.logger.add_callback(fail),
        "stream": lambda: add(Stream()),
    }[part]()
    lines: list[str] = []
    add(lines.append, format="{message}")
    before.logger.info("x")
    assert before.lines == lines == ["x"]
    assert after == ["x"] * (part == "filter"), "a filter that fails loses no line"
    error = capsys.readouterr().err
    assert error.startswith(f"--- Logging error in Cleat handler #{id} ---\nRecord was: {{'level': 'INFO'")
    assert "in fail\n" in error and error.endswith("ValueError: not today\n--- End of logging error ---\n")


def test_each_failure_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    kept = Kept()
    kept.logger.add(fail)
    for _ in range(5):
        kept.logger.info("x")
    assert capsys.readouterr().err.count("--- Logging error") == 5 and len(kept.lines) == 5


def test_a_report_that_cannot_be_made_takes_nothing_down(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        write = fail

    kept = Kept()
    kept.logger.add(fail)
    for stream in (None, Broken()):
        monkeypatch.setattr(sys, "stderr", stream)
        kept.logger.info("x")
    monkeypatch.undo()
    assert kept.lines == ["x", "x"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_what_ends_a_program_ends_it(error: type[BaseException]) -> None:
    def interrupted(line: str) -> None:
        raise error

    kept = Kept()
    kept.logger.add(interrupted)
    with pytest.raises(error):
        kept.logger.info("x")


def test_configure_refuses_a_patcher_that_is_no_function() -> None:
    kept = Kept()
    with pytest.raises(TypeError, match="patcher"):
        kept.logger.configure(patcher=5)  # type: ignore[arg-type]
    kept.logger.info("still there")
    assert kept.line == "still there"
