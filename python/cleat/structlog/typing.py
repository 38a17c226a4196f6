"""The types that programs name when they annotate loggers, contexts and processors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, TextIO, TypeAlias, runtime_checkable

if TYPE_CHECKING:
    from typing_extensions import Self

WrappedLogger: TypeAlias = Any
"""What stands behind a bound logger and puts the finished line out; nothing is asked of it but the method called."""

Context: TypeAlias = dict[Any, Any]
"""What a bound logger carries: a dictionary, or something that behaves like one."""

EventDict: TypeAlias = MutableMapping[str, Any]
"""The fields of one line while processors work on them."""

ProcessorReturnValue: TypeAlias = Mapping[str, Any] | str | bytes | bytearray | tuple[Any, ...]
"""What a processor may hand on: an event dictionary, or, as the last of the chain, what the logger's method gets."""

Processor: TypeAlias = Callable[[WrappedLogger, str, EventDict], ProcessorReturnValue]
"""One step of the chain: called with the wrapped logger, the name of the method and the event dictionary."""

ExcInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None]
"""An exception as `sys.exc_info` gives it while one is handled."""

ExceptionRenderer: TypeAlias = Callable[[TextIO, ExcInfo], None]
"""Writes an exception, made readable, into a text file."""


@runtime_checkable
class ExceptionTransformer(Protocol):
    """Makes of an exception something that a renderer can show: a string, or dictionaries and lists."""

    def __call__(self, exc_info: ExcInfo) -> Any:
        """Return what is to be logged in place of *exc_info*."""
        ...


@runtime_checkable
class BindableLogger(Protocol):
    """What all bound loggers share. Each method returns another logger of its type and leaves this one as it is."""

    @property
    def _context(self) -> Context: ...

    def bind(self, **new_values: Any) -> Self:
        """Return a logger that carries *new_values* besides what this one carries."""
        ...

    def unbind(self, *keys: str) -> Self:
        """Return a logger without *keys*; KeyError if one of them is not there."""
        ...

    def try_unbind(self, *keys: str) -> Self:
        """Return a logger without *keys*, those that are not there included."""
        ...

    def new(self, **new_values: Any) -> Self:
        """Return a logger that carries *new_values* and nothing else."""
        ...


class FilteringBoundLogger(BindableLogger, Protocol):
    """What the classes of `make_filtering_bound_logger` can do.

    With positional arguments the event is `event % args`; one non-empty mapping as the only argument serves named
    placeholders. Without arguments the event is taken as it is. The methods that begin with `a` are coroutines:
    the line is made and written in the event loop's default executor, with the caller's context variables.
    """

    def bind(self, **new_values: Any) -> FilteringBoundLogger:
        """Return a logger that carries *new_values* besides what this one carries."""
        ...

    def unbind(self, *keys: str) -> FilteringBoundLogger:
        """Return a logger without *keys*; KeyError if one of them is not there."""
        ...

    def try_unbind(self, *keys: str) -> FilteringBoundLogger:
        """Return a logger without *keys*, those that are not there included."""
        ...

    def new(self, **new_values: Any) -> FilteringBoundLogger:
        """Return a logger that carries *new_values* and nothing else."""
        ...

    def is_enabled_for(self, level: int) -> bool:
        """Tell whether a line of *level* would be made."""
        ...

    def get_effective_level(self) -> int:
        """Return the lowest level of which lines are made."""
        ...

    def debug(self, event: str, *args: Any, **kw: Any) -> Any:
        """Log a line of level debug."""
        ...

    async def adebug(self, event: str, *args: Any, **kw: Any) -> Any:
        """Log a line of level debug, off the event loop."""
        ...

    def info(self, event: str, *args: Any, **kw: Any) -> Any:
        """Log a line of level info."""
        ...

    async def ainfo(self, event: str, *args: Any, **kw: Any) -> Any:
        """Log a line of level info, off the event loop."""
        ...

    def msg(self, event: str, *args: Any, **kw: Any) -> Any:
        """Log a line of level info; another name of `info`."""
        ...

    async def amsg(self, event: str, *args: Any, **kw: Any) -> Any:
        """Log a line of level info, off the event loop; another name of `ainfo`."""
        ...

    def warning(self, event: str, *args: Any, **kw: Any) -> Any:
        """Log a line of level warning."""
        ...

    async def awarning(self, event: str, *args: Any, **kw: Any) -> Any:
        """Log a line of level warning, off the event loop."""
        ...

    def warn(self, event: str, *args: Any, **kw: Any) -> Any:
        """Log a line of level warning; another name of `warning`."""
        ...

    async def awarn(self, event: str, *args: Any, **kw: Any) -> Any:
        """Log a line of level warning, off the event loop; another name of `awarning`."""
        ...

    def error(self, event: str, *args: Any, **kw: Any) -> Any:
        """Log a line of level error."""
        ...

    async def aerror(self, event: str, *args: Any, **kw: Any) -> Any:
        """Log a line of level error, off the event loop."""
        ...

    def err(self, event: str, *args: Any, **kw: Any) -> Any:
        """Log a line of level error; another name of `error`."""
        ...

    def exception(self, event: str, *args: Any, **kw: Any) -> Any:
        """Log a line of level error with the exception being handled, unless the call says another *exc_info*."""
        ...

    async def aexception(self, event: str, *args: Any, **kw: Any) -> Any:
        """Log a line of level error with the exception being handled, off the event loop."""
        ...

    def critical(self, event: str, *args: Any, **kw: Any) -> Any:
        """Log a line of level critical."""
        ...

    async def acritical(self, event: str, *args: Any, **kw: Any) -> Any:
        """Log a line of level critical, off the event loop."""
        ...

    def fatal(self, event: str, *args: Any, **kw: Any) -> Any:
        """Log a line of level critical; another name of `critical`."""
        ...

    async def afatal(self, event: str, *args: Any, **kw: Any) -> Any:
        """Log a line of level critical, off the event loop; another name of `acritical`."""
        ...

    def log(self, level: int, event: str, *args: Any, **kw: Any) -> Any:
        """Log a line of *level*, which must be one of the named levels."""
        ...

    async def alog(self, level: int, event: str, *args: Any, **kw: Any) -> Any:
        """Log a line of *level*, off the event loop."""
        ...
