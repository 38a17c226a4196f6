"""Memory of context variables: nothing grows, nothing is held too long, nothing breaks when there is none."""

from __future__ import annotations

import asyncio
import contextvars
import ctypes
import gc
import os
import sys
import tracemalloc
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

import cleat
from cleat.structlog.contextvars import (
    bind_contextvars,
    bound_contextvars,
    clear_contextvars,
    get_contextvars,
    merge_contextvars,
    reset_contextvars,
    unbind_contextvars,
)
from process_memory import resident_bytes

ENGINE = str(Path(cleat.get_library_dir()) / "libcleat.so")

# Calls with the interpreter's lock held, and without it.
LIBRARIES = [ctypes.PyDLL(ENGINE), ctypes.CDLL(ENGINE)]
for library in LIBRARIES:
    library.cleat_get_contextvars.restype = ctypes.c_void_p
    library.cleat_fields_unref.argtypes = [ctypes.c_void_p]


class Unusual:
    """Nothing that the engine has a kind for."""


# -- what is done over and over --


def bind_and_clear() -> None:
    bind_contextvars(a=1, b="text", c=2.5, d=None)
    bind_contextvars(e=Unusual(), a=2)
    get_contextvars()
    clear_contextvars()


def bind_and_unbind() -> None:
    bind_contextvars(a=1, b=Unusual())
    unbind_contextvars("a", "b", "c")


def bind_over() -> None:
    bind_contextvars(a=1, b="text")
    bind_contextvars(a=Unusual())
    bind_contextvars(a=object())


def bind_and_reset() -> None:
    bind_contextvars(a=0)
    tokens = bind_contextvars(a=1, b=Unusual())
    bind_contextvars(c=3)
    reset_contextvars(a=tokens["a"])
    reset_contextvars(b=tokens["b"])
    reset_contextvars(**bind_contextvars(a=1, d=4))


def scopes() -> None:
    with bound_contextvars(a=1, b=Unusual()), bound_contextvars(a=2):
        bind_contextvars(c=1)
        merge_contextvars(None, "info", {"a": 3})


@bound_contextvars(a=1)
def decorated() -> None:
    get_contextvars()


def contexts() -> None:
    bind_contextvars(a=1)
    contextvars.copy_context().run(bind_and_reset)


def errors() -> None:
    tokens = bind_contextvars(a=1)
    reset_contextvars(**tokens)
    for wrong in (tokens["a"], None):
        try:
            reset_contextvars(a=wrong)  # type: ignore[arg-type]
        except (RuntimeError, TypeError):
            pass


async def generate() -> AsyncIterator[int]:
    with bound_contextvars(a=1, b=Unusual()):
        yield 1
        yield 2


async def consume() -> None:
    async for i in generate():
        bind_contextvars(i=i)
    async for _ in generate():
        break


def generators() -> None:
    asyncio.run(consume())


def lines_of_c() -> None:
    bind_contextvars(a=1, b="text")
    ask_from_c(1)
    bind_contextvars(c=[Unusual()], **{"\udc80": 1})
    ask_from_c(1)


def bind_from_c() -> None:
    lock_held = LIBRARIES[0]
    header = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    if lock_held.cleat_extract_traceparent(None, ctypes.c_char_p(header)) == 0:
        assert get_contextvars()["trace_id"] == "0af7651916cd43dd8448eb211c80319c"
    bind_contextvars(a=1)
    lock_held.cleat_unbind_contextvars_keys((ctypes.c_char_p * 1)(b"a"), ctypes.c_size_t(1))
    lock_held.cleat_clear_contextvars()


def ask_from_c(times: int) -> None:
    """As a line of C would."""
    for library in LIBRARIES:
        for _ in range(times):
            library.cleat_fields_unref(library.cleat_get_contextvars())


WORK = [
    bind_and_clear,
    bind_and_unbind,
    bind_over,
    bind_and_reset,
    scopes,
    decorated,
    contexts,
    errors,
    generators,
    lines_of_c,
    bind_from_c,
]
work = pytest.mark.parametrize("work", WORK, ids=[function.__name__ for function in WORK])


# -- nothing grows --


def repeat(function: Callable[[], None], times: int) -> None:
    for _ in range(times):
        function()
    clear_contextvars()
    gc.collect()


@work
def test_python_memory_and_reference_counts_stay_what_they_were(work: Callable[[], None]) -> None:
    common = [None, True, 1, "a", "text", Unusual, type(bind_contextvars), Ellipsis]
    times = 100 if work is generators else 600
    repeat(work, 50)
    tracemalloc.start()
    try:
        repeat(work, times // 2)  # fills what Python keeps for later use
        bytes_before, counts_before = tracemalloc.get_traced_memory()[0], [sys.getrefcount(o) for o in common]
        all_before = getattr(sys, "gettotalrefcount", int)()
        repeat(work, times)
        all_grown = getattr(sys, "gettotalrefcount", int)() - all_before
        counts_after = [sys.getrefcount(o) for o in common]
        grown = tracemalloc.get_traced_memory()[0] - bytes_before
    finally:
        tracemalloc.stop()
    assert grown < 40 * times + 8_000
    assert all_grown < times / 2
    assert all(abs(after - before) < times / 2 for before, after in zip(counts_before, counts_after, strict=True))


@work
def test_the_process_does_not_grow(work: Callable[[], None]) -> None:
    """Memory of the engine too, of which Python knows nothing."""
    times = 30 if work is generators else 1000
    repeat(work, times)
    before = resident_bytes()
    repeat(work, times)
    assert resident_bytes() - before < 2_000_000


@pytest.mark.heavy
def test_ten_million_binds_and_scopes_do_not_grow_the_process() -> None:
    repeat(scopes, 10_000)
    before = resident_bytes()
    for _ in range(1_000_000):
        for i in range(5):
            bind_contextvars(a=i, b="text")
            with bound_contextvars(a=i, c=2.5):
                pass
        clear_contextvars()
    assert resident_bytes() - before < 2_000_000


# -- any allocation may fail --


def state_is_sound() -> None:
    """After a failure all works as before it."""
    clear_contextvars()
    assert get_contextvars() == {}
    tokens = bind_contextvars(a=1, b="text")
    with bound_contextvars(a=2):
        assert get_contextvars() == {"a": 2, "b": "text"}
    reset_contextvars(**tokens)
    assert get_contextvars() == {}


PYTHON_FAILS = f"""
import sys
sys.path.insert(0, {os.path.dirname(__file__)!r})
import _testcapi
from test_memory import *

work = globals()[sys.argv[1]]
work(); state_is_sound()
if work is generators: work = lambda: contextvars.Context().run(drive)
failed = n = untouched = 0
patience = 120 if work in (lines_of_c, bind_from_c) else 15  # C code bears it without an error
while untouched < patience:
    n += 1
    untouched += 1
    clear_contextvars()
    _testcapi.set_nomemory(n, n + 1)
    try:
        work()
    except (MemoryError, ctypes.ArgumentError):
        failed += 1
        untouched = 0
    finally:
        _testcapi.remove_mem_hooks()
    state_is_sound()
assert failed > 3 or sys.argv[1] in ("lines_of_c", "bind_from_c"), failed
"""


def drive() -> None:
    """What generators() does, without an event loop, which would not survive it."""
    coroutine = consume()
    try:
        coroutine.send(None)
    except StopIteration:
        pass


@work
def test_each_allocation_of_pythons_that_fails_leaves_all_sound(work: Callable[[], None]) -> None:
    pytest.importorskip("_testcapi")
    import subprocess

    done = subprocess.run(
        [sys.executable, "-c", PYTHON_FAILS, work.__name__], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.parametrize("work", [lines_of_c, bind_from_c])
def test_each_allocation_of_the_engines_that_fails_leaves_all_sound(work: Callable[[], None]) -> None:
    hook = ctypes.c_void_p.in_dll(LIBRARIES[0], "cleat__alloc_permission")
    asked = 0

    @ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_size_t)
    def permission(size: int) -> int:
        nonlocal asked
        asked += 1
        return asked != refused

    refused, most = 0, 0
    while refused <= most:
        clear_contextvars()
        asked = 0
        hook.value = ctypes.cast(permission, ctypes.c_void_p).value
        try:
            work()
        finally:
            hook.value = None
        most = max(most, asked)
        state_is_sound()
        refused += 1
    assert most > 0


def test_a_bind_without_memory_in_the_engine_is_on_the_next_line() -> None:
    """Python's side does not depend on the engine's memory."""
    hook = ctypes.c_void_p.in_dll(LIBRARIES[0], "cleat__alloc_permission")
    never = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_size_t)(lambda size: 0)
    hook.value = ctypes.cast(never, ctypes.c_void_p).value
    try:
        bind_contextvars(a=1)
        ask_from_c(1)
        fields: dict[str, Any] = get_contextvars()
    finally:
        hook.value = None
    assert fields == {"a": 1}
