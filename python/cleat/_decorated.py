"""What `bound_contextvars` makes of a function that it decorates."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._engine import bound_contextvars


def inside(scope: bound_contextvars, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return *function* with each of its calls inside of a scope like *scope*.

    A coroutine function runs its whole body in there. Of a generator function it is the call only: the generator shares
    the context of whoever iterates it, so that the scope belongs into its body.
    """
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def call(*args: Any, **kwargs: Any) -> Any:
            with scope.again():
                return await function(*args, **kwargs)

    else:

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            with scope.again():
                return function(*args, **kwargs)

    return call
