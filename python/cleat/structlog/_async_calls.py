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

from .. import _engine

_Result = TypeVar("_Result")

CALLING_STACK: contextvars.ContextVar[FrameType] = contextvars.ContextVar("cleat_calling_stack")
CALLING_THREAD: contextvars.ContextVar[tuple[int, str]] = contextvars.ContextVar("cleat_calling_thread")


async def call_in_thread(call: Callable[[], _Result], executor: Executor | None = None) -> _Result:
    """Run *call* in *executor* (None: the loop's default one), with the context of the task that awaits this.

    The frame and the thread of the awaiting code are left in the context, so that call-site processors name them
    and not the worker. They are looked up now: a coroutine that waits has no callers that could be found later.
    """
    context = contextvars.copy_context()
    calling_frame, _ = _engine.first_frame_outside(("cleat.",), sys._getframe())
    context.run(CALLING_STACK.set, calling_frame)
    context.run(CALLING_THREAD.set, (threading.get_ident(), threading.current_thread().name))
    return await asyncio.get_running_loop().run_in_executor(executor, context.run, call)
