"""Where an asynchronous log method was called from, for the thread that does its work."""

from __future__ import annotations

import asyncio
import contextvars
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Executor
from types import FrameType
from typing import TypeVar

_Result = TypeVar("_Result")

CALLING_STACK: contextvars.ContextVar[FrameType] = contextvars.ContextVar("cleat_calling_stack")
CALLING_THREAD: contextvars.ContextVar[tuple[int, str]] = contextvars.ContextVar("cleat_calling_thread")


def is_own_frame(frame: FrameType) -> bool:
    """Whether *frame* runs code of this package."""
    return (frame.f_globals.get("__name__") or "").startswith("cleat.")


def _calling_frame() -> FrameType:
    frame = sys._getframe(1)
    while is_own_frame(frame) and frame.f_back is not None:
        frame = frame.f_back
    return frame


async def call_in_thread(call: Callable[[], _Result], executor: Executor | None = None) -> _Result:
    """Run *call* in *executor* (None: the loop's default one), with the context of the task that awaits this.

    The frame and the thread of the awaiting code are left in the context, so that call-site processors name them
    and not the worker. They are looked up now: a coroutine that waits has no callers that could be found later.
    """
    context = contextvars.copy_context()
    context.run(CALLING_STACK.set, _calling_frame())
    context.run(CALLING_THREAD.set, (threading.get_ident(), threading.current_thread().name))
    return await asyncio.get_running_loop().run_in_executor(executor, context.run, call)
