"""Where structlog fails its users, and Cleat does not.

That a fork while another thread logs does not hang is in test_contract_processes.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc

import pytest

from cleat import structlog
from cleat.structlog.contextvars import (
    bind_contextvars,
    bound_contextvars,
    clear_contextvars,
    get_contextvars,
    unbind_contextvars,
)


pytestmark = pytest.mark.usefixtures("log")


class TestOrder:
    def test_k5_merged_keys_come_in_the_order_they_were_bound_in(self, log):
        names = [f"key{number * 7919 % 101}" for number in range(40)]
        for name in names:
            bind_contextvars(**{name: 1})
        structlog.get_logger().info("e")
        assert [key for key in log.lines()[0] if key.startswith("key")] == names
        assert list(get_contextvars()) == names

    def test_k2_overriding_keeps_the_place_and_unbinding_loses_it(self, log):
        bind_contextvars(a=1, b=1, c=1)
        bind_contextvars(b=2)
        unbind_contextvars("a")
        bind_contextvars(a=2)
        assert list(get_contextvars().items()) == [("b", 2), ("c", 1), ("a", 2)]

    def test_k8_a_scope_gives_back_the_place_too(self):
        bind_contextvars(a=1, b=1)
        with bound_contextvars(a=2, c=3):
            assert list(get_contextvars()) == ["a", "b", "c"]
        assert list(get_contextvars().items()) == [("a", 1), ("b", 1)]


class TestCost:
    def test_k9_keys_that_were_cleared_leave_nothing_in_the_context(self):
        def bind_and_clear():
            before = len(contextvars.copy_context())
            for number in range(1000):
                bind_contextvars(**{f"key{number}": number})
            clear_contextvars()
            for number in range(1000):
                with bound_contextvars(**{f"scope{number}": number}):
                    pass
            for number in range(1000):
                bind_contextvars(**{f"unbound{number}": number})
                unbind_contextvars(f"unbound{number}")
            return len(contextvars.copy_context()) - before

        assert contextvars.copy_context().run(bind_and_clear) <= 1

    def test_k9_values_that_were_cleared_are_freed(self):
        class Value:
            alive = 0

            def __init__(self):
                Value.alive += 1

            def __del__(self):
                Value.alive -= 1

        bind_contextvars(a=Value(), b=Value())
        with bound_contextvars(a=Value()):
            pass
        unbind_contextvars("b")
        bind_contextvars(a=Value())
        clear_contextvars()
        gc.collect()
        assert Value.alive == 0


class TestAsynchronousGenerators:
    async def rows(self):
        with bound_contextvars(cursor=1):
            for number in range(3):
                structlog.get_logger().info("inside", number=number)
                yield number

    async def test_k8_a_scope_inside_does_not_leak_into_the_consumer(self, log):
        bind_contextvars(request_id="r-1")
        async for _ in self.rows():
            assert get_contextvars() == {"request_id": "r-1"}
            structlog.get_logger().info("outside")
        assert all(line["cursor"] == 1 for line in log.lines(event="inside"))
        assert not any("cursor" in line for line in log.lines(event="outside"))
        assert len(log.lines(request_id="r-1")) == 6

    async def test_k8_nor_after_a_break(self):
        generator = self.rows()
        async for _ in generator:
            break
        assert get_contextvars() == {}
        await generator.aclose()
        assert get_contextvars() == {}

    async def test_k8_nor_when_another_task_closes_it(self):
        generator = self.rows()
        await generator.__anext__()
        await asyncio.create_task(generator.aclose())
        assert get_contextvars() == {}

    async def test_k8_what_the_consumer_binds_meanwhile_stays(self):
        async for number in self.rows():
            bind_contextvars(row=number)
        assert get_contextvars() == {"row": 2}

    async def test_k8_the_body_of_a_context_manager_is_meant_to_see_it(self):
        """There the generator is only how the scope is written."""

        @contextlib.contextmanager
        def scope():
            with bound_contextvars(a=1):
                yield

        @contextlib.asynccontextmanager
        async def async_scope():
            with bound_contextvars(b=2):
                yield

        with scope():
            async with async_scope():
                assert get_contextvars() == {"a": 1, "b": 2}
                await asyncio.sleep(0)
                assert await asyncio.create_task(self.fields()) == {"a": 1, "b": 2}
            assert get_contextvars() == {"a": 1}
        assert get_contextvars() == {}

    async def fields(self):
        return dict(get_contextvars())
