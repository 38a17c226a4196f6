"""No line of cleat.logust has a field of anybody else's, and none lacks one of its own (K2, K5, K6, K8, K10, K11)."""

from __future__ import annotations

import asyncio
import gc
import json
import random
import sys
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from random_flows import Fields, Flow, World, as_json, drive, serve

import cleat
from cleat.logust import logger

REQUESTS = 1000
THREADS = 64
CANCELLED_AT_ONCE = 20
EAGER_SWITCHES = 0.0005  # seconds a thread runs before it is asked to let another one


@pytest.fixture(autouse=True)
def without_handlers() -> Iterator[None]:
    logger.remove()
    yield
    logger.remove()


@dataclass(frozen=True)
class Output:
    """A way of writing lines, and how they are read again: into the message, and what is shown of `extra`."""

    options: dict[str, Any]
    shown: Callable[[Fields], str]
    read: Callable[[str], tuple[str, str]]


def read_json(line: str) -> tuple[str, str]:
    record = json.loads(line)
    return record["message"], as_json(record.get("extra", {}))


def read_text(line: str) -> tuple[str, str]:
    message, _, extra = line.partition(" | ")
    return message, extra


OUTPUTS = {
    "json": Output({"serialize": True}, as_json, read_json),
    "enqueued json": Output({"serialize": True, "enqueue": True}, as_json, read_json),
    "text": Output({"format": "{message} | {extra}"}, str, read_text),
}


@contextmanager
def eager_switches() -> Iterator[None]:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(EAGER_SWITCHES)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


async def serve_requests(world: World, lines: int) -> None:
    """All at once; and all the time some of them are cancelled, whatever they are doing."""
    requests = [asyncio.create_task(serve(Flow(world, f"request-{number}", {}, in_loop=True), lines))
                for number in range(REQUESTS)]
    dice = random.Random("cancellations")
    while not all(request.done() for request in requests):
        await asyncio.sleep(0)
        for request in dice.sample(requests, CANCELLED_AT_ONCE):
            request.cancel()
    await asyncio.gather(*requests)
    for task in world.tasks:
        with suppress(asyncio.CancelledError):
            await task


def run_in_threads(world: World, lines: int) -> list[threading.Thread]:
    def work(number: int) -> None:
        flow = Flow(world, f"thread-{number}", {}, in_loop=False)
        drive(serve(flow, lines), flow)

    threads = [threading.Thread(target=work, args=[number]) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    return threads


def wrong_lines(file: Path, output: Output, world: World) -> Iterator[str]:
    """What is not as it should be; each flow's lines have to be there, once, in their order."""
    expected = {flow.name: iter(flow.expected) for flow in world.flows}
    said = dict.fromkeys(expected, 0)
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            message, shown = output.read(line.rstrip("\n"))
            name, _, number = message.partition(" ")
            wanted = next(expected[name], "nothing")
            if shown != wanted or int(number) != said[name]:
                yield f"line {said[name]} of {name} should have {wanted}: {line}"
            said[name] += 1
    for flow in world.flows:
        if said[flow.name] != len(flow.expected):
            yield f"{flow.name} has said {len(flow.expected)} lines, {said[flow.name]} are there"


def run_and_check(output: Output, file: Path, at_least: int) -> None:
    lines = at_least // (REQUESTS + THREADS) + 1
    world = World(output.shown)
    logger.add(file, **output.options)
    with eager_switches():
        threads = run_in_threads(world, lines)
        asyncio.run(serve_requests(world, lines))
        for thread in threads:
            thread.join()
    logger.complete()
    assert sum(len(flow.expected) for flow in world.flows) >= at_least
    assert next(wrong_lines(file, output, world), None) is None


class TestRandomFlows:
    @pytest.mark.parametrize("name", OUTPUTS)
    def test_k6_not_one_wrong_field(self, name: str, tmp_path: Path) -> None:
        run_and_check(OUTPUTS[name], tmp_path / "lines.log", 10_000)

    @pytest.mark.heavy
    @pytest.mark.parametrize(("name", "lines"), [("json", 1_000_000), ("enqueued json", 250_000), ("text", 250_000)])
    def test_k6_not_one_wrong_field_in_many_lines(self, name: str, lines: int, tmp_path: Path) -> None:
        run_and_check(OUTPUTS[name], tmp_path / "lines.log", lines)


@pytest.fixture
def extras() -> dict[str, Fields]:
    """What lines have in `extra`, by their message."""
    found: dict[str, Fields] = {}

    def keep(line: str) -> None:
        message, extra = read_json(line)
        assert message not in found
        found[message] = json.loads(extra)

    logger.add(keep, serialize=True)
    return found


class TestTasks:
    async def test_k6_a_task_has_what_is_there_when_it_is_made(self, extras: dict[str, Fields]) -> None:
        async def child() -> None:
            await scope_is_left.wait()
            logger.info("child")
            with logger.contextualize(request="the child's"):
                logger.info("child's scope")
            logger.info("child again")

        scope_is_left = asyncio.Event()
        with logger.contextualize(request=1):
            task = asyncio.create_task(child())
            with logger.contextualize(late=True):
                logger.info("parent")
        logger.info("parent again")
        scope_is_left.set()
        await task
        assert extras == {
            "parent": {"request": 1, "late": True},
            "parent again": {},
            "child": {"request": 1},
            "child's scope": {"request": "the child's"},
            "child again": {"request": 1},
        }

    async def test_k6_scopes_that_overlap_in_time(self, extras: dict[str, Fields]) -> None:
        """The second is entered while the first is open, and left after it."""
        async def request(number: int) -> None:
            with logger.contextualize(request=number):
                together.release()
                await leave[number].wait()
                logger.info(f"request {number}")
            logger.info(f"after {number}")

        together = asyncio.Semaphore(0)
        leave = [asyncio.Event(), asyncio.Event()]
        tasks = [asyncio.create_task(request(number)) for number in range(2)]
        for task in tasks:
            await together.acquire()
        for event, task in zip(leave, tasks, strict=True):
            event.set()
            await task
        assert extras == {"request 0": {"request": 0}, "after 0": {}, "request 1": {"request": 1}, "after 1": {}}

    async def test_k8_a_cancelled_scope_is_restored(self, extras: dict[str, Fields]) -> None:
        async def request() -> None:
            with logger.contextualize(request="outer"):
                try:
                    with logger.contextualize(request="inner", step=1):
                        entered.set()
                        await asyncio.Event().wait()
                except asyncio.CancelledError:
                    logger.info("cancelled")

        entered = asyncio.Event()
        task = asyncio.create_task(request())
        await entered.wait()
        task.cancel()
        await task
        assert extras == {"cancelled": {"request": "outer"}}

    async def test_k7_a_scope_that_is_left_in_another_task_changes_nothing_there(
            self, extras: dict[str, Fields]) -> None:
        async def enter() -> None:
            scope.__enter__()
            logger.info("entered")

        async def leave() -> None:
            with logger.contextualize(request="the leaver's"):
                scope.__exit__(None, None, None)
                logger.info("left")

        scope = logger.contextualize(request="the enterer's")
        await asyncio.create_task(enter())
        await asyncio.create_task(leave())
        logger.info("outside")
        assert extras == {"entered": {"request": "the enterer's"}, "left": {"request": "the leaver's"}, "outside": {}}

    async def test_k11_a_bound_logger_that_is_handed_over_has_the_context_of_its_call(
            self, extras: dict[str, Fields]) -> None:
        async def child(log: Any) -> None:
            with logger.contextualize(task="the child's"):
                log.info("child")

        with logger.contextualize(request=1):
            bound = logger.bind(user="u-1")
            await asyncio.create_task(child(bound))
        bound.info("later")
        assert extras == {"child": {"user": "u-1", "request": 1, "task": "the child's"}, "later": {"user": "u-1"}}
        assert list(extras["child"]) == ["user", "request", "task"]


class TestThreads:
    async def test_k10_to_thread_begins_with_the_caller_s_fields(self, extras: dict[str, Fields]) -> None:
        def work() -> None:
            logger.info("thread")
            logger.contextualize(leftover=True).__enter__()

        with logger.contextualize(request=1):
            await asyncio.to_thread(work)
            logger.info("caller")
        await asyncio.to_thread(logger.info, "another call")
        assert extras == {"thread": {"request": 1}, "caller": {"request": 1}, "another call": {}}

    def test_k6_a_new_thread_begins_with_nothing(self, extras: dict[str, Fields]) -> None:
        with logger.contextualize(request=1):
            thread = threading.Thread(target=logger.info, args=["thread"])
            thread.start()
            thread.join()
        inherits = getattr(sys.flags, "thread_inherit_context", 0)
        assert extras == {"thread": {"request": 1} if inherits else {}}

    def test_k10_wrap_takes_the_fields_into_an_executor(self, extras: dict[str, Fields]) -> None:
        with ThreadPoolExecutor(1) as pool:
            for number in range(3):
                with logger.contextualize(request=number):
                    pool.submit(cleat.wrap(logger.info), f"wrapped {number}").result()
            pool.submit(logger.info, "plain").result()
        assert extras == {**{f"wrapped {number}": {"request": number} for number in range(3)}, "plain": {}}


class TestGenerators:
    @staticmethod
    def rows() -> Iterator[int]:
        with logger.contextualize(cursor=1):
            for row in range(3):
                logger.info(f"row {row}")
                yield row
        logger.info("end of rows")

    def test_k8_closed_by_the_same_thread(self, extras: dict[str, Fields]) -> None:
        with logger.contextualize(cursor="outer"):
            rows = self.rows()
            next(rows)
            rows.close()
            logger.info("closed")
        assert extras == {"row 0": {"cursor": 1}, "closed": {"cursor": "outer"}}

    def test_k8_closed_by_another_thread(self, extras: dict[str, Fields]) -> None:
        def close() -> None:
            with logger.contextualize(cursor="the closer's"):
                rows.close()
                logger.info("closed")

        rows = self.rows()
        next(rows)
        closer = threading.Thread(target=close)
        closer.start()
        closer.join()
        assert extras == {"row 0": {"cursor": 1}, "closed": {"cursor": "the closer's"}}

    async def test_k8_an_asynchronous_one_begun_and_closed_in_two_other_tasks(self, extras: dict[str, Fields]) -> None:
        async def rows() -> AsyncGenerator[int, None]:
            with logger.contextualize(cursor=1):
                logger.info("row")
                yield 0

        generator = rows()
        with logger.contextualize(cursor="outer"):
            await asyncio.create_task(generator.__anext__())  # type: ignore[arg-type]
            await asyncio.create_task(generator.aclose())  # type: ignore[arg-type]
            logger.info("closed")
        assert extras == {"row": {"cursor": 1}, "closed": {"cursor": "outer"}}

    def test_k8_one_that_nobody_closes(self, extras: dict[str, Fields]) -> None:
        with logger.contextualize(cursor="outer"):
            rows = self.rows()
            next(rows)
            del rows
            gc.collect()
            logger.info("dropped")
        logger.info("outside")
        assert extras == {"row 0": {"cursor": 1}, "dropped": {"cursor": "outer"}, "outside": {}}
