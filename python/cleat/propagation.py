"""Takes the context along where Python does not do it: into callbacks, threads, thread pools and process pools.

A context is what `contextvars.copy_context()` gives: the fields that `bind_contextvars()` has bound, and every other
context variable of the program. Where work is handed over, a copy goes with it; what the work binds stays in its copy.

Asyncio tasks, `asyncio.gather()`, task groups, `asyncio.to_thread()` and the callbacks of an event loop need none of
this: there Python does it.
"""

from __future__ import annotations

import functools
import inspect
import pickle
import sys
import types
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextvars import Context, copy_context
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from ._engine import bind_contextvars, clear_contextvars, get_contextvars

__all__ = ["propagate", "wrap"]

P = ParamSpec("P")
R = TypeVar("R")
AnyExecutor = TypeVar("AnyExecutor", bound=Executor)


def wrap(fn: Callable[P, R]) -> Callable[P, R]:
    """Return *fn* as a function that runs in the context of now, wherever, whenever and however often it is called.

    For callbacks, `threading.Thread(target=...)`, timers, done-callbacks of futures, and pools that `propagate()` does
    not know. *fn* may also be a coroutine function, a generator function or an asynchronous generator function: then
    each step of what it returns runs in the context, whoever awaits or iterates it, and nothing that it binds is seen
    there.

    Every call gets a copy of its own: calls may overlap on any threads, and do not see each other's fields. The result
    cannot be pickled.

    :raises TypeError: *fn* cannot be called.
    """
    if not callable(fn):
        raise TypeError(f"wrap() wants something that can be called, not {type(fn).__name__}")
    return functools.update_wrapper(_wrapper_for(fn)(fn, copy_context()), fn)


def propagate(executor: AnyExecutor) -> AnyExecutor:
    """Make all that is submitted to *executor* run in a copy of its submitter's context, and return *executor*.

    It is the same object with another `submit()`: its class becomes a subclass of its own. So it holds for whoever
    uses the executor: `submit()`, `map()`, `loop.run_in_executor(executor, ...)`, and after
    `loop.set_default_executor(executor)` for `loop.run_in_executor(None, ...)`. To do it twice changes nothing.

    - `ThreadPoolExecutor` and its subclasses take the whole context, every context variable.
    - `ProcessPoolExecutor` and its subclasses take the bound fields only: context variables cannot leave their
      process. A field that cannot be pickled here, or not be read there, arrives as its `repr()`.

    May be called while other threads use the executor, and holds after a fork as before it.

    :raises TypeError: it is something else. Of other executors nobody knows whether they run in this process (hand
        them `wrap(fn)` if they do); event loops and `multiprocessing.pool.ThreadPool` are no executors; into another
        interpreter (`InterpreterPoolExecutor`) nothing of a context can go.
    """
    if not isinstance(executor, (_ToThreads, _ToProcesses)):
        own = type(executor)
        executor.__class__ = type(own.__name__, (_mixin_for(own), own), {"__module__": own.__module__})
    return executor


def _mixin_for(executor_class: type) -> type[Executor]:
    if issubclass(executor_class, _loaded("concurrent.futures.interpreter", "InterpreterPoolExecutor")):
        raise TypeError("propagate() cannot take a context into the other interpreters of an InterpreterPoolExecutor")
    if issubclass(executor_class, ThreadPoolExecutor):
        return _ToThreads
    if issubclass(executor_class, _loaded("concurrent.futures.process", "ProcessPoolExecutor")):
        return _ToProcesses
    raise TypeError(
        f"propagate() wants a ThreadPoolExecutor or a ProcessPoolExecutor, not {executor_class.__name__}; "
        "to what else runs functions in this process, hand cleat.wrap(fn)"
    )


def _loaded(module: str, name: str) -> Any:
    """The class of a module that nobody has to import only to be asked for an instance of it; () if none has."""
    return getattr(sys.modules.get(module), name, ())


class _ToThreads(Executor):
    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """As the executor's own, in a copy of the context of this call."""
        run: Callable[..., R] = copy_context().run
        return super().submit(run, fn, *args, **kwargs)


class _ToProcesses(Executor):
    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """As the executor's own, with the fields that are bound at this call."""
        return super().submit(_run_with_fields, _fields_to_send(), fn, *args, **kwargs)


@dataclass(frozen=True)
class _Pickled:
    """A field's value on its way: apart from the others, so that it alone fails if it cannot be read there."""

    data: bytes | None
    shown: str

    def value(self) -> object:
        if self.data is not None:
            try:
                return pickle.loads(self.data)
            except Exception:
                pass
        return self.shown


_SENT_AS_THEY_ARE = frozenset((type(None), bool, int, float, str, bytes))


def _fields_to_send() -> dict[str, object]:
    return {
        key: value if type(value) in _SENT_AS_THEY_ARE else _pickled(value) for key, value in get_contextvars().items()
    }


def _pickled(value: object) -> _Pickled:
    try:
        shown = repr(value)
    except Exception:
        shown = f"<{type(value).__name__}>"
    try:
        return _Pickled(pickle.dumps(value), shown)
    except Exception:
        return _Pickled(None, shown)


def _run_with_fields(fields: dict[str, object], fn: Callable[..., R], /, *args: Any, **kwargs: Any) -> R:
    return copy_context().run(_bind_and_call, fields, fn, *args, **kwargs)


def _bind_and_call(fields: dict[str, object], fn: Callable[..., R], /, *args: Any, **kwargs: Any) -> R:
    clear_contextvars()  # A forked worker has the fields of whoever was the first to submit.
    bind_contextvars(**{key: value.value() if isinstance(value, _Pickled) else value for key, value in fields.items()})
    return fn(*args, **kwargs)


def _wrapper_for(fn: Callable[..., Any]) -> Callable[[Callable[..., Any], Context], Callable[..., Any]]:
    for asked in (fn, getattr(fn, "__call__", None)):
        if inspect.iscoroutinefunction(asked):
            return _wrap_coroutine_function
        if inspect.isasyncgenfunction(asked):
            return _wrap_async_generator_function
        if inspect.isgeneratorfunction(asked):
            return _wrap_generator_function
    return _wrap_function


def _wrap_function(fn: Callable[..., R], here: Context) -> Callable[..., R]:
    def run(*args: Any, **kwargs: Any) -> R:
        return here.copy().run(fn, *args, **kwargs)

    return run


def _wrap_generator_function(fn: Callable[..., Generator[Any, Any, R]], here: Context) -> Callable[..., Any]:
    def run(*args: Any, **kwargs: Any) -> Generator[Any, Any, R]:
        context = here.copy()
        return (yield from _steps(context.run(fn, *args, **kwargs), context))

    return run


def _wrap_coroutine_function(fn: Callable[..., Awaitable[R]], here: Context) -> Callable[..., Any]:
    async def run(*args: Any, **kwargs: Any) -> R:
        context = here.copy()
        return await _steps(context.run(fn, *args, **kwargs).__await__(), context)

    return run


def _wrap_async_generator_function(fn: Callable[..., AsyncGenerator[Any, Any]], here: Context) -> Callable[..., Any]:
    async def run(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        context = here.copy()
        generator = context.run(fn, *args, **kwargs)
        step = generator.asend(None)
        try:
            while True:
                item = await _steps(step.__await__(), context)
                try:
                    step = generator.asend((yield item))
                except GeneratorExit:
                    raise
                except BaseException as error:
                    step = generator.athrow(error)
        except StopAsyncIteration:
            return
        finally:
            await _steps(generator.aclose().__await__(), context)

    return run


@types.coroutine
def _steps(inner: Generator[Any, Any, R], context: Context) -> Generator[Any, Any, R]:
    """What `yield from inner` or `await inner` does, each step of it in *context*."""
    step: Callable[[Any], Any] = inner.send
    argument: Any = None
    while True:
        try:
            yielded = context.run(step, argument)
        except StopIteration as end:
            result: R = end.value
            return result
        finally:
            argument = None  # An exception that is thrown in, and comes out again, must not hold itself by this frame.
        try:
            argument = yield yielded
            step = inner.send
        except GeneratorExit:
            context.run(inner.close)
            raise
        except BaseException as error:
            argument = error
            step = inner.throw
