"""Logger: what programs call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, overload

from .. import _engine
from ._add import CALLBACK, FUNCTION, OPTION_NAMES, Options, make_handler, refuse_unknown
from ._catch import Catcher, CatchOptions, ExceptionTypes
from ._collect import CallerInfo, CollectOptions, ProcessInfo, ThreadInfo
from ._levels import Level, LogLevel
from ._logust import PyLogger
from ._opt import CallOptions
from ._record import text_of, with_values
from ._sinks import Completion
from ._streams import should_colorize
from ._traceback import format_exception
from ._types import (
    Filter,
    HandlerConfig,
    LevelConfig,
    LogCallback,
    PatcherCallback,
    RetentionPolicy,
    RotationPolicy,
    Sink,
)

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["CallerInfo", "CollectOptions", "Logger", "OptLogger", "ProcessInfo", "ThreadInfo"]

_Function = TypeVar("_Function", bound=Callable[..., Any])

_LEVEL_OPTIONS = ("name", "no", "color", "icon")


def _line_of(level: str) -> str:
    return (
        f"Log a line of level {level}.\n\n"
        "Values are put into the message as `str.format` does it, when there are any; keywords that it does not use\n"
        "are fields of this line. `exception`: an exception that goes with the line, or its text.\n\n"
        "Thread-safe; safe in a forked child. What handlers fail on is reported on standard error, not raised."
    )


class Logger(_engine.RecordLogger):
    """Logs to the handlers of its core, which it shares with the loggers that `bind()`, `patch()` and `opt()` make.

    Immutable, so that any number of threads and tasks may use it. Handlers, levels and switches belong to the core:
    they may be changed in any thread, at any time, and that holds for all loggers of the core.

    Can be pickled if it was made from `cleat.logust.logger`: in another process it goes on with that one's handlers.
    copy.deepcopy() gives a logger with a core of its own, if no handler is a file.
    """

    if TYPE_CHECKING:

        def __init__(
            self,
            inner: PyLogger,
            bound: dict[str, Any] | None = None,
            patchers: Iterable[Callable[[dict[str, Any]], object]] = (),
            options: object = None,
        ) -> None: ...

        @property
        def core(self) -> PyLogger: ...

        def trace(self, message: object, *args: object, **kwargs: Any) -> None: ...
        def debug(self, message: object, *args: object, **kwargs: Any) -> None: ...
        def info(self, message: object, *args: object, **kwargs: Any) -> None: ...
        def success(self, message: object, *args: object, **kwargs: Any) -> None: ...
        def warning(self, message: object, *args: object, **kwargs: Any) -> None: ...
        def error(self, message: object, *args: object, **kwargs: Any) -> None: ...
        def fail(self, message: object, *args: object, **kwargs: Any) -> None: ...
        def critical(self, message: object, *args: object, **kwargs: Any) -> None: ...
        def exception(self, message: object, *args: object, **kwargs: Any) -> None: ...
        def log(self, level: LogLevel | str | int, message: object, *args: object, **kwargs: Any) -> None: ...

    else:
        trace = _engine.LogMethod("trace", "TRACE", _line_of("TRACE"))
        debug = _engine.LogMethod("debug", "DEBUG", _line_of("DEBUG"))
        info = _engine.LogMethod("info", "INFO", _line_of("INFO"))
        success = _engine.LogMethod("success", "SUCCESS", _line_of("SUCCESS"))
        warning = _engine.LogMethod("warning", "WARNING", _line_of("WARNING"))
        error = _engine.LogMethod("error", "ERROR", _line_of("ERROR"))
        fail = _engine.LogMethod("fail", "FAIL", _line_of("FAIL"))
        critical = _engine.LogMethod("critical", "CRITICAL", _line_of("CRITICAL"))
        exception = _engine.LogMethod(
            "exception", "ERROR", _line_of("ERROR, with the exception that is being handled"), catches=True
        )
        log = _engine.LogMethod(
            "log", None, _line_of("*level*, a name in capital letters or not, or a number; ValueError if there is none")
        )

    @property
    def _inner(self) -> PyLogger:
        """The core, as logust calls it."""
        return self.core

    # -- fields --

    def patch(self, patcher: PatcherCallback | Callable[[Any], object]) -> Self:
        """Return a logger whose records go through a function, behind those that this one has.

        The function gets the record as a dict, with the values of the fields in ``record["extra"]``, and changes
        message, exception and fields in it. What it raises goes to the caller of the log method.

        :raises TypeError: it is no function.
        """
        if not callable(patcher):
            raise TypeError(f"patch() takes a function of a record, not {patcher!r}")
        return super().patch(with_values(patcher))

    # -- handlers --

    def add(
        self,
        sink: Sink,
        *,
        level: LogLevel | str | int | None = None,
        format: str | None = None,
        rotation: RotationPolicy | None = None,
        retention: RetentionPolicy | None = None,
        compression: bool | str | None = False,
        serialize: bool = False,
        filter: Filter | None = None,
        enqueue: bool = False,
        colorize: bool | None = None,
        collect: CollectOptions | None = None,
        **unknown: NoReturn,
    ) -> int:
        """Add a handler, and return its number, for `remove()`.

        :param sink: a path; a stream, that is an object with a write(); a function of a line; a coroutine function of
            one, whose calls become tasks of the running event loop; or a handler of the standard library. Of
            sys.stdout and sys.stderr it is what stands for them at the moment of a line that gets it.
        :param level: the lowest level of its lines. DEBUG if none is given.
        :param format: the line, with tokens: time level name module function line file elapsed thread process message
            extra[KEY], each with a format specification behind a colon if wanted, as in ``{level:<8}``; time takes a
            format of times, as in ``{time:HH:mm}``. And with colour markup such as ``<green>{time}</green>`` or ``<level>``.
        :param rotation: begins a new file: at a size (``"500 MB"``, a number of bytes), or a time (``"daily"``,
            ``"18:00"``, ``"1 week"``, a timedelta). Rotation, retention and compression are for files only.
        :param retention: how many rotated files are kept (5), or for how long (``"10 days"``, a timedelta).
        :param compression: whether rotated files are compressed.
        :param serialize: lines are JSON, whatever the format.
        :param filter: a function that tells of a record whether the handler gets it; the name of a module, whose
            records it gets then; or a dict of modules' names and levels.
        :param enqueue: whether a thread of the engine writes the file; the line is made by the caller in any case.
            complete() waits for it. Other sinks are called at once.
        :param colorize: whether lines have colours. None: if a stream shows them; NO_COLOR and FORCE_COLOR decide for
            standard output and standard error.
        :param collect: what lines say of caller, thread and process, where that is not what the call knows.
        :raises TypeError: there is no such option, or something is of a wrong type.
        :raises ValueError: an option is wrong, or not for this sink.
        :raises OSError: the file cannot be opened.
        """
        refuse_unknown(unknown, OPTION_NAMES, "add()")
        options = Options(
            level=level,
            format=format,
            rotation=rotation,
            retention=retention,
            compression=compression,
            serialize=serialize,
            filter=filter,
            enqueue=enqueue,
            colorize=colorize,
            collect=collect,
        )
        return self.core.add(sink, options)

    def remove(self, handler_id: int | None = None) -> bool:
        """Remove a handler or callback by its number, or all of them; files are written out and closed.

        Return whether there was one. May be called from inside of a handler.
        """
        return self.core.remove(handler_id)

    def complete(self) -> Completion:
        """Wait until all lines are in their files, and rotated files compressed or removed.

        ``await logger.complete()`` waits for the coroutine functions that are sinks, too, as far as they run in this
        event loop.
        """
        return self.core.complete()

    def add_callback(
        self, callback: LogCallback | Callable[[Any], object], level: LogLevel | str | int | None = None
    ) -> int:
        """Add a function that gets the records from *level* up, DEBUG if none is given; return its number.

        Records have fields as text; ``record["extra"].typed`` has their values.

        :raises TypeError: it is no function.
        :raises ValueError: there is no such level.
        """
        if not callable(callback):
            raise TypeError(f"add_callback() takes a function of a record, not {callback!r}")
        return self.core.add_callback(callback, level)

    def remove_callback(self, callback_id: int) -> bool:
        """Remove a callback, or a handler whose sink is a function, by its number. Return whether there was one."""
        return self.core.remove(callback_id, kinds=(CALLBACK, FUNCTION))

    # -- levels --

    @overload
    def level(self, name: str) -> Level: ...
    @overload
    def level(self, name: str, *, no: int, color: str | None = None, icon: str | None = None) -> Level: ...
    @overload
    def level(self, name: str, *, color: str | None = None, icon: str | None = None) -> Level: ...
    def level(
        self, name: str, *, no: int | None = None, color: str | None = None, icon: str | None = None
    ) -> Level:
        """Return a level by its name; or, where more than that is given, add it or change it first.

        :param name: in capital letters or not.
        :param no: how severe it is: TRACE is 5, DEBUG 10, INFO 20, SUCCESS 25, WARNING 30, ERROR 40, FAIL 45,
            CRITICAL 50.
        :param color: a name such as ``"cyan"`` or ``"bright_blue"``, which is shown in bold, or tags such as
            ``"<red><bold>"``.
        :param icon: what the token ``{level.icon}`` shows.
        :raises ValueError: there is no such level, and no number for a new one; no such colour.
        :raises TypeError: something is of a wrong type.
        """
        _check_level(name, no, color, icon)
        table = self.core.level_table
        former = table.get(name)
        if former is None and no is None:
            known = ", ".join(level.name for level in table.all())
            raise ValueError(f"there is no level {name!r}, and a new one needs a number, no=...; there are: {known}")
        if no is None and color is None and icon is None and former is not None:
            return former
        level = Level(
            name.upper(),
            no if no is not None else former.no if former else 0,
            color if color is not None else former.color if former else "",
            icon if icon is not None else former.icon if former else "",
        )
        table.add(level)
        return level

    def is_level_enabled(self, level: LogLevel | str | int) -> bool:
        """Tell whether any handler takes lines of a level. ValueError if there is no such level."""
        return self.core.level_table.no(level) >= self.core.min_no

    def set_level(self, level: LogLevel | str | int) -> None:
        """Have the handlers on the console take lines from a level up. ValueError if there is no such level."""
        self.core.set_console_level(level)

    def get_level(self) -> LogLevel:
        """Return the lowest level that the console takes."""
        return self.core.console_level()

    # -- switches --

    def enable(self, level: LogLevel | str | int | None = None) -> None:
        """Have a handler on the console; or, by a module's name, take up its lines again.

        :param level: the lowest level that the console takes; or the name of a module, ``""`` for all of them.
        """
        if isinstance(level, str) and not self.core.is_level_name(level):
            self.core.set_enabled(level, True)
        else:
            self.core.enable_console(level)

    def disable(self, name: str | None = None) -> None:
        """Remove the handlers on the console; or, by a module's name, pass over its lines, and those of the modules
        inside of it. ``""`` stands for all modules."""
        if name is None:
            self.core.disable_console()
        elif not isinstance(name, str):
            raise TypeError(f"disable() takes the name of a module, not {name!r}")
        else:
            self.core.set_enabled(name, False)

    def is_enabled(self) -> bool:
        """Tell whether a handler is on the console."""
        return self.core.is_console_enabled()

    def configure(
        self,
        *,
        handlers: Iterable[HandlerConfig | dict[str, Any]] | None = None,
        levels: Iterable[LevelConfig | dict[str, Any]] | None = None,
        extra: Mapping[str, Any] | None = None,
        patcher: PatcherCallback | Callable[[Any], object] | None = None,
        activation: Iterable[tuple[str, bool]] | None = None,
    ) -> list[int]:
        """Add levels, handlers, fields, a patcher and switches at once, for all loggers of this core.

        :param handlers: arguments of `add()`, as dicts. They come to the handlers that are there.
        :param levels: arguments of `level()`, as dicts.
        :param extra: fields of all lines, beneath those that loggers have bound.
        :param patcher: a function that all records go through, before those of loggers.
        :param activation: names of modules, and whether their lines are wanted.
        :return: the numbers of the handlers. If one is wrong, none of them is added.
        :raises TypeError, ValueError, OSError: as `add()` and `level()` do.
        """
        if patcher is not None and not callable(patcher):
            raise TypeError(f"the patcher must be a function of a record, not {patcher!r}")
        if extra is not None and not isinstance(extra, Mapping):
            raise TypeError(f"extra must be a dict of fields, not {extra!r}")
        for config in levels or ():
            refuse_unknown(config, _LEVEL_OPTIONS, "a level")
            self.level(**config)
        ids = self._add_all(handlers or ())
        if extra:
            self.core.extra = {**(self.core.extra or {}), **extra}
        if patcher is not None:
            self.core.patcher = _after(self.core.patcher, with_values(patcher))
        for name, is_enabled in activation or ():
            self.core.set_enabled(name, is_enabled)
        return ids

    def _add_all(self, handlers: Iterable[HandlerConfig | dict[str, Any]]) -> list[int]:
        ids: list[int] = []
        try:
            for config in handlers:
                options = dict(config)
                refuse_unknown(options, ("sink", *OPTION_NAMES), "a handler")
                if "sink" not in options:
                    raise ValueError(f"a handler needs a sink: {config!r}")
                ids.append(self.add(options.pop("sink"), **options))
        except BaseException:
            for id in ids:
                self.remove(id)
            raise
        return ids

    # -- exceptions --

    @overload
    def catch(
        self,
        exception: ExceptionTypes = ...,
        *,
        level: LogLevel | str | int = ...,
        reraise: bool = ...,
        message: str = ...,
        onerror: Callable[[BaseException], object] | None = ...,
        exclude: ExceptionTypes | None = ...,
        default: Any = ...,
    ) -> Catcher: ...
    @overload
    def catch(self, exception: _Function, /) -> _Function: ...
    def catch(
        self,
        exception: Any = Exception,
        *,
        level: LogLevel | str | int = "ERROR",
        reraise: bool = False,
        message: str = "An error occurred",
        onerror: Callable[[BaseException], object] | None = None,
        exclude: ExceptionTypes | None = None,
        default: Any = None,
    ) -> Any:
        """Log exceptions instead of raising them: as a decorator, with options or without, of functions, methods,
        coroutine functions and generators; or in a with statement.

        :param exception: the types that are caught.
        :param level: the line's.
        :param reraise: whether they are raised behind the line all the same.
        :param message: what the line begins with; the exception's own text follows.
        :param onerror: is called with the exception behind the line.
        :param exclude: types that are not caught.
        :param default: what a decorated function returns in the place of what it would have returned.
        :raises ValueError: there is no such level.
        :raises TypeError: what is decorated is no function; there are no such exceptions.
        """
        if not _is_exception_type(exception):
            return self.catch()(exception)
        self.core.level_table.resolve(level)

        def log(caught: BaseException, frames: int) -> None:
            text = format_exception((type(caught), caught, caught.__traceback__))
            self._emit(
                self.core.level_table.resolve(level), f"{message}: {text_of(caught)}", exception=text, depth=frames + 1
            )

        return Catcher(CatchOptions(exception, exclude, reraise, onerror, default), log)

    # -- single calls --

    def opt(
        self,
        *,
        exception: BaseException | tuple[Any, Any, Any] | bool | None = None,
        record: bool = False,
        lazy: bool = False,
        colors: bool = False,
        raw: bool = False,
        capture: bool = True,
        depth: int = 0,
        backtrace: bool = False,
        diagnose: bool = False,
    ) -> OptLogger:
        """Return a logger whose calls are taken otherwise.

        :param exception: goes with the line: an exception, what sys.exc_info() returns, or True for the one that is
            being handled.
        :param record: the record is there for the message, as in ``"{record[name]}"``.
        :param lazy: values that can be called are: only if the line is wanted, and what they return takes their place.
        :param colors: nothing: colour markup in messages is shown, or taken out, in any case.
        :param raw: the message is written as it is: without format, without line break.
        :param capture: whether keywords that the message does not use are fields.
        :param depth: the line comes from so many callers further out.
        :param backtrace: the exception's text has the callers of who caught it, too.
        :param diagnose: the exception's text has the values of variables.
        """
        options = CallOptions(exception, record, lazy, colors, raw, capture, depth, backtrace, diagnose)
        return OptLogger(self.core, self.bound, self.patchers, options)

    _should_colorize = staticmethod(should_colorize)

    # -- copies --

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.core, self.bound, self.patchers, self.options)

    def __repr__(self) -> str:
        bound = f" {self.bound}" if self.bound else ""
        return f"<cleat.logust.{type(self).__name__}{bound}>"


class OptLogger(Logger):
    """What `Logger.opt()` makes."""


def _check_level(name: object, no: object, color: object, icon: object) -> None:
    if not isinstance(name, str):
        raise TypeError(f"the name of a level must be a str, not {name!r}")
    if not name:
        raise ValueError("the name of a level must not be empty")
    for option, value in (("color", color), ("icon", icon)):
        if value is not None and not isinstance(value, str):
            raise TypeError(f"the {option} of level {name!r} must be a str, not {value!r}")
    if no is not None and (not isinstance(no, int) or isinstance(no, bool)):
        raise TypeError(f"the number of level {name!r} must be an int, not {no!r}")


def _is_exception_type(value: object) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_exception_type, value))
    return isinstance(value, type) and issubclass(value, BaseException)


def _after(
    first: Callable[[dict[str, Any]], object] | None, second: Callable[[dict[str, Any]], object]
) -> Callable[[dict[str, Any]], object]:
    if first is None:
        return second

    def both(record: dict[str, Any]) -> None:
        first(record)
        second(record)

    return both
