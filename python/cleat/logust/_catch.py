"""catch(): exceptions become lines, in a with statement and in functions of every kind."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import TracebackType
from typing import Any, NamedTuple, TypeAlias, TypeVar

from ._surrounded import surrounded

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
        return surrounded(function, lambda: inside, self._options.default)
