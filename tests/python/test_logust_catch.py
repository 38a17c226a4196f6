"""catch() of logust's door: a with statement, and functions of every kind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator
from typing import Any

import pytest
from logust_lines import Kept

FORMAT = "{level} {function} {message}"


def first_lines(kept: Kept) -> list[str]:
    return [line.split("\n")[0] for line in kept.lines]


def test_with_statement() -> None:
    kept = Kept(format=FORMAT)
    with kept.logger.catch():
        raise ValueError("not today")
    first, second, *_ = kept.line.split("\n")
    assert first == "ERROR test_with_statement An error occurred: not today"
    assert second == "Traceback (most recent call last):"
    assert kept.line.endswith("ValueError: not today")
    assert "/logust/_catch.py" not in kept.line


def test_with_statement_without_an_exception_says_nothing() -> None:
    kept = Kept()
    with kept.logger.catch():
        pass
    assert kept.lines == []


def test_decorator_with_and_without_parentheses_names_the_caller() -> None:
    kept = Kept(format=FORMAT)

    @kept.logger.catch
    def bare(value: int) -> float:
        """Its text."""
        return 1 / value

    @kept.logger.catch()
    def called(value: int) -> float:
        return 1 / value

    def caller() -> None:
        assert (bare(0), called(0), bare(2), called(value=2)) == (None, None, 0.5, 0.5)

    caller()
    assert first_lines(kept) == ["ERROR caller An error occurred: division by zero"] * 2
    assert "in bare\n" in kept.lines[0] and "/logust/_catch.py" not in kept.lines[0]
    assert (bare.__name__, bare.__doc__) == ("bare", "Its text.")


def test_methods() -> None:
    kept = Kept()

    class Thing:
        @kept.logger.catch(default="d")
        def method(self) -> str:
            raise ValueError

        @classmethod
        @kept.logger.catch
        def of_class(cls) -> None:
            raise ValueError(cls.__name__)

    assert Thing().method() == "d"
    Thing.of_class()
    assert first_lines(kept) == ["An error occurred: ", "An error occurred: Thing"]


def test_options() -> None:
    kept = Kept(format=FORMAT)
    seen: list[BaseException] = []

    @kept.logger.catch((KeyError, ValueError), level="warning", message="Oh", onerror=seen.append, default=7)
    def fails(error: BaseException) -> int:
        raise error

    error = ValueError("a {b} c")
    assert fails(error) == 7 and seen == [error]
    assert first_lines(kept) == ["WARNING test_options Oh: a {b} c"]
    with pytest.raises(TypeError):
        fails(TypeError())
    assert len(kept.lines) == len(seen) == 1


def test_reraise_and_exclude() -> None:
    kept = Kept()
    with pytest.raises(ValueError, match="x"), kept.logger.catch(reraise=True):
        raise ValueError("x")
    with pytest.raises(KeyError), kept.logger.catch(exclude=(KeyError, IndexError)):
        raise KeyError
    with pytest.raises(SystemExit), kept.logger.catch():
        raise SystemExit
    with kept.logger.catch(BaseException):
        raise SystemExit
    assert len(kept.lines) == 2


def test_coroutine_functions() -> None:
    kept = Kept(format=FORMAT)

    @kept.logger.catch(default="d")
    async def fails(after: bool) -> str:
        await asyncio.sleep(0)
        if after:
            raise ValueError("x")
        return "well"

    async def caller() -> tuple[str, str]:
        return await fails(False), await fails(True)

    assert asyncio.run(caller()) == ("well", "d")
    assert first_lines(kept) == ["ERROR caller An error occurred: x"]
    assert asyncio.iscoroutinefunction(fails)


def test_cancellation_is_no_error() -> None:
    kept = Kept()

    @kept.logger.catch
    async def waits() -> None:
        await asyncio.Event().wait()

    async def program() -> None:
        task = asyncio.create_task(waits())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(program())
    assert kept.lines == []


def test_generator_functions() -> None:
    kept = Kept()

    @kept.logger.catch
    def numbers() -> Generator[Any, Any, str]:
        received = yield 1
        try:
            yield received
        except KeyError:
            yield "thrown"
        raise ValueError("x")

    generator = numbers()
    assert [next(generator), generator.send("sent"), generator.throw(KeyError())] == [1, "sent", "thrown"]
    assert list(generator) == []
    assert first_lines(kept) == ["An error occurred: x"]


def test_asynchronous_generator_functions() -> None:
    kept = Kept()
    closed: list[bool] = []

    @kept.logger.catch
    async def numbers() -> AsyncGenerator[Any, Any]:
        try:
            received = yield 1
            try:
                yield received
            except KeyError:
                yield "thrown"
            raise ValueError("x")
        finally:
            closed.append(True)

    async def program() -> None:
        generator = numbers()
        assert await generator.__anext__() == 1
        assert await generator.asend("sent") == "sent"
        assert await generator.athrow(KeyError()) == "thrown"
        assert [item async for item in generator] == []
        half = numbers()
        assert await half.__anext__() == 1
        await half.aclose()
        assert closed == [True, True]

    asyncio.run(program())
    assert first_lines(kept) == ["An error occurred: x"]


@pytest.mark.parametrize("thing", [int, 3])
def test_what_is_no_function_is_refused(thing: Any) -> None:
    with pytest.raises(TypeError, match="decorates functions and methods"):
        Kept().logger.catch()(thing)


def test_a_level_that_is_not_there_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="NOPE"):
        Kept().logger.catch(level="NOPE")


def test_one_catcher_serves_nested_and_repeated_statements() -> None:
    kept = Kept()
    catcher = kept.logger.catch(ValueError)
    for _ in range(2):
        with catcher, catcher:
            raise ValueError
    assert len(kept.lines) == 2


def test_a_switched_off_module_s_exceptions_are_caught_all_the_same() -> None:
    kept = Kept()
    kept.logger.disable(__name__)
    with kept.logger.catch():
        raise ValueError
    assert kept.lines == []


def test_an_exception_without_text_is_a_line_too() -> None:
    class Silent(Exception):
        def __str__(self) -> str:
            raise KeyError

    kept = Kept()
    with kept.logger.catch(message="caught"):
        raise Silent
    assert kept.line.startswith("caught: Silent()")


@pytest.mark.parametrize("wanted", [5, "ValueError", (ValueError, 5), int])
def test_what_is_neither_an_exception_nor_a_function_is_refused_at_once(wanted: Any) -> None:
    with pytest.raises(TypeError):
        Kept().logger.catch(wanted)
