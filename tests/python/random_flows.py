"""Random programs that log through logust's API, and what each of their lines must say: kept beside the logger, in
plain dictionaries, separately for each flow of execution.

A flow is a task, or a thread, with all that happens in it one after the other: scopes, bound and patched loggers,
pauses, failures, cancellations. Some start flows of their own, which begin with their parent's context.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from cleat.logust import logger
from cleat.structlog.contextvars import bind_contextvars, clear_contextvars

KEYS = ("request", "user", "tenant", "step", "attempt", "span", "ratio", "tags")
DEEPEST = 5
FEW_STEPS = (2, 7)

Fields = dict[str, Any]
# What a line shows of `extra`, made of what it should have.
Shown = Callable[[Fields], str]


class Stop(Exception):
    """A failure of the program."""


def as_json(extra: Fields) -> str:
    return json.dumps(extra)


@types.coroutine
def pause() -> Iterator[None]:
    """Lets others run: a bare yield is what an event loop understands, and whoever drives a coroutine by hand."""
    yield


@dataclass
class World:
    """What all flows of one run have in common."""

    shown: Shown
    flows: list[Flow] = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)


@dataclass(frozen=True)
class Speaker:
    """A logger, and what it adds to its lines."""

    log: Any
    bound: Fields
    patches: tuple[Fields, ...] = ()

    def bind(self, fields: Fields) -> Speaker:
        return Speaker(self.log.bind(**fields), {**self.bound, **fields}, self.patches)

    def patch(self, fields: Fields) -> Speaker:
        patched = self.log.patch(lambda record: record["extra"].update(fields))
        return Speaker(patched, self.bound, (*self.patches, fields))


class Flow:
    def __init__(self, world: World, name: str, context: Fields, in_loop: bool) -> None:
        self.world = world
        self.name = name
        self.context = context
        self.in_loop = in_loop
        self.random = random.Random(name)
        self.expected: list[str] = []
        self.made = 0
        world.flows.append(self)

    def child(self) -> Flow:
        self.made += 1
        return Flow(self.world, f"{self.name}.{self.made}", dict(self.context), self.in_loop)

    def some_fields(self, least: int = 0) -> Fields:
        return {key: self.some_value() for key in self.random.sample(KEYS, self.random.randint(least, 3))}

    def some_value(self) -> Any:
        """It says whose it is, or what type it has."""
        self.made += 1
        mark = f"{self.name}:{self.made}"
        return self.random.choice([mark, mark, mark, [mark], self.made, -self.made / 4, True, None])

    def say(self, speaker: Speaker) -> None:
        call = self.some_fields()
        extra = {**speaker.bound, **call}
        extra.update((key, value) for key, value in self.context.items() if key not in extra)
        for fields in speaker.patches:
            extra.update(fields)
        self.expected.append(self.world.shown(extra))
        speaker.log.info(f"{self.name} {len(self.expected) - 1}", **call)

    @contextlib.contextmanager
    def knows(self, fields: Fields) -> Iterator[None]:
        """The scope, as a dictionary has it: afterwards its keys are as before, and other keys as they are now."""
        before = {key: self.context[key] for key in fields if key in self.context}
        self.context.update(fields)
        try:
            yield
        finally:
            for key in fields:
                if key in before:
                    self.context[key] = before[key]
                else:
                    self.context.pop(key, None)

    def bind_here(self) -> None:
        fields = self.some_fields()
        bind_contextvars(**fields)
        self.context.update(fields)

    def clear(self) -> None:
        clear_contextvars()
        self.context.clear()


PLAIN = Speaker(logger, {})


async def in_scope(flow: Flow, speaker: Speaker, depth: int) -> None:
    fields = flow.some_fields(1)
    with logger.contextualize(**fields), flow.knows(fields):
        await wander(flow, speaker, depth)


async def with_bound(flow: Flow, speaker: Speaker, depth: int) -> None:
    await wander(flow, speaker.bind(flow.some_fields(1)), depth)


async def with_patched(flow: Flow, speaker: Speaker, depth: int) -> None:
    await wander(flow, speaker.patch(flow.some_fields(1)), depth)


async def attempt(flow: Flow, speaker: Speaker, depth: int) -> None:
    with contextlib.suppress(Stop):
        await wander(flow, speaker, depth)
        raise Stop
    flow.say(speaker)


async def stop(_flow: Flow, _speaker: Speaker, _depth: int) -> None:
    raise Stop


async def start_task(flow: Flow, _speaker: Speaker, depth: int) -> None:
    """It is awaited at once, cancelled after some steps, or left to go on after its parent's scopes have ended."""
    task = asyncio.create_task(wander_alone(flow.child(), depth))
    flow.world.tasks.append(task)
    what = flow.random.choice(["await", "cancel", "leave"])
    if what == "await":
        await task
    elif what == "cancel":
        for _ in range(flow.random.randint(0, 5)):
            await pause()
        task.cancel()


async def call_in_thread(flow: Flow, _speaker: Speaker, depth: int) -> None:
    child = flow.child()
    child.in_loop = False
    await asyncio.to_thread(lambda: drive(wander_alone(child, depth), child))


async def wander_alone(flow: Flow, depth: int) -> None:
    with contextlib.suppress(Stop):
        await wander(flow, PLAIN, depth)


async def wander(flow: Flow, speaker: Speaker, depth: int) -> None:
    """Some random steps."""
    for _ in range(flow.random.randint(*FEW_STEPS)):
        roll = flow.random.random()
        if roll < 0.60 or depth >= DEEPEST:
            flow.say(speaker)
        elif roll < 0.80:
            await pause()
        elif roll < 0.82:
            flow.bind_here()
        else:
            await flow.random.choice(DEEPER_IN_LOOP if flow.in_loop else DEEPER)(flow, speaker, depth + 1)


DEEPER = (in_scope, in_scope, in_scope, with_bound, with_patched, attempt, stop)
DEEPER_IN_LOOP = (*DEEPER, *DEEPER, start_task, start_task, call_in_thread)


async def serve(flow: Flow, lines: int) -> None:
    """A request: goes on until it has said so many lines, whatever fails, and however often it is cancelled."""
    while len(flow.expected) < lines:
        try:
            fields = flow.some_fields(1)
            with logger.contextualize(**fields), flow.knows(fields):
                await wander_alone(flow, 0)
            flow.say(PLAIN)
        except asyncio.CancelledError:
            flow.say(PLAIN)
        flow.clear()


def drive(coroutine: Any, flow: Flow) -> None:
    """Runs it without an event loop, and now and then cancels what it waits for."""
    with contextlib.suppress(StopIteration, asyncio.CancelledError):
        while True:
            if flow.random.random() < 0.1:
                coroutine.throw(asyncio.CancelledError())
            else:
                coroutine.send(None)
