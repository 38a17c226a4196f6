"""The bound logger that knows the methods of :class:`logging.Logger`."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from .. import _config
from .._async_calls import call_in_thread
from .._base import BoundLoggerBase
from .._log_levels import LEVEL_TO_NAME
from ..typing import ExcInfo

if TYPE_CHECKING:
    from typing_extensions import Self


class BoundLogger(BoundLoggerBase):
    """A bound logger in front of a :class:`logging.Logger`, whose attributes and methods it has as well.

    Positional arguments of a log method go into the event as ``positional_args``;
    :class:`PositionalArgumentsFormatter` formats the event with them. The methods that begin with ``a`` do the same as
    those without, in a thread of the event loop's executor, with the caller's context.

    Loggers do not change, so threads may share them.
    """

    _logger: logging.Logger

    if TYPE_CHECKING:

        def bind(self, **new_values: Any) -> Self: ...
        def unbind(self, *keys: str) -> Self: ...
        def try_unbind(self, *keys: str) -> Self: ...
        def new(self, **new_values: Any) -> Self: ...

    def debug(self, event: str | None = None, *args: Any, **kw: Any) -> Any:
        """Process *event* and call the wrapped logger's ``debug`` with the result."""
        return self._proxy_to_logger("debug", event, *args, **kw)

    def info(self, event: str | None = None, *args: Any, **kw: Any) -> Any:
        """Process *event* and call the wrapped logger's ``info`` with the result."""
        return self._proxy_to_logger("info", event, *args, **kw)

    def warning(self, event: str | None = None, *args: Any, **kw: Any) -> Any:
        """Process *event* and call the wrapped logger's ``warning`` with the result."""
        return self._proxy_to_logger("warning", event, *args, **kw)

    warn = warning

    def error(self, event: str | None = None, *args: Any, **kw: Any) -> Any:
        """Process *event* and call the wrapped logger's ``error`` with the result."""
        return self._proxy_to_logger("error", event, *args, **kw)

    def critical(self, event: str | None = None, *args: Any, **kw: Any) -> Any:
        """Process *event* and call the wrapped logger's ``critical`` with the result."""
        return self._proxy_to_logger("critical", event, *args, **kw)

    def fatal(self, event: str | None = None, *args: Any, **kw: Any) -> Any:
        """Process *event* and call the wrapped logger's ``critical`` with the result."""
        return self._proxy_to_logger("critical", event, *args, **kw)

    def exception(self, event: str | None = None, *args: Any, **kw: Any) -> Any:
        """Process *event* and call the wrapped logger's ``exception``; ``exc_info`` is True unless it is given."""
        kw.setdefault("exc_info", True)
        return self._proxy_to_logger("exception", event, *args, **kw)

    def log(self, level: int, event: str | None = None, *args: Any, **kw: Any) -> Any:
        """Process *event* and call the wrapped logger's method for *level*. KeyError for a level without a name."""
        return self._proxy_to_logger(LEVEL_TO_NAME[level], event, *args, **kw)

    def _proxy_to_logger(self, method_name: str, event: str | None = None, *event_args: Any, **event_kw: Any) -> Any:
        if event_args:
            event_kw["positional_args"] = event_args
        return super()._proxy_to_logger(method_name, event, **event_kw)

    async def adebug(self, event: str, *args: Any, **kw: Any) -> None:
        """Do what :meth:`debug` does, in a thread."""
        await self._dispatch_to_sync(self.debug, event, args, kw)

    async def ainfo(self, event: str, *args: Any, **kw: Any) -> None:
        """Do what :meth:`info` does, in a thread."""
        await self._dispatch_to_sync(self.info, event, args, kw)

    async def awarning(self, event: str, *args: Any, **kw: Any) -> None:
        """Do what :meth:`warning` does, in a thread."""
        await self._dispatch_to_sync(self.warning, event, args, kw)

    async def aerror(self, event: str, *args: Any, **kw: Any) -> None:
        """Do what :meth:`error` does, in a thread."""
        await self._dispatch_to_sync(self.error, event, args, kw)

    async def acritical(self, event: str, *args: Any, **kw: Any) -> None:
        """Do what :meth:`critical` does, in a thread."""
        await self._dispatch_to_sync(self.critical, event, args, kw)

    async def afatal(self, event: str, *args: Any, **kw: Any) -> None:
        """Do what :meth:`critical` does, in a thread."""
        await self._dispatch_to_sync(self.critical, event, args, kw)

    async def aexception(self, event: str, *args: Any, **kw: Any) -> None:
        """Do what :meth:`exception` does, in a thread."""
        # The thread handles no exception, so what is being handled is looked up here.
        if kw.get("exc_info", True) is True and kw.get("exception") is None:
            kw["exc_info"] = sys.exc_info()
        await self._dispatch_to_sync(self.exception, event, args, kw)

    async def alog(self, level: Any, event: str, *args: Any, **kw: Any) -> None:
        """Do what :meth:`log` does, in a thread."""
        await self._dispatch_to_sync(partial(self.log, level), event, args, kw)

    async def _dispatch_to_sync(
        self, method: Callable[..., Any], event: str, args: tuple[Any, ...], kw: dict[str, Any]
    ) -> None:
        await call_in_thread(partial(method, event, *args, **kw))

    @property
    def name(self) -> str:
        """The wrapped logger's ``name``."""
        return self._logger.name

    @property
    def level(self) -> int:
        """The wrapped logger's ``level``."""
        return self._logger.level

    @property
    def parent(self) -> Any:
        """The wrapped logger's ``parent``."""
        return self._logger.parent

    @property
    def propagate(self) -> bool:
        """The wrapped logger's ``propagate``."""
        return self._logger.propagate

    @property
    def handlers(self) -> Any:
        """The wrapped logger's ``handlers``."""
        return self._logger.handlers

    @property
    def disabled(self) -> int:
        """The wrapped logger's ``disabled``."""
        return self._logger.disabled

    def setLevel(self, level: int) -> None:
        """Call the wrapped logger's ``setLevel``."""
        self._logger.setLevel(level)

    def findCaller(self, stack_info: bool = False, stacklevel: int = 1) -> tuple[str, int, str, str | None]:
        """Call the wrapped logger's ``findCaller``."""
        return self._logger.findCaller(stack_info=stack_info, stacklevel=stacklevel)

    def makeRecord(
        self,
        name: str,
        level: int,
        fn: str,
        lno: int,
        msg: str,
        args: tuple[Any, ...],
        exc_info: ExcInfo,
        func: str | None = None,
        extra: Any = None,
    ) -> logging.LogRecord:
        """Call the wrapped logger's ``makeRecord``."""
        return self._logger.makeRecord(name, level, fn, lno, msg, args, exc_info, func=func, extra=extra)

    def handle(self, record: logging.LogRecord) -> None:
        """Call the wrapped logger's ``handle``."""
        self._logger.handle(record)

    def addHandler(self, hdlr: logging.Handler) -> None:
        """Call the wrapped logger's ``addHandler``."""
        self._logger.addHandler(hdlr)

    def removeHandler(self, hdlr: logging.Handler) -> None:
        """Call the wrapped logger's ``removeHandler``."""
        self._logger.removeHandler(hdlr)

    def hasHandlers(self) -> bool:
        """Call the wrapped logger's ``hasHandlers``."""
        return self._logger.hasHandlers()

    def callHandlers(self, record: logging.LogRecord) -> None:
        """Call the wrapped logger's ``callHandlers``."""
        self._logger.callHandlers(record)

    def getEffectiveLevel(self) -> int:
        """Call the wrapped logger's ``getEffectiveLevel``."""
        return self._logger.getEffectiveLevel()

    def isEnabledFor(self, level: int) -> bool:
        """Call the wrapped logger's ``isEnabledFor``."""
        return self._logger.isEnabledFor(level)

    def getChild(self, suffix: str) -> logging.Logger:
        """Call the wrapped logger's ``getChild``. Its result is not bound."""
        return self._logger.getChild(suffix)

    def is_enabled_for(self, level: int) -> bool:
        """Do what :meth:`isEnabledFor` does, by the name that filtering bound loggers have for it."""
        return self._logger.isEnabledFor(level)

    def get_effective_level(self) -> int:
        """Do what :meth:`getEffectiveLevel` does, by the name that filtering bound loggers have for it."""
        return self._logger.getEffectiveLevel()


def get_logger(*args: Any, **initial_values: Any) -> BoundLogger:
    """Do what :func:`cleat.structlog.get_logger` does, with a type that editors and type checkers can use.

    Whether :class:`BoundLogger` is what is configured is not checked.
    """
    logger: BoundLogger = _config.get_logger(*args, **initial_values)
    return logger
