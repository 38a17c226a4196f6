"""The contract's rules through logust's door (K1-K9, K11), and one context for this door and structlog's.

That it is C's, too, is in test_extension.py.
"""

from __future__ import annotations

import asyncio
import contextvars
import datetime
import decimal
import json
import threading
from collections.abc import AsyncGenerator, Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from log_lines import LogLines
from logust_lines import Kept, KeptJson

import cleat
from cleat import structlog
from cleat.structlog.contextvars import bind_contextvars, bound_contextvars, clear_contextvars, reset_contextvars


def pairs(line: str) -> list[tuple[str, Any]]:
    """A line's `extra`, with keys that come twice."""
    found: list[tuple[str, Any]] = []
    json.loads(line, object_pairs_hook=lambda given: [found.append(given), dict(given)][1])
    return [given for given in found if dict(given).keys() != {"time", "level", "message"}][0]


class TestFields:
    def test_k1_no_key_comes_twice(self) -> None:
        kept = KeptJson()
        kept.logger.configure(extra={"k": "core"})
        with kept.logger.contextualize(k="context"):
            kept.logger.bind(k="bound").info("x", k="call")
            kept.logger.bind(k="bound").patch(lambda record: record["extra"].update(k="patched")).info("x", k="call")
            kept.logger.patch(lambda record: record["extra"].update({1: "int", "1": "text"})).info("x")
        assert pairs(kept.lines[0]) == [("k", "call")]
        assert pairs(kept.lines[1]) == [("k", "patched")]
        assert pairs(kept.lines[2]) == [("k", "context"), ("1", "text")]

    def test_k2_order_is_core_bound_call_context_and_overriding_keeps_the_place(self) -> None:
        kept = KeptJson()
        kept.logger.configure(extra={"z": 0, "b": 0})
        with kept.logger.contextualize(c=4, a="no", y=5):
            kept.logger.bind(b=1, a=2).info("x", d=3, a=9)
        assert list(kept.extras[0].items()) == [("z", 0), ("b", 1), ("a", 9), ("d", 3), ("c", 4), ("y", 5)]

    @pytest.mark.parametrize(
        ("value", "shown"),
        [
            (None, None),
            (True, True),
            (-(2**63), -(2**63)),
            (2**64 - 1, 2**64 - 1),
            (2**64, str(2**64)),
            (0.1, 0.1),
            (1e300, 1e300),
            (float("inf"), "inf"),
            ("é\u2028\ud800", "é\u2028\ufffd"),
            (b"\xff", "\ufffd"),
            ([1, (2, {3: None})], [1, [2, {"3": None}]]),
            ({"a": {"b": [True]}}, {"a": {"b": [True]}}),
            (datetime.date(2026, 1, 31), "2026-01-31"),
            (decimal.Decimal("1.50"), "1.50"),
        ],
    )
    def test_k3_values_keep_their_type_by_whatever_way_they_come(self, value: Any, shown: Any) -> None:
        kept = KeptJson()
        kept.logger.bind(k=value).info("x")
        kept.logger.info("x", k=value)
        with kept.logger.contextualize(k=value):
            kept.logger.info("x")
        kept.logger.patch(lambda record: record["extra"].update(k=value)).info("x")
        kept.logger.configure(extra={"k": value})
        kept.logger.info("x")
        assert kept.extras == [{"k": shown}] * 5
        assert [type(extra["k"]) for extra in kept.extras] == [type(shown)] * 5

    def test_k4_bind_patch_and_opt_leave_the_logger_alone(self) -> None:
        kept = KeptJson()
        base = kept.logger.bind(a=1)
        base.bind(b=2), base.patch(lambda record: record["extra"].clear()), base.opt(capture=False)
        base.bind().bound["a"] = 5
        base.info("x", c=3)
        assert kept.extras == [{"a": 1, "c": 3}]


class TestContextualize:
    def test_it_gives_the_logger_that_it_was_called_on(self) -> None:
        bound = Kept().logger.bind(a=1)
        with bound.contextualize(b=2) as given:
            assert given is bound

    def test_k5_what_is_nearer_to_the_call_wins(self) -> None:
        kept = KeptJson()
        with kept.logger.contextualize(k="context"):
            kept.logger.info("x")
            kept.logger.bind(k="bound").info("x")
            kept.logger.bind(k="bound").info("x", k="call")
        assert [extra["k"] for extra in kept.extras] == ["context", "bound", "call"]

    def test_it_holds_for_all_loggers_inside(self) -> None:
        kept, other = KeptJson(), KeptJson()
        with kept.logger.contextualize(request="r"):
            other.logger.bind(a=1).info("x")
        assert other.extras == [{"a": 1, "request": "r"}]

    async def test_k6_overlapping_requests_never_see_or_leave_each_other_s_fields(self) -> None:
        kept = KeptJson()
        inside = [asyncio.Event(), asyncio.Event()]

        async def request(number: int) -> None:
            with kept.logger.contextualize(request=number):
                inside[number].set()
                await inside[1 - number].wait()
                kept.logger.info("{}", number)
                await asyncio.create_task(child(number))
            kept.logger.info("outside")

        async def child(number: int) -> None:
            kept.logger.info("{}", number)
            with kept.logger.contextualize(child=number):
                await asyncio.sleep(0)
                kept.logger.info("{}", number)

        await asyncio.gather(request(0), request(1))
        for record in kept.records:
            if record["message"] == "outside":
                assert "extra" not in record
            else:
                assert record["extra"]["request"] == int(record["message"])
        assert len(kept.records) == 8

    def test_k6_a_thread_begins_with_nothing_and_propagation_takes_the_fields_along(self) -> None:
        kept = KeptJson()
        with kept.logger.contextualize(request=1), ThreadPoolExecutor(1) as pool:
            pool.submit(kept.logger.info, "x").result()
            pool.submit(cleat.wrap(kept.logger.info), "x").result()
            pool.submit(contextvars.copy_context().run, kept.logger.info, "x").result()
        assert kept.extras == [{}, {"request": 1}, {"request": 1}]

    def test_k7_keys_that_were_bound_meanwhile_stay(self) -> None:
        kept = KeptJson()
        with kept.logger.contextualize(a=1):
            bind_contextvars(b=2)
            with kept.logger.contextualize(a=3, c=4):
                tokens = bind_contextvars(a=5)
                kept.logger.info("x")
                reset_contextvars(**tokens)
                kept.logger.info("x")
            kept.logger.info("x")
        kept.logger.info("x")
        assert kept.extras == [{"a": 5, "b": 2, "c": 4}, {"a": 3, "b": 2, "c": 4}, {"a": 1, "b": 2}, {"b": 2}]

    def test_k8_every_way_out_restores(self) -> None:
        kept = KeptJson()

        def returns() -> None:
            with kept.logger.contextualize(a=1):
                return

        def breaks() -> None:
            for _ in range(2):
                with kept.logger.contextualize(a=1):
                    break

        def raises() -> None:
            with kept.logger.contextualize(a=1):
                raise ValueError

        returns()
        breaks()
        with pytest.raises(ValueError):
            raises()
        kept.logger.info("x")
        assert kept.extras == [{}]

    def test_k8_a_generator_that_is_closed_from_elsewhere(self) -> None:
        kept = KeptJson()

        def generator() -> Generator[int, None, None]:
            with kept.logger.contextualize(a=1):
                yield 1

        with kept.logger.contextualize(outer=1):
            begun = generator()
            next(begun)
            begun.close()
            kept.logger.info("x")
        kept.logger.info("x")
        assert kept.extras == [{"outer": 1}, {}]

    async def test_k8_cancellation_restores(self) -> None:
        kept = KeptJson()

        async def waits() -> None:
            try:
                with kept.logger.contextualize(a=1):
                    await asyncio.Event().wait()
            finally:
                kept.logger.info("x")

        task = asyncio.create_task(waits())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert kept.extras == [{}]

    async def test_k8_an_asynchronous_generator(self) -> None:
        kept = KeptJson()

        async def generator() -> AsyncGenerator[int, None]:
            with kept.logger.contextualize(a=1):
                yield 1
                yield 2

        begun = generator()
        async for number in begun:
            kept.logger.info("{}", number)
            if number == 2:
                break
        await begun.aclose()
        kept.logger.info("x")
        assert kept.extras == [{}, {}, {}]

    def test_it_decorates_functions_each_call_for_itself(self) -> None:
        kept = KeptJson()

        @kept.logger.contextualize(depth=1)
        def recursive(left: int) -> None:
            kept.logger.info("x", left=left)
            with kept.logger.contextualize(inner=left):
                if left:
                    recursive(left - 1)

        recursive(1)
        kept.logger.info("x")
        assert kept.extras == [{"left": 1, "depth": 1}, {"left": 0, "depth": 1, "inner": 1}, {}]

    async def test_it_decorates_coroutine_functions(self) -> None:
        kept = KeptJson()

        @kept.logger.contextualize(a=1)
        async def work() -> None:
            await asyncio.sleep(0)
            kept.logger.info("x")

        await asyncio.gather(work(), work())
        kept.logger.info("x")
        assert kept.extras == [{"a": 1}, {"a": 1}, {}]

    def test_k9_what_is_cleared_is_gone(self) -> None:
        kept = KeptJson()
        with kept.logger.contextualize(a=1):
            clear_contextvars()
            kept.logger.info("x")
        kept.logger.info("x")
        assert kept.extras == [{}, {}]

    def test_any_name_may_be_a_field(self) -> None:
        kept = KeptJson()
        with kept.logger.contextualize(self=1, logger=2, fields=3):
            kept.logger.bind(name=4).info("x")
        assert kept.extras == [{"name": 4, "self": 1, "logger": 2, "fields": 3}]

    def test_threads_with_scopes_of_their_own(self) -> None:
        kept = KeptJson()

        def work(number: int) -> None:
            for step in range(200):
                with kept.logger.contextualize(thread=number), kept.logger.contextualize(step=step):
                    kept.logger.info("x", number=number, at=step)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wrong = [extra for extra in kept.extras if (extra["number"], extra["at"]) != (extra["thread"], extra["step"])]
        assert wrong == [] and len(kept.lines) == 800


class TestOneContext:
    def test_k11_what_contextualize_binds_is_on_structlog_s_lines_and_the_other_way_round(self, log: LogLines) -> None:
        kept = KeptJson()
        other = structlog.get_logger()
        with kept.logger.contextualize(by_logust=1):
            bind_contextvars(by_structlog=[2])
            other.info("structlog's")
            kept.logger.info("x")
            with bound_contextvars(scope=3):
                kept.logger.info("x")
        kept.logger.info("x")
        [line] = log.lines()
        assert (line["by_logust"], line["by_structlog"]) == (1, [2])
        assert kept.extras == [
            {"by_logust": 1, "by_structlog": [2]},
            {"by_logust": 1, "by_structlog": [2], "scope": 3},
            {"by_structlog": [2]},
        ]
