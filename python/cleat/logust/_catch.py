"""catch(): exceptions become lines, in a with statement and in functions of every kind."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Callable
from types import TracebackType
from typing import Any, NamedTuple, TypeAlias, TypeVar

_Function = TypeVar("_Function", bound=Callable[..., Any])
ExceptionTypes: TypeAlias = "type[BaseException] | tuple[type[BaseException], ...]"


class CatchOptions(NamedTuple):
    """The options of catch(), but for what the line says."""

    exception: ExceptionTypes = Exception
    exclude: ExceptionTypes | None = None
    reraise: bool = False
    onerror: Callable[[BaseException], object] | None = None
    default: Any = None


class Catcher:
    """Logs the exceptions of a with statement's body, or of the functions that it decorates.

    May be used any number of times, and in any thread.
    """

    def __init__(
        self, options: CatchOptions, log: Callable[[BaseException, int], None], *, frames: int = 1
    ) -> None:
        """
        :param log: logs an exception; its second argument is how many frames lie between its caller and the place that
            the line is to name.
        :param frames: so many from `__exit__` on.
        """
        self._options = options
        self._log = log
        self._frames = frames

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> bool:
        options = self._options
        if exception is None or not isinstance(exception, options.exception):
            return False
        if options.exclude is not None and isinstance(exception, options.exclude):
            return False
        self._log(exception, self._frames)
        if options.onerror is not None:
            options.onerror(exception)
        return not options.reraise

    def __call__(self, function: _Function) -> _Function:
        """Return a function that does the same, but for exceptions, which it logs; it returns the default then.

        :raises TypeError: it is no function.
        """
        if inspect.isclass(function) or not callable(function):
            raise TypeError(f"catch() decorates functions and methods, not {function!r}")
        # The line names the place that called the function.
        inside = Catcher(self._options, self._log, frames=self._frames + 1)
        wrapper = _wrapper_of(function)(function, inside, self._options.default)
        return functools.update_wrapper(wrapper, function)  # type: ignore[return-value]


_Wrapper = Callable[[Callable[..., Any], Catcher, Any], Callable[..., Any]]


def _wrapper_of(function: Callable[..., Any]) -> _Wrapper:
    if inspect.iscoroutinefunction(function):
        return _of_coroutine_function
    if inspect.isasyncgenfunction(function):
        return _of_async_generator_function
    if inspect.isgeneratorfunction(function):
        return _of_generator_function
    return _of_function


def _of_function(function: Callable[..., Any], catcher: Catcher, default: Any) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        with catcher:
            return function(*args, **kwargs)
        return default

    return call


def _of_coroutine_function(function: Callable[..., Any], catcher: Catcher, default: Any) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> Any:
        with catcher:
            return await function(*args, **kwargs)
        return default

    return call


def _of_generator_function(function: Callable[..., Any], catcher: Catcher, default: Any) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        with catcher:
            return (yield from function(*args, **kwargs))
        return default

    return call


def _of_async_generator_function(function: Callable[..., Any], catcher: Catcher, default: Any) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        with catcher:
            generator = function(*args, **kwargs)
            step = generator.__anext__()
            while True:
                try:
                    item = await step
                except StopAsyncIteration:
                    return
                try:
                    sent = yield item
                except GeneratorExit:
                    await generator.aclose()
                    raise
                except BaseException as error:
                    step = generator.athrow(error)
                else:
                    step = generator.asend(sent)

    return call
