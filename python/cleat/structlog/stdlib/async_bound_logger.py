"""A bound logger all of whose log methods are coroutines. Deprecated."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from functools import partial
from typing import TYPE_CHECKING, Any

from .._async_calls import call_in_thread
from ..typing import Context, Processor
from .bound_logger import BoundLogger

if TYPE_CHECKING:
    from typing_extensions import Self


class AsyncBoundLogger:
    """Wraps a :class:`BoundLogger`, and runs its log methods in a thread while the caller awaits.

    Deprecated: the methods of :class:`BoundLogger` that begin with ``a`` do the same. Has to be made inside of
    a running event loop. ``sync_bl`` is the wrapped logger, for lines that cannot wait.
    """

    __slots__ = ("_loop", "sync_bl")

    sync_bl: BoundLogger

    _executor: Executor | None = None
    _bound_logger_factory = BoundLogger

    def __init__(
        self,
        logger: logging.Logger,
        processors: Iterable[Processor],
        context: Context,
        *,
        _sync_bl: Any = None,
        _loop: Any = None,
    ) -> None:
        if _sync_bl:
            self.sync_bl = _sync_bl
            self._loop = _loop
        else:
            self.sync_bl = self._bound_logger_factory(logger=logger, processors=processors, context=context)
            self._loop = asyncio.get_running_loop()

    @property
    def _context(self) -> Context:
        return self.sync_bl._context

    def bind(self, **new_values: Any) -> Self:
        """Return a new logger that has *new_values* as well."""
        return self._around(self.sync_bl.bind(**new_values))

    def new(self, **new_values: Any) -> Self:
        """Empty the context and return a logger with *new_values* only."""
        return self._around(self.sync_bl.new(**new_values))

    def unbind(self, *keys: str) -> Self:
        """Return a new logger without *keys*. KeyError for one that is not bound."""
        return self._around(self.sync_bl.unbind(*keys))

    def try_unbind(self, *keys: str) -> Self:
        """Return a new logger without *keys*, which need not be bound."""
        return self._around(self.sync_bl.try_unbind(*keys))

    def _around(self, sync_logger: BoundLogger) -> Self:
        return type(self)(sync_logger._logger, (), {}, _sync_bl=sync_logger, _loop=self._loop)

    async def _dispatch_to_sync(
        self, method: Callable[..., Any], event: str, args: tuple[Any, ...], kw: dict[str, Any]
    ) -> None:
        await call_in_thread(partial(method, event, *args, **kw), self._executor)

    async def debug(self, event: str, *args: Any, **kw: Any) -> None:
        """Log at level debug."""
        await self._dispatch_to_sync(self.sync_bl.debug, event, args, kw)

    async def info(self, event: str, *args: Any, **kw: Any) -> None:
        """Log at level info."""
        await self._dispatch_to_sync(self.sync_bl.info, event, args, kw)

    async def warning(self, event: str, *args: Any, **kw: Any) -> None:
        """Log at level warning."""
        await self._dispatch_to_sync(self.sync_bl.warning, event, args, kw)

    warn = warning

    async def error(self, event: str, *args: Any, **kw: Any) -> None:
        """Log at level error."""
        await self._dispatch_to_sync(self.sync_bl.error, event, args, kw)

    async def critical(self, event: str, *args: Any, **kw: Any) -> None:
        """Log at level critical."""
        await self._dispatch_to_sync(self.sync_bl.critical, event, args, kw)

    fatal = critical

    async def exception(self, event: str, *args: Any, **kw: Any) -> None:
        """Log at level error, with the exception that is being handled unless ``exc_info`` is given."""
        # The thread handles no exception, so what is being handled is looked up here.
        if kw.get("exc_info") is None:
            kw["exc_info"] = sys.exc_info() if kw.get("exception") is None else None
        await self._dispatch_to_sync(self.sync_bl.exception, event, args, kw)

    async def log(self, level: Any, event: str, *args: Any, **kw: Any) -> None:
        """Log at *level*. KeyError for a level without a name."""
        await self._dispatch_to_sync(partial(self.sync_bl.log, level), event, args, kw)
