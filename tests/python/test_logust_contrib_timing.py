"""log_fn() and debug_fn(): a line when a call has ended, whatever kind of function, however it ends."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
import os
import re
from collections.abc import Iterator

import pytest
from logust_records import Records, kept_records

from cleat.logust import logger
from cleat.logust.contrib import debug_fn, log_fn

CALLED = re.compile(r"Called (\w+|<lambda>) with elapsed_time=\d+\.\d{3}( raised=\w+)?")


@pytest.fixture(autouse=True)
def records() -> Iterator[Records]:
    with kept_records() as kept:
        yield kept


def only_line(records):
    """Name and ending of the only line."""
    match = CALLED.fullmatch(records.only()["message"])
    assert match, records.only()["message"]
    return match[1], match[2]


class TestFunctions:
    def test_a_line_and_the_result(self, records):
        @log_fn
        def add(a, b=1):
            """Adds."""
            return a + b

        assert add(1, b=2) == 3
        assert only_line(records) == ("add", None)
        assert records.only()["level"] == "INFO"
        assert (add.__name__, add.__doc__, str(inspect.signature(add))) == ("add", "Adds.", "(a, b=1)")

    def test_the_place_is_the_caller_s(self, records):
        @log_fn
        def work():
            pass

        def caller():
            work()

        caller()
        record = records.only()
        assert (record["function"], record["file"]) == ("caller", os.path.basename(__file__))
        assert record["line"] == caller.__code__.co_firstlineno + 1

    def test_an_exception_goes_on_and_is_named(self, records):
        @log_fn
        def fail():
            raise KeyError("x")

        with pytest.raises(KeyError) as caught:
            fail()
        assert only_line(records) == ("fail", " raised=KeyError")
        assert caught.value.__context__ is None

    @pytest.mark.parametrize("level", ["WARNING", 40])
    def test_level(self, records, level):
        log_fn(level=level)(lambda: None)()
        assert only_line(records) == ("<lambda>", None)
        assert records.only()["level"] == {"WARNING": "WARNING", 40: "ERROR"}[level]

    def test_a_level_may_be_made_later_than_the_function(self, records):
        work = log_fn(len, level="TIMED-CALL")
        logger.level("TIMED-CALL", no=22)
        assert work("abc") == 3
        assert records.only()["level"] == "TIMED-CALL"

    def test_debug_fn(self, records):
        @debug_fn
        def one():
            pass

        @debug_fn()
        def two():
            pass

        one()
        two()
        assert [record["level"] for record in records] == ["DEBUG", "DEBUG"]

    def test_what_has_no_name(self, records):
        log_fn(functools.partial(int, "7"))()
        assert records.only()["message"].startswith("Called functools.partial(")

    def test_methods(self, records):
        class Shop:
            @log_fn
            def name(self):
                return type(self).__name__

            @staticmethod
            @log_fn
            def number():
                return 7

        assert (Shop().name(), Shop.number()) == ("Shop", 7)
        assert len(records) == 2


class TestCoroutines:
    def test_a_line_when_it_has_ended(self, records):
        @log_fn
        async def work(n):
            await asyncio.sleep(0)
            assert records == []
            return n

        assert inspect.iscoroutinefunction(work)
        assert asyncio.run(work(7)) == 7
        assert only_line(records) == ("work", None)

    def test_a_cancelled_one(self, records):
        @log_fn
        async def wait():
            await asyncio.get_running_loop().create_future()

        async def main():
            task = asyncio.ensure_future(wait())
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        asyncio.run(main())
        assert only_line(records) == ("wait", " raised=CancelledError")


class TestGenerators:
    def test_the_time_of_all_its_steps(self, records):
        @log_fn
        def count():
            got = yield 1
            yield got
            return "result"

        assert inspect.isgeneratorfunction(count)
        steps = count()
        assert next(steps) == 1 and steps.send(5) == 5 and records == []
        with pytest.raises(StopIteration) as end:
            next(steps)
        assert end.value.value == "result"
        assert only_line(records) == ("count", None)

    def test_one_that_is_not_wanted_any_more(self, records):
        @log_fn
        def count():
            yield 1
            yield 2

        steps = count()
        next(steps)
        steps.close()
        assert only_line(records) == ("count", None)

    def test_asynchronous_ones(self, records):
        @log_fn
        async def count():
            got = yield 1
            try:
                yield got
            except KeyError:
                yield "caught"

        async def main():
            steps = count()
            assert inspect.isasyncgen(steps)
            assert await anext(steps) == 1
            assert await steps.asend(5) == 5
            assert await steps.athrow(KeyError()) == "caught"
            assert records == []
            with pytest.raises(StopAsyncIteration):
                await anext(steps)

        asyncio.run(main())
        assert only_line(records) == ("count", None)

    def test_an_asynchronous_one_that_fails_or_is_closed(self, records):
        closed = []

        @log_fn
        async def count(fails):
            try:
                yield 1
                if fails:
                    raise KeyError
                yield 2
            finally:
                closed.append(fails)

        async def main():
            with pytest.raises(KeyError):
                async for _ in count(True):
                    pass
            steps = count(False)
            await anext(steps)
            await steps.aclose()

        asyncio.run(main())
        assert closed == [True, False]
        assert [CALLED.fullmatch(message)[2] for message in records.messages()] == [" raised=KeyError", None]

    def test_as_context_managers(self, records):
        """An exception inside of the `with` reaches the function's own `except`."""
        caught = []

        @contextlib.asynccontextmanager
        @log_fn
        async def session():
            try:
                yield
            except KeyError as error:
                caught.append(error)

        async def main():
            async with session():
                raise KeyError

        asyncio.run(main())
        assert len(caught) == 1
        assert only_line(records) == ("session", None)
