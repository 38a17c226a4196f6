"""opt() of logust's door: each option, in each kind of call."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from logust_lines import Kept, KeptJson

from cleat.logust import Logger, OptLogger


def test_opt_makes_another_logger_and_leaves_this_one_alone() -> None:
    kept = Kept()
    opted = kept.logger.bind(a=1).opt(lazy=True)
    assert isinstance(opted, OptLogger) and opted.bound == {"a": 1}
    assert isinstance(opted.bind(b=2), OptLogger) and opted.bind(b=2).options.lazy
    kept.logger.info("{}", print)
    assert kept.line.startswith("<built-in function print>")


@pytest.mark.parametrize("name", "trace debug info success warning error fail critical exception".split())
def test_every_level_method_takes_options(name: str) -> None:
    kept = Kept(format="{function} {message}")
    getattr(kept.logger.opt(lazy=True), name)("{} {b}", lambda: "a", b=lambda: "b")
    kept.logger.opt(lazy=True).log(name.upper() if name != "exception" else "ERROR", "{}", lambda: "log")
    assert kept.lines == ["test_every_level_method_takes_options a b", "test_every_level_method_takes_options log"]


def test_lazy_values_are_called_only_for_lines_that_are_wanted() -> None:
    kept = Kept(level="INFO")
    calls: list[int] = []
    lazy = kept.logger.opt(lazy=True)
    lazy.debug("{}", lambda: calls.append(1))
    lazy.info("{} {}", lambda: calls.append(2), "as it is")
    assert calls == [2] and kept.lines == ["None as it is"]


def test_record_is_there_for_the_message() -> None:
    kept = KeptJson()
    kept.logger.bind(user=7).opt(record=True).info(
        "{record[function]} {record[extra][user]} {record[level]} {} {k}", "a", k="b", more=1
    )
    assert kept.record["message"] == "test_record_is_there_for_the_message 7 INFO a b"
    assert kept.record["extra"] == {"user": 7, "more": 1}


def test_raw_writes_the_message_as_it_is(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    kept = Kept(format="{level} {message}")
    kept.logger.add(tmp_path / "a.log")
    kept.logger.add(sys.__stdout__)
    message = "a\n\x1b[31m<red>b</red>"
    kept.logger.opt(raw=True).info(message)
    kept.logger.opt(raw=True).info("{}", 1, more=2)
    assert kept.lines == [message, "1"]
    assert (tmp_path / "a.log").read_text() == capfd.readouterr().out == message + "1"
    kept.logger.remove()


def test_raw_lines_go_through_filters() -> None:
    kept = Kept(filter=lambda record: "secret" not in record["message"])
    kept.logger.opt(raw=True).info("secret")
    assert kept.lines == []


def test_capture_says_whether_keywords_are_fields() -> None:
    kept = KeptJson()
    kept.logger.opt(capture=False).info("{a}", a=1, b=2)
    kept.logger.opt(capture=True).info("{a}", a=1, b=2)
    assert kept.extras == [{}, {"b": 2}]


def test_colours_in_messages_are_followed_or_taken_out_in_any_case() -> None:
    coloured, plain = Kept(colorize=True), Kept()
    for kept in (coloured, plain):
        for colors in (True, False):
            kept.logger.opt(colors=colors).info("<red>x</red>")
    assert coloured.lines == ["\x1b[31mx\x1b[0m"] * 2 and plain.lines == ["x"] * 2


def test_depth_names_a_caller_further_out() -> None:
    kept = Kept(format="{function}")

    def helper(logger: Logger) -> None:
        logger.opt(depth=1).info("x")
        logger.opt(depth=1).log("INFO", "x")
        logger.info("x", _depth=1)

    def caller() -> None:
        helper(kept.logger)

    caller()
    assert kept.lines == ["caller"] * 3


def test_depth_beyond_the_stack_is_no_error() -> None:
    kept = Kept(format="{line} {message}")
    kept.logger.disable("elsewhere")
    kept.logger.opt(depth=10_000).info("x")
    assert kept.line.endswith(" x")


# -- exceptions --


def error() -> ValueError:
    try:
        raise ValueError("caught before")
    except ValueError as caught:
        return caught


def test_exception_as_each_kind_of_value() -> None:
    kept = KeptJson()
    before = error()
    opt = kept.logger.opt
    opt(exception=before).info("x")
    opt(exception=(type(before), before, before.__traceback__)).info("x")
    opt(exception=(None, None, None)).info("x")
    opt(exception=True).info("x")
    opt(exception=False).info("x")
    try:
        raise KeyError("handled now")
    except KeyError:
        opt(exception=True).info("x")
        opt(exception=before).exception("x")
        opt().exception("x")
        opt().info("x")
        opt().info("x", exception="text")
        opt(exception=True).info("x", exception="text")
    endings = [(record.get("exception") or "none").split("\n")[-1] for record in kept.records]
    before_text, now = "ValueError: caught before", "KeyError: 'handled now'"
    assert endings == [before_text, before_text, "none", "none", "none", now, before_text, now, "none", "text", "text"]


@pytest.mark.parametrize("wrong", [3, "x" * 0 or object(), ("a", "b")])
def test_what_is_no_exception_is_refused(wrong: Any) -> None:
    with pytest.raises(TypeError, match="an exception"):
        Kept().logger.opt(exception=wrong).info("x")


def test_backtrace_has_the_callers_of_who_caught() -> None:
    kept = Kept()

    def catches(**options: Any) -> str:
        try:
            raise ValueError("x")
        except ValueError:
            kept.logger.opt(**options).error("x")
        return kept.lines.pop()

    def outer(**options: Any) -> str:
        return catches(**options)

    assert "in outer" not in outer(exception=True)
    extended = outer(backtrace=True)
    assert extended.index("in test_backtrace_has") < extended.index("in outer") < extended.index("in catches")
    assert extended.endswith("ValueError: x")


def test_diagnose_has_the_values_of_variables_that_lines_name() -> None:
    kept = Kept()
    shown, hidden, long = 7, "not on the line", "x" * 500  # noqa: F841
    try:
        shown / 0, long  # type: ignore[operator]
    except ZeroDivisionError as caught:
        kept.logger.opt(diagnose=True, exception=caught).error("x")
    lines = [line.strip() for line in kept.line.split("\n")]
    assert "shown = 7" in lines and f"long = '{'x' * 96}..." in lines
    assert not any(line.startswith("hidden") for line in lines)


def test_diagnose_of_chained_exceptions_and_of_what_cannot_be_shown() -> None:
    class Broken:
        def __repr__(self) -> str:
            raise RuntimeError

    kept = Kept()
    first, second, broken = 1, 2, Broken()
    try:
        try:
            first / 0
        except ZeroDivisionError:
            raise ValueError(second, broken)  # noqa: B904
    except ValueError:
        kept.logger.opt(diagnose=True).error("x")
    assert "first = 1" in kept.line and "second = 2" in kept.line
    assert "During handling of the above exception" in kept.line


def test_an_unknown_option_is_refused() -> None:
    with pytest.raises(TypeError, match="'lasy'"):
        Kept().logger.opt(lasy=True)  # type: ignore[call-arg]
