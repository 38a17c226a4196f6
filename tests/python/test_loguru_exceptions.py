"""cleat.loguru: the text of exceptions, and catch()."""

from __future__ import annotations

import asyncio
import inspect
import re
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from loguru_logger import make_logger

from cleat.loguru._exceptions import ExceptionFormat
from cleat.loguru._logger import Logger


def logger_to(lines: list[str], **options: Any) -> Logger:
    logger = make_logger()
    logger.add(lines.append, **{"format": "{function}: {message}", "catch": False, **options})
    return logger


def text_of(error: BaseException, **options: Any) -> str:
    shows = {"backtrace": False, "diagnose": False, "colorize": False, **options}
    return ExceptionFormat(**shows).format((type(error), error, error.__traceback__))


def caught(function: Callable[[], object]) -> BaseException:
    try:
        function()
    except BaseException as error:
        return error
    raise AssertionError


# ---------------------------------------------------------------------------------------------------------------------
# The text


def divide(dividend: int, divisor: int) -> float:
    return dividend / divisor


def test_values_of_variables_hang_from_their_names() -> None:
    shown = text_of(caught(lambda: divide(12, 0)), diagnose=True).splitlines()
    place = shown.index("    return dividend / divisor")
    assert shown[place + 1 : place + 3] == ["           │          └ 0", "           └ 12"]


def test_values_hang_from_ascii_where_the_encoding_has_no_more() -> None:
    shown = text_of(caught(lambda: divide(12, 0)), diagnose=True, encoding="ascii").splitlines()
    assert shown[-3:-1] == ["           |          -> 0", "           -> 12"]


def test_what_has_a_value_and_what_has_none() -> None:
    class Owner:
        part = "of it"

        @property
        def never(self) -> None:
            pytest.fail("the program's code was run")

    owner = Owner()

    def fail() -> None:
        key = 1
        divide(missing, owner.part, owner.never, divisor=key)  # type: ignore # noqa: F821

    shown = text_of(caught(fail), diagnose=True)
    values = re.findall(r"└ (.*)", shown[shown.index("in fail") :])
    assert [value.split(" at 0x")[0].rpartition(".")[2] for value in values] == [
        *("1", "<property object", "Owner object", "'of it'", "Owner object", "<function divide"),
    ]


def test_values_are_shortened_and_never_break_the_text() -> None:
    class Broken:
        def __repr__(self) -> str:
            raise ValueError("no")

    def fail(long: str, broken: Broken, lines: str) -> None:
        raise ValueError(long, broken, lines)

    class Lines:
        def __repr__(self) -> str:
            return "first\nsecond\x1b[0m"

    shown = text_of(caught(lambda: fail("x" * 1000, Broken(), Lines())), diagnose=True)  # type: ignore[arg-type]
    assert f"'{'x' * 124}..." in shown
    assert "<unprintable Broken object>" in shown
    assert "first\\nsecond\\x1b[0m" in shown


def test_K15_an_exceptions_message_moves_no_cursor() -> None:
    shown = text_of(caught(lambda: exec("raise ValueError('two\\nlines\\x1b[2J')")))
    assert "ValueError: two\nlines\\x1b[2J\n" in shown


def test_causes_and_contexts_are_told_first() -> None:
    def fail() -> None:
        try:
            divide(1, 0)
        except ZeroDivisionError as error:
            try:
                raise KeyError("k") from error
            except KeyError:
                raise ValueError("v")  # noqa: B904

    shown = text_of(caught(fail))
    assert shown.count("Traceback (most recent call last):") == 3
    parts = ("ZeroDivisionError: ", "direct cause", "KeyError: 'k'", "During handling", "ValueError: v")
    assert [part for _, part in sorted((shown.index(part), part) for part in parts)] == list(parts)


def test_contexts_that_are_suppressed_are_not_told() -> None:
    def fail() -> None:
        try:
            divide(1, 0)
        except ZeroDivisionError:
            raise ValueError("v") from None

    assert "ZeroDivisionError" not in text_of(caught(fail))


def test_exceptions_that_cause_each_other_are_told_once() -> None:
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    assert text_of(first).count("ValueError: first") == 1


def test_a_recursion_is_told_in_a_few_lines() -> None:
    def deeper(left: int) -> None:
        if not left:
            raise ValueError
        deeper(left - 1)

    shown = text_of(caught(lambda: deeper(500)), diagnose=True)
    assert "[Previous line repeated 497 more times]" in shown
    assert len(shown.splitlines()) < 40


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10 has neither")
def test_groups_and_notes() -> None:
    error: Any = ValueError("inside")
    error.add_note("a note")
    assert text_of(error).endswith("ValueError: inside\na note\n")
    group = ExceptionGroup("together", [error, KeyError("k")])  # noqa: F821
    shown = text_of(caught(lambda: (_ for _ in ()).throw(group)))
    assert "together (2 sub-exceptions)" in shown
    assert "| ValueError: inside" in shown
    assert "| KeyError: 'k'" in shown


def test_colours() -> None:
    shown = text_of(caught(lambda: divide(1, 0)), diagnose=True, colorize=True)
    assert "\x1b[1;31mZeroDivisionError\x1b[0m: division by zero\n" in shown
    assert "in \x1b[35mdivide\x1b[0m\n" in shown
    lines: list[str] = []
    for options in ({}, {"filter": lambda record: True}):
        logger = logger_to(lines, colorize=True, diagnose=False, backtrace=False, **options)
        logger.opt(exception=ValueError("a\x1b")).info("m")
    assert lines[0] == lines[1]
    assert lines[0].endswith("\x1b[1;31mValueError\x1b[0m: a\\x1b\n")


def test_backtrace_shows_who_called_and_marks_where_it_was_caught() -> None:
    lines: list[str] = []
    logger = logger_to(lines, backtrace=True, diagnose=False)

    def inner() -> None:
        try:
            divide(1, 0)
        except ZeroDivisionError:
            logger.exception("m")

    inner()
    calls = re.findall(r"^([ >]) File .*, in (\w+)", lines[0], re.MULTILINE)
    assert calls[-3:] == [
        (" ", "test_backtrace_shows_who_called_and_marks_where_it_was_caught"),
        (">", "inner"),
        (" ", "divide"),
    ]


# ---------------------------------------------------------------------------------------------------------------------
# catch()


@pytest.mark.parametrize("backtrace", [False, True])
def test_the_calls_of_catch_itself_are_not_shown(backtrace: bool) -> None:
    lines: list[str] = []
    logger = logger_to(lines, backtrace=backtrace, diagnose=False)
    logger.catch(divide)(1, 0)
    calls = re.findall(r"^([ >]) File .*, in (\w+)", lines[0], re.MULTILINE)
    here = "test_the_calls_of_catch_itself_are_not_shown"
    assert calls[-2:] == [(">" if backtrace else " ", here), (" ", "divide")]
    assert lines[0].startswith(f"{here}: An error has been caught in function '{here}', process 'MainProcess'")


def test_coroutine_functions_and_generators_of_both_kinds() -> None:
    lines: list[str] = []
    logger = logger_to(lines)

    @logger.catch(default=1)
    async def coroutine() -> float:
        return divide(1, 0)

    @logger.catch(default=1)
    def generator() -> Iterator[float]:
        yield 0
        yield divide(1, 0)

    @logger.catch
    async def async_generator() -> AsyncIterator[Any]:
        yield (yield 0)
        yield divide(1, 0)

    async def run() -> list[Any]:
        assert inspect.isasyncgenfunction(async_generator)
        values = async_generator()
        sent = [await values.asend(None), await values.asend("sent")]
        return [await coroutine(), *sent, [item async for item in values]]

    assert asyncio.run(run()) == [1, 0, "sent", []]
    assert list(generator()) == [0]
    assert len(lines) == 3


def test_what_is_not_to_be_caught_goes_on() -> None:
    lines: list[str] = []
    logger = logger_to(lines)
    with pytest.raises(KeyError):
        logger.catch(ValueError)(lambda: {}[1])()
    with pytest.raises(ZeroDivisionError), logger.catch(exclude=ArithmeticError):
        divide(1, 0)
    with pytest.raises(KeyboardInterrupt), logger.catch():
        raise KeyboardInterrupt
    assert lines == []
    with pytest.raises(ZeroDivisionError), logger.catch(reraise=True):
        divide(1, 0)
    assert len(lines) == 1


def test_options_of_the_logger_hold_for_what_it_catches() -> None:
    lines: list[str] = []
    logger = logger_to(lines, format="{function}: {message}", diagnose=False, colorize=True)

    def caller() -> None:
        with logger.opt(colors=True, depth=1).catch(message="<red>{record[level]}</red>", level="WARNING"):
            divide(1, 0)

    caller()
    assert lines[0].startswith("test_options_of_the_logger_hold_for_what_it_catches: \x1b[31mWARNING\x1b[0m\n")


def test_a_value_that_catches_its_own_errors_while_it_is_shown_is_no_circle() -> None:
    lines: list[str] = []
    logger = logger_to(lines, diagnose=True)

    class Value:
        @logger.catch(reraise=True)
        def __repr__(self) -> str:
            raise ValueError("no")

    with logger.catch():
        divide(Value(), 0)  # type: ignore[arg-type]
    assert len(lines) == 1
    assert "<unprintable Value object>" in lines[0]


@pytest.mark.parametrize("wrong", ["x", 5, (ValueError, 5), object])
def test_what_is_no_exception_is_refused_before_there_is_one(wrong: Any) -> None:
    with pytest.raises(TypeError):
        make_logger().catch(ValueError, exclude=wrong)
    if not callable(wrong):
        with pytest.raises(TypeError):
            make_logger().catch(wrong)


def test_classes_cannot_be_decorated() -> None:
    with pytest.raises(TypeError, match="Some"):

        @make_logger().catch
        class Some: ...
