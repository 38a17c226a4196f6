"""What is configured for the whole program, and the loggers that are made by it."""

from __future__ import annotations

import copy
import os
import sys
import warnings
from collections.abc import Callable, Iterable
from typing import Any

from .._engine import LazyProxy, configuration_changed
from ._log_levels import add_log_level
from ._native import make_filtering_bound_logger
from ._output import PrintLoggerFactory, makes_always_alike
from .contextvars import merge_contextvars
from .dev import ConsoleRenderer, _has_colors, set_exc_info
from .processors import StackInfoRenderer, TimeStamper
from .typing import BindableLogger, Context, Processor, WrappedLogger


def _stdout_is_terminal() -> bool:
    """Tell whether lines go to a terminal; ``sys.stdout`` may be None, or anything that somebody put there."""
    isatty = getattr(sys.stdout, "isatty", None)
    return isatty is not None and bool(isatty())


def _default_renderer() -> ConsoleRenderer:
    """Make the renderer of the built-in chain. The variables NO_COLOR and FORCE_COLOR decide against a guess."""
    forced = os.environ.get("FORCE_COLOR", "") != ""
    refused = os.environ.get("NO_COLOR", "") != ""
    colors = not refused and (forced or (_has_colors and _stdout_is_terminal()))
    return ConsoleRenderer(colors=colors, force_colors=forced)


_BUILTIN_DEFAULT_PROCESSORS: list[Processor] = [
    merge_contextvars,
    add_log_level,
    StackInfoRenderer(),
    set_exc_info,
    TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=False),
    _default_renderer(),
]
_BUILTIN_DEFAULT_CONTEXT_CLASS: type[Context] = dict
_BUILTIN_DEFAULT_WRAPPER_CLASS: Any = make_filtering_bound_logger(0)
_BUILTIN_DEFAULT_LOGGER_FACTORY: Callable[..., WrappedLogger] = PrintLoggerFactory()
_BUILTIN_CACHE_LOGGER_ON_FIRST_USE = False


class _Configuration:
    """What `configure` sets and every logger that is not told otherwise goes by."""

    is_configured: bool
    default_processors: Iterable[Processor]
    default_context_class: type[Context]
    default_wrapper_class: Any
    logger_factory: Callable[..., WrappedLogger]
    cache_logger_on_first_use: bool

    def __init__(self) -> None:
        self.reset()

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        configuration_changed()

    def reset(self) -> None:
        """Go back to what is built in, with a list of processors that nobody has edited yet."""
        self.is_configured = False
        self.default_processors = _BUILTIN_DEFAULT_PROCESSORS[:]
        self.default_context_class = _BUILTIN_DEFAULT_CONTEXT_CLASS
        self.default_wrapper_class = _BUILTIN_DEFAULT_WRAPPER_CLASS
        self.logger_factory = _BUILTIN_DEFAULT_LOGGER_FACTORY
        self.cache_logger_on_first_use = _BUILTIN_CACHE_LOGGER_ON_FIRST_USE


_CONFIG = _Configuration()


def is_configured() -> bool:
    """Tell whether `configure` or `configure_once` was called since the start or the last `reset_defaults`."""
    return _CONFIG.is_configured


def get_config() -> dict[str, Any]:
    """Return what is configured, as keyword arguments for `configure`.

    Changes of the dictionary change nothing; the list of processors in it is the very one that loggers go by.
    """
    return {
        "processors": _CONFIG.default_processors,
        "context_class": _CONFIG.default_context_class,
        "wrapper_class": _CONFIG.default_wrapper_class,
        "logger_factory": _CONFIG.logger_factory,
        "cache_logger_on_first_use": _CONFIG.cache_logger_on_first_use,
    }


def configure(
    processors: Iterable[Processor] | None = None,
    wrapper_class: type[BindableLogger] | None = None,
    context_class: type[Context] | None = None,
    logger_factory: Callable[..., WrappedLogger] | None = None,
    cache_logger_on_first_use: bool | None = None,
) -> None:
    """Set what loggers are made by, for the whole program. What is None stays as it is.

    *processors* is the chain, in order. *wrapper_class* is the class of bound loggers, *context_class* that of the
    dictionary in which they keep their fields. *logger_factory* makes the wrapped logger, from the arguments that
    `get_logger` got. With *cache_logger_on_first_use* a logger stays, from its first line on, as it was made then:
    that is faster, and a later `configure` does not reach it.

    Loggers of `get_logger` that have not been cached follow at once. Meant for the start of a program: it takes no
    lock, and threads that log meanwhile may see part of it.
    """
    _CONFIG.is_configured = True
    if processors is not None:
        _CONFIG.default_processors = processors
    if wrapper_class is not None:
        _CONFIG.default_wrapper_class = wrapper_class
    if context_class is not None:
        _CONFIG.default_context_class = context_class
    if logger_factory is not None:
        _CONFIG.logger_factory = logger_factory
    if cache_logger_on_first_use is not None:
        _CONFIG.cache_logger_on_first_use = cache_logger_on_first_use


def configure_once(
    processors: Iterable[Processor] | None = None,
    wrapper_class: type[BindableLogger] | None = None,
    context_class: type[Context] | None = None,
    logger_factory: Callable[..., WrappedLogger] | None = None,
    cache_logger_on_first_use: bool | None = None,
) -> None:
    """Do what `configure` does, unless something has been configured already: then only warn (RuntimeWarning)."""
    if _CONFIG.is_configured:
        warnings.warn("Repeated configuration attempted.", RuntimeWarning, stacklevel=2)
        return
    configure(processors, wrapper_class, context_class, logger_factory, cache_logger_on_first_use)


def reset_defaults() -> None:
    """Forget what was configured and go back to what is built in."""
    _CONFIG.reset()


def get_logger(*args: Any, **initial_values: Any) -> Any:
    """Return a logger that goes by the configuration and carries *initial_values*.

    *args* are for the logger factory, which says what they mean. It is a proxy: the bound logger behind it is made at
    its first use, so a module may call this before anything is configured. Its type is up to the configuration, hence
    Any. Any number of threads may share it.
    """
    return wrap_logger(None, logger_factory_args=args, **initial_values)


getLogger = get_logger  # noqa: N816 - the spelling of the standard library


def wrap_logger(
    logger: WrappedLogger | None,
    processors: Iterable[Processor] | None = None,
    wrapper_class: type[BindableLogger] | None = None,
    context_class: type[Context] | None = None,
    cache_logger_on_first_use: bool | None = None,
    logger_factory_args: Iterable[Any] | None = None,
    **initial_values: Any,
) -> Any:
    """Return a logger in front of *logger*, or, if that is None, of one that the logger factory makes.

    The other arguments are those of `configure`, for this logger alone; those that are None follow the configuration.
    *logger_factory_args* are handed to the factory. What is returned is a proxy, as from `get_logger`.
    """
    return BoundLoggerLazyProxy(
        logger,
        wrapper_class=wrapper_class,
        processors=processors,
        context_class=context_class,
        cache_logger_on_first_use=cache_logger_on_first_use,
        initial_values=initial_values,
        logger_factory_args=logger_factory_args,
    )


class BoundLoggerLazyProxy(LazyProxy):
    """Stands for a bound logger that is made when it is used: from its own arguments, and for the rest as configured.

    Each use makes another one, and so follows the configuration, unless it is to be cached: then the first is kept.
    Attributes that are not here are those of the bound logger.
    """

    __slots__ = ()

    def __init__(
        self,
        logger: WrappedLogger | None,
        wrapper_class: type[BindableLogger] | None = None,
        processors: Iterable[Processor] | None = None,
        context_class: type[Context] | None = None,
        cache_logger_on_first_use: bool | None = None,
        initial_values: dict[str, Any] | None = None,
        logger_factory_args: Any = None,
    ) -> None:
        self._logger = logger
        self._wrapper_class = wrapper_class
        self._processors = processors
        self._context_class = context_class
        self._cache_logger_on_first_use = cache_logger_on_first_use
        self._initial_values = initial_values or {}
        self._logger_factory_args = logger_factory_args or ()

    @property
    def _context(self) -> Context:
        """What the bound logger will carry, as every bound logger tells."""
        return self._initial_values

    def __repr__(self) -> str:
        return (
            f"<BoundLoggerLazyProxy(logger={self._logger!r}, wrapper_class={self._wrapper_class!r}, "
            f"processors={self._processors!r}, context_class={self._context_class!r}, "
            f"initial_values={self._initial_values!r}, logger_factory_args={self._logger_factory_args!r})>"
        )

    def _make_logger(self) -> BindableLogger:
        """Make the bound logger by what is configured now."""
        context_class = self._context_class or _CONFIG.default_context_class
        context = context_class(self._initial_values)
        logger = self._logger
        if logger is None:
            logger = _CONFIG.logger_factory(*self._logger_factory_args)
        processors = _CONFIG.default_processors if self._processors is None else self._processors
        wrapper_class: Any = self._wrapper_class or _CONFIG.default_wrapper_class
        made: BindableLogger = wrapper_class(logger, processors=processors, context=context)
        if self._is_to_be_cached():
            self._cache(made)
        elif self._would_be_made_alike(context_class, wrapper_class):
            self._use_while_unchanged(made, self._initial_values)
        return made

    def _is_to_be_cached(self) -> bool:
        if self._cache_logger_on_first_use is None:
            return _CONFIG.cache_logger_on_first_use is True
        return self._cache_logger_on_first_use is True

    def _would_be_made_alike(self, context_class: type[Context], wrapper_class: type[BindableLogger]) -> bool:
        """Tell whether nobody could see it if the next logger was not made anew, but was the one made now."""
        return (
            context_class is dict
            and wrapper_class.__module__.startswith("cleat.")
            and (self._logger is not None or makes_always_alike(_CONFIG.logger_factory))
        )

    def unbind(self, *keys: str) -> BindableLogger:
        """Make the bound logger and return it without *keys*. KeyError if one of them is no initial value."""
        return self.bind().unbind(*keys)

    def try_unbind(self, *keys: str) -> BindableLogger:
        """Make the bound logger and return it without *keys*; those that it does not carry are ignored."""
        return self.bind().try_unbind(*keys)

    def new(self, **new_values: Any) -> BindableLogger:
        """Empty a context that loggers share, if it is of that kind; return one with the initial and the new values."""
        (self._context_class or _CONFIG.default_context_class)().clear()
        return self.bind(**new_values)

    def __copy__(self) -> BoundLoggerLazyProxy:
        return self._fill(type(self).__new__(type(self)), self.__getstate__())

    def __deepcopy__(self, memo: dict[int, Any]) -> BoundLoggerLazyProxy:
        # A use as any other, with structlog: the logger is made, and cached if it is to be.
        self.bind()
        copied = memo[id(self)] = type(self).__new__(type(self))
        return self._fill(copied, copy.deepcopy(self.__getstate__(), memo))

    def _fill(self, copied: BoundLoggerLazyProxy, state: dict[str, Any]) -> BoundLoggerLazyProxy:
        """Make *copied* a proxy with *state*, and with the logger that this one has cached."""
        copied.__setstate__(state)
        if "bind" in self.__dict__:
            copied._cache(self.bind())
        return copied

    def __getstate__(self) -> dict[str, Any]:
        # A cached logger is not pickled: the process that unpickles has its own configuration.
        return {name: value for name, value in self.__dict__.items() if name != "bind"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        # Written out because pickle would ask the bound logger for it, which there is nothing yet to make of.
        self.__dict__.update(state)
