"""What contextualize() gives: a scope of fields of the execution context."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, Generic, TypeVar

from .._engine import bound_contextvars

_Logger = TypeVar("_Logger")
_Function = TypeVar("_Function", bound=Callable[..., Any])


class Contextualized(Generic[_Logger]):
    """The scope of a with statement, or of the calls of a function that it decorates."""

    def __init__(self, logger: _Logger, fields: dict[str, Any]) -> None:
        """:param logger: what the with statement gives."""
        self._logger = logger
        self._scope = bound_contextvars(**fields)

    def __enter__(self) -> _Logger:
        self._scope.__enter__()
        return self._logger

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        self._scope.__exit__(exc_type, exception, traceback)

    def __call__(self, function: _Function) -> _Function:
        return self._scope(function)
