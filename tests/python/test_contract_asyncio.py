"""K6, K8, K10 in Python under asyncio: tasks, gather, task groups, threads, asynchronous generators."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

import cleat
from cleat import structlog
from cleat.structlog.contextvars import (
    bind_contextvars,
    bound_contextvars,
    clear_contextvars,
    get_contextvars,
    reset_contextvars,
    unbind_contextvars,
)

logger = structlog.get_logger()


pytestmark = pytest.mark.usefixtures("log")


class Turns:
    """Makes tasks run in an order that is said: await turns(3) returns after turns(0), (1) and (2) have."""

    def __init__(self):
        self._next = 0
        self._changed = asyncio.Condition()

    async def __call__(self, turn):
        async with self._changed:
            await self._changed.wait_for(lambda: self._next == turn)
            self._next += 1
            self._changed.notify_all()


class TestK6Tasks:
    async def test_k6_a_task_starts_with_its_creator_s_fields_and_keeps_its_own(self):
        turns = Turns()
        bind_contextvars(request_id="r-1")

        async def child():
            seen = dict(get_contextvars())
            bind_contextvars(step=1)
            await turns(1)
            unbind_contextvars("request_id")
            return seen, dict(get_contextvars())

        task = asyncio.create_task(child())
        bind_contextvars(later="not for the child")
        await turns(0)
        assert await task == ({"request_id": "r-1"}, {"step": 1})
        assert get_contextvars() == {"request_id": "r-1", "later": "not for the child"}

    async def test_k6_siblings_that_alternate_do_not_see_each_other(self, log):
        turns = Turns()

        async def sibling(number):
            clear_contextvars()
            bind_contextvars(request_id=number)
            for step in range(5):
                await turns(step * 3 + number)
                logger.info("step", number=number)
                with bound_contextvars(scope=number):
                    await asyncio.sleep(0)
                    logger.info("in scope", number=number)

        bind_contextvars(request_id="parent")
        await asyncio.gather(*[sibling(number) for number in range(3)])
        assert all(line["request_id"] == line["number"] for line in log.lines())
        assert all(line["scope"] == line["number"] for line in log.lines(event="in scope"))
        assert not any("scope" in line for line in log.lines(event="step"))
        assert len(log.lines()) == 3 * 5 * 2
        assert get_contextvars() == {"request_id": "parent"}

    @pytest.mark.skipif(sys.version_info < (3, 11), reason="task groups are of Python 3.11")
    async def test_k6_task_group(self):
        async def child(number):
            bind_contextvars(child=number)
            await asyncio.sleep(0)
            return dict(get_contextvars())

        bind_contextvars(request_id="r-1")
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(child(number)) for number in range(3)]
        assert [task.result() for task in tasks] == [{"request_id": "r-1", "child": number} for number in range(3)]
        assert get_contextvars() == {"request_id": "r-1"}

    @pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks are of Python 3.12")
    async def test_k6_eager_tasks(self):
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
        bind_contextvars(request_id="r-1")

        async def child():
            bind_contextvars(child=True)
            return dict(get_contextvars())

        assert await asyncio.create_task(child()) == {"request_id": "r-1", "child": True}
        assert get_contextvars() == {"request_id": "r-1"}

    @pytest.mark.skipif(sys.version_info < (3, 11), reason="the argument is of Python 3.11")
    async def test_k6_tasks_that_share_a_context_share_its_fields(self):
        shared = contextvars.Context()

        async def bind(**fields):
            bind_contextvars(**fields)

        await asyncio.create_task(bind(a=1), context=shared)
        await asyncio.create_task(bind(b=2), context=shared)
        assert shared.run(get_contextvars) == {"a": 1, "b": 2}
        assert get_contextvars() == {}

    async def test_k6_callbacks_of_the_loop(self):
        loop = asyncio.get_running_loop()
        found = loop.create_future()
        with bound_contextvars(request_id="r-1"):
            loop.call_soon(lambda: found.set_result(dict(get_contextvars())))
        assert await found == {"request_id": "r-1"}

    async def test_k6_many_tasks_each_with_its_own(self, log):
        async def request(number):
            clear_contextvars()
            bind_contextvars(request_id=number)
            await asyncio.sleep(0)
            logger.info("one", number=number)
            await asyncio.gather(helper(number), asyncio.to_thread(logger.info, "two", number=number))

        async def helper(number):
            logger.info("three", number=number)

        await asyncio.gather(*[request(number) for number in range(200)])
        assert len(log.lines()) == 600
        assert all(line["request_id"] == line["number"] for line in log.lines())


class TestK7TokensAcrossTasks:
    async def test_k7_a_token_of_the_parent_is_refused_in_the_child(self):
        tokens = bind_contextvars(a=1)

        async def child():
            with pytest.raises(ValueError, match="(?i)another context|different context"):
                reset_contextvars(**tokens)

        await asyncio.create_task(child())
        reset_contextvars(**tokens)
        assert get_contextvars() == {}


class TestK8Cancellation:
    async def test_k8_a_cancelled_scope_is_restored(self):
        after = []
        inside = asyncio.Event()

        async def work():
            try:
                with bound_contextvars(a=1):
                    inside.set()
                    await asyncio.Event().wait()
            finally:
                after.append(dict(get_contextvars()))

        task = asyncio.create_task(work())
        await inside.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert after == [{}]

    async def test_k8_decorated_coroutine_functions_are_bound_while_they_run(self):
        @bound_contextvars(a=1)
        async def work():
            await asyncio.sleep(0)
            return dict(get_contextvars())

        coroutine = work()
        assert get_contextvars() == {}
        assert await coroutine == {"a": 1}
        assert await asyncio.gather(work(), work()) == [{"a": 1}] * 2
        assert get_contextvars() == {}


class TestK8AsynchronousGenerators:
    async def rows(self, fields):
        with bound_contextvars(**fields):
            for number in range(3):
                yield number, dict(get_contextvars())

    async def test_k8_after_its_end_nothing_is_left(self):
        bind_contextvars(request_id="r-1")
        async for _, fields in self.rows({"cursor": 1}):
            assert fields == {"request_id": "r-1", "cursor": 1}
        assert get_contextvars() == {"request_id": "r-1"}

    async def test_k8_closed_by_the_same_task(self):
        bind_contextvars(cursor="outer")
        generator = self.rows({"cursor": 1})
        await generator.__anext__()
        await generator.aclose()
        assert get_contextvars() == {"cursor": "outer"}

    async def test_k8_closed_by_another_task(self):
        """It cannot be undone there; but neither may it fail, nor may the closer be changed."""
        generator = self.rows({"cursor": 1})
        await generator.__anext__()

        async def close():
            bind_contextvars(closer=True)
            await generator.aclose()
            return dict(get_contextvars())

        assert (await asyncio.create_task(close()))["closer"] is True

    async def test_k8_begun_and_closed_in_two_other_tasks(self):
        generator = self.rows({"cursor": 1})
        bind_contextvars(cursor="outer")
        await asyncio.create_task(generator.__anext__())
        await asyncio.create_task(generator.aclose())
        assert get_contextvars() == {"cursor": "outer"}

    async def test_k8_every_step_in_another_task(self):
        async def step():
            return await generator.__anext__()

        generator = self.rows({"cursor": 1})
        seen = [(await asyncio.create_task(step()))[0] for _ in range(3)]
        with pytest.raises(StopAsyncIteration):
            await asyncio.create_task(generator.__anext__())
        assert seen == [0, 1, 2]
        assert get_contextvars() == {}

    def test_k8_dropped_and_closed_by_the_loop(self):
        """Nobody closes it: the loop does so, in a task of its own. No error may come of it."""
        errors = []

        async def main():
            asyncio.get_running_loop().set_exception_handler(lambda loop, context: errors.append(context))

            async def consume():
                async for _ in self.rows({"cursor": 1}):
                    break

            await asyncio.create_task(consume())
            gc.collect()
            await asyncio.sleep(0)
            return dict(get_contextvars())

        assert asyncio.run(main()) == {}
        assert errors == []

    def test_k8_still_open_when_the_loop_ends(self):
        async def main():
            generator = self.rows({"cursor": 1})
            await generator.__anext__()
            return generator  # asyncio.run() closes it, in yet another task

        asyncio.run(main())
        assert get_contextvars() == {}

    async def test_k8_scopes_of_two_generators_in_turns(self):
        first, second = self.rows({"a": 1}), self.rows({"b": 2})
        await first.__anext__()
        await second.__anext__()
        await first.aclose()
        _, fields = await second.__anext__()
        assert fields == {"b": 2}
        await second.aclose()
        assert get_contextvars() == {}


class TestK10Threads:
    async def test_k10_to_thread(self):
        bind_contextvars(request_id="r-1")
        assert await asyncio.to_thread(get_contextvars) == {"request_id": "r-1"}

    async def test_k6_what_a_thread_binds_stays_there(self):
        await asyncio.to_thread(bind_contextvars, thread=True)
        assert get_contextvars() == {}

    async def test_k10_run_in_executor_wants_propagate(self):
        loop = asyncio.get_running_loop()
        bind_contextvars(request_id="r-1")
        with ThreadPoolExecutor(1) as pool:
            assert await loop.run_in_executor(pool, get_contextvars) == {}
            cleat.propagate(pool)
            assert await loop.run_in_executor(pool, get_contextvars) == {"request_id": "r-1"}

    async def test_k10_a_task_from_another_thread_has_that_thread_s_context(self):
        loop = asyncio.get_running_loop()

        async def work():
            return dict(get_contextvars())

        def in_thread():
            bind_contextvars(thread="its own")
            return asyncio.run_coroutine_threadsafe(work(), loop).result()

        bind_contextvars(request_id="r-1")
        with ThreadPoolExecutor(1) as pool:
            assert await loop.run_in_executor(pool, in_thread) == {"thread": "its own"}

    async def test_k11_asynchronous_log_methods_take_the_context_of_their_call(self, log):
        with bound_contextvars(request_id="r-1"):
            call = logger.ainfo("said")
            await call
        assert log.lines(event="said", request_id="r-1")

    def test_k6_every_run_begins_with_its_caller_s_fields(self):
        async def bind_and_get():
            bind_contextvars(inner=True)
            return dict(get_contextvars())

        bind_contextvars(outer=True)
        assert asyncio.run(bind_and_get()) == {"outer": True, "inner": True}
        assert get_contextvars() == {"outer": True}
