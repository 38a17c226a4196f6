"""Functions of every kind, with each call inside of a `with`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractContextManager
from typing import Any, TypeAlias, TypeVar

_Function = TypeVar("_Function", bound=Callable[..., Any])
_MakeScope: TypeAlias = "Callable[[], AbstractContextManager[Any, bool | None]]"


def surrounded(function: _Function, make_scope: _MakeScope, default: Any = None) -> _Function:
    """Return *function* with each of its calls inside of a scope that *make_scope* gives.

    A coroutine function or generator function remains one, and its whole body runs inside; an asynchronous generator
    still gets what is sent and thrown in. Between the scope's `__exit__` and the caller there is one frame.

    :param default: what a call returns if the scope swallows its exception.
    """
    if inspect.iscoroutinefunction(function):
        wrapper = _around_coroutine_function(function, make_scope, default)
    elif inspect.isasyncgenfunction(function):
        wrapper = _around_async_generator_function(function, make_scope)
    elif inspect.isgeneratorfunction(function):
        wrapper = _around_generator_function(function, make_scope, default)
    else:
        wrapper = _around_function(function, make_scope, default)
    return functools.update_wrapper(wrapper, function)  # type: ignore[return-value]


def _around_function(function: Callable[..., Any], make_scope: _MakeScope, default: Any) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        with make_scope():
            return function(*args, **kwargs)
        return default

    return call


def _around_coroutine_function(
    function: Callable[..., Any], make_scope: _MakeScope, default: Any
) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> Any:
        with make_scope():
            return await function(*args, **kwargs)
        return default

    return call


def _around_generator_function(
    function: Callable[..., Any], make_scope: _MakeScope, default: Any
) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        with make_scope():
            return (yield from function(*args, **kwargs))
        return default

    return call


def _around_async_generator_function(function: Callable[..., Any], make_scope: _MakeScope) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        with make_scope():
            generator = function(*args, **kwargs)
            step = generator.asend(None)
            try:
                while True:
                    item = await step
                    try:
                        step = generator.asend((yield item))
                    except BaseException as error:
                        step = generator.athrow(error)
            except StopAsyncIteration:
                return

    return call
