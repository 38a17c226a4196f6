"""The logger."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

from .. import _engine
from ..logust._catch import Catcher, CatchOptions, ExceptionTypes
from ..logust._levels import Level
from ..logust._parse import find_all
from . import _defaults
from ._add import add_handler
from ._core import Core
from ._options import DEFAULTS, Options, log

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Core", "Level", "Logger", "context"]

_CAUGHT = (
    "An error has been caught in function '{record[function]}', process '{record[process].name}' "
    "({record[process].id}), thread '{record[thread].name}' ({record[thread].id}):"
)

_Function = TypeVar("_Function", bound=Callable[..., Any])

# An exception that a value's own __repr__ raises and catches, while a traceback shows the value, is not logged as well.
_thread = threading.local()


class Context:
    """The fields that `contextualize()` binds, as loguru's tests and those of programs take hold of them."""

    def get(self) -> dict[str, Any]:
        """Return all fields of the context."""
        return _engine.get_contextvars()

    def set(self, fields: Mapping[str, Any]) -> None:
        """Have these fields in the context, and no others."""
        _engine.clear_contextvars()
        _engine.bind_contextvars(**fields)


context = Context()


class Completion:
    """What complete() returns. To await it waits for the tasks of coroutine functions that are sinks, too."""

    def __init__(self, tasks: Iterable[Awaitable[object]]) -> None:
        self._tasks = tuple(tasks)

    def __await__(self) -> Generator[Any, Any, None]:
        for task in self._tasks:
            yield from task.__await__()


def _check_exceptions(exceptions: Any, name: str) -> None:
    """Refuse what is no exception's class, before an exception is there that the refusal would hide."""
    for exception in exceptions if isinstance(exceptions, tuple) else (exceptions,):
        if not (isinstance(exception, type) and issubclass(exception, BaseException)):
            raise TypeError(f"{name} of catch() is a class of exceptions, or a tuple of such, not {exceptions!r}")


def _make_again(
    type_: type[Logger], core: Core, options: Options, patchers: Sequence[Any], bound: Mapping[str, Any]
) -> Logger:
    return type_(core, *options, patchers=patchers, extra=bound)


class Logger(_engine.RecordLogger):
    """Logs, and makes loggers that are like it but for what they bind, patch or do otherwise.

    All loggers that come from one share its handlers, levels and switches. Threads may share loggers; a forked child
    has those of its parent.

    copy.deepcopy() of one without handlers is a logger with handlers of its own. Those made from `cleat.loguru.logger`
    can be pickled: in another process they go on with that one's handlers.

    A logger with handlers of its own is also `Logger(Core(), None, 0, False, False, False, False, True, [], {})`. To call
    `__init__()` so of a logger that is there, as tests do, puts its core back to what a new one is.
    """

    core: Core

    def __init__(
        self,
        core: Core,
        exception: Any,
        depth: int,
        record: bool,
        lazy: bool,
        colors: bool,
        raw: bool,
        capture: bool,
        patchers: Sequence[Callable[[dict[str, Any]], object]],
        extra: Mapping[str, Any],
    ) -> None:
        options = Options(exception, depth, record, lazy, colors, raw, capture)
        parts = (dict(extra), tuple(patchers), None if options == DEFAULTS else options)
        if self.core is not None and parts == (self.bound, self.patchers, self.options):
            self.core.become(core)
        else:
            super().__init__(core, *parts)

    def __reduce__(self) -> tuple[Any, ...]:
        return _make_again, (type(self), self.core, self.options or DEFAULTS, self.patchers, self.bound)

    def __repr__(self) -> str:
        return f"<loguru.logger handlers={self.core.all_handlers()!r}>"

    # -- handlers --

    def add(
        self,
        sink: Any,
        *,
        level: str | int = _defaults.LEVEL,
        format: str | Callable[[Any], str] = _defaults.FORMAT,
        filter: str | Callable[[Any], object] | Mapping[str | None, str | int | bool] | None = _defaults.FILTER,
        colorize: bool | None = _defaults.COLORIZE,
        serialize: bool = _defaults.SERIALIZE,
        backtrace: bool = _defaults.BACKTRACE,
        diagnose: bool = _defaults.DIAGNOSE,
        enqueue: bool = _defaults.ENQUEUE,
        context: Any = None,
        catch: bool = _defaults.CATCH,
        **options: Any,
    ) -> int:
        """Add a handler, and return the number that `remove()` takes.

        :param sink: a path, in which `{time}` is the time; a file-like object; a function of a message, which is a str
            with the attribute `record`; a coroutine function of one; a handler of the standard library's logging.
        :param level: the lowest level that it takes, by name or number.
        :param format: what lines are like: a text with fields of the record and colour markup, or a function of a
            record that returns one, then with its own line end and `{exception}`.
        :param filter: passes the records of a module and below, or those for which a function returns something true,
            or, of each module in a dict, those from a level on.
        :param colorize: show colours; None: if the sink is a terminal.
        :param serialize: write each record as a line of JSON.
        :param backtrace: show the calls beyond where an exception was caught.
        :param diagnose: show the values of variables with an exception.
        :param enqueue: write from a thread of its own.
        :param context: only None: files may be written by any number of processes as it is.
        :param catch: say on standard error when the handler fails; otherwise its errors are the caller's.
        :param options: for paths `rotation`, `retention`, `compression`, `mode`, `encoding`, `errors`, as in
            `cleat.logust._policies`.
        :raises TypeError: an option is of a wrong type, or there is none of that name.
        :raises ValueError: an option's value is none.
        :raises NotImplementedError: an option of loguru's that is not there; what to do instead is in the message.
        :raises OSError: the file cannot be opened.
        """
        handler = add_handler(
            self.core,
            sink,
            level=level,
            format=format,
            filter=filter,
            colorize=colorize,
            serialize=serialize,
            backtrace=backtrace,
            diagnose=diagnose,
            enqueue=enqueue,
            context=context,
            catch=catch,
            **options,
        )
        return handler.number

    def remove(self, handler_id: int | None = None) -> None:
        """Remove a handler, or all of them; what waits to be written is written before.

        :raises TypeError: that is no number.
        :raises ValueError: there is no handler of that number.
        """
        if handler_id is not None and not isinstance(handler_id, int):
            raise TypeError(
                "Invalid handler id, it should be an integer as returned by add() (or None), "
                f"not: {type(handler_id).__name__}"
            )
        all_numbers = [handler.number for handler in self.core.all_handlers()]
        self.core.remove_handlers(all_numbers if handler_id is None else [handler_id])

    def complete(self) -> Completion:
        """Wait until all handlers have written what came before.

        Await what it returns to wait for coroutine functions that are sinks, too: those of the event loop that runs.
        """
        return Completion(task for handler in self.core.all_handlers() for task in handler.complete())

    def configure(
        self,
        *,
        handlers: Iterable[Mapping[str, Any]] | None = None,
        levels: Iterable[Mapping[str, Any]] | None = None,
        extra: Mapping[str, Any] | None = None,
        patcher: Callable[[dict[str, Any]], object] | None = None,
        activation: Iterable[tuple[str | None, bool]] | None = None,
    ) -> list[int]:
        """Set many things at once; what is None stays as it is. Return the numbers of the new handlers.

        :param handlers: the arguments of `add()` for each, which take the place of all handlers that there are.
        :param levels: the arguments of `level()` for each.
        :param extra: fields of all records, beneath those that are bound.
        :param patcher: a function of all records, in front of those of `patch()`.
        :param activation: modules' names, and whether they are wanted, as by `enable()` and `disable()`.
        """
        if handlers is not None:
            self.remove()
        for level in levels or ():
            self.level(**level)
        if patcher is not None:
            if not callable(patcher):
                raise TypeError(f"the patcher is a function of a record, not {patcher!r}")
            self.core.patcher = patcher
        if extra is not None:
            self.core.extra = dict(extra)
        for name, is_wanted in activation or ():
            self.core.activate(name, is_wanted)
        return [self.add(**handler) for handler in handlers or ()]

    # -- other loggers --

    def opt(
        self,
        *,
        exception: Any = None,
        record: bool = False,
        lazy: bool = False,
        colors: bool = False,
        raw: bool = False,
        capture: bool = True,
        depth: int = 0,
        ansi: bool = False,
    ) -> Self:
        """Return a logger that does these things otherwise, and all others that opt() knows as usual.

        :param exception: show an exception: this one, a tuple as of sys.exc_info(), or True: the one being handled.
        :param record: the message's `{record}` is the record.
        :param lazy: arguments are functions, called only if a handler takes the level.
        :param colors: colour markup in the message, but not in its arguments, is colours.
        :param raw: the message is the whole line.
        :param capture: keyword arguments are fields of the record.
        :param depth: so many calls further out is the caller that the record names.
        :param ansi: an old name of *colors*.
        """
        if ansi:
            warnings.warn("opt(ansi=) is an old name of opt(colors=)", DeprecationWarning, stacklevel=2)
        options = Options(exception, depth, record, lazy, colors or ansi, raw, capture)
        return self._with_options(None if options == DEFAULTS else options)

    @overload
    def catch(
        self,
        exception: ExceptionTypes = ...,
        *,
        level: str | int = ...,
        reraise: bool = ...,
        onerror: Callable[[BaseException], object] | None = ...,
        exclude: ExceptionTypes | None = ...,
        default: Any = ...,
        message: str = ...,
    ) -> Catcher: ...
    @overload
    def catch(self, exception: _Function) -> _Function: ...
    def catch(
        self,
        exception: Any = Exception,
        *,
        level: str | int = "ERROR",
        reraise: bool = False,
        onerror: Callable[[BaseException], object] | None = None,
        exclude: ExceptionTypes | None = None,
        default: Any = None,
        message: str = _CAUGHT,
    ) -> Any:
        """Log exceptions: of a `with`, or of the calls of a function that it decorates, with and without brackets.

        Functions may be coroutine functions and generator functions.

        :param exception: the exceptions that are logged: a class, or a tuple of classes.
        :param level: the level of the record, by name or number.
        :param reraise: let the exception go on.
        :param onerror: a function that gets the exception when it has been logged.
        :param exclude: exceptions that are let alone.
        :param default: what the decorated function returns instead.
        :param message: the message; its `{record}` is the record.
        :raises TypeError: what is decorated is no function, or *exception* or *exclude* are no exceptions' classes.
        """
        if callable(exception) and not (isinstance(exception, type) and issubclass(exception, BaseException)):
            return self.catch()(exception)
        _check_exceptions(exception, "exception")
        _check_exceptions(exclude or (), "exclude")
        own: Options = self.options or DEFAULTS

        def log_exception(value: BaseException, frames: int) -> None:
            if getattr(_thread, "is_logging", False):
                return
            _thread.is_logging = True
            try:
                self._log(level, own._replace(exception=value, record=True), message, (), {}, 3 + frames, frames > 1)
            finally:
                _thread.is_logging = False

        return Catcher(CatchOptions(exception, exclude, reraise, onerror, default), log_exception)

    # -- levels, modules --

    def level(self, name: str, no: int | None = None, color: str | None = None, icon: str | None = None) -> Level:
        """Return what a level is; make one, if it is given a number; or change the colour or icon of one.

        :raises TypeError: name or number are none.
        :raises ValueError: there is no such level, or it is there and has a number, or the colour is none.
        """
        if no is None and color is None and icon is None:
            return self.core.find_level(name)
        return self.core.change_level(name, no, color, icon)

    def enable(self, name: str | None) -> None:
        """Want the records of a module and all below it; "" is all modules, None code that has no module."""
        self.core.activate(name, True)

    def disable(self, name: str | None) -> None:
        """Do not want the records of a module and all below it; "" is all modules, None code that has no module."""
        self.core.activate(name, False)

    # -- log methods --

    if TYPE_CHECKING:

        def trace(self, message: object, /, *args: Any, **kwargs: Any) -> None: ...
        def debug(self, message: object, /, *args: Any, **kwargs: Any) -> None: ...
        def info(self, message: object, /, *args: Any, **kwargs: Any) -> None: ...
        def success(self, message: object, /, *args: Any, **kwargs: Any) -> None: ...
        def warning(self, message: object, /, *args: Any, **kwargs: Any) -> None: ...
        def error(self, message: object, /, *args: Any, **kwargs: Any) -> None: ...
        def critical(self, message: object, /, *args: Any, **kwargs: Any) -> None: ...
        def log(self, level: str | int, message: object, /, *args: Any, **kwargs: Any) -> None: ...

    else:
        trace = _engine.LogMethod("trace", "TRACE", "Log a record of level TRACE.")
        debug = _engine.LogMethod("debug", "DEBUG", "Log a record of level DEBUG.")
        info = _engine.LogMethod("info", "INFO", "Log a record of level INFO.")
        success = _engine.LogMethod("success", "SUCCESS", "Log a record of level SUCCESS.")
        warning = _engine.LogMethod("warning", "WARNING", "Log a record of level WARNING.")
        error = _engine.LogMethod("error", "ERROR", "Log a record of level ERROR.")
        critical = _engine.LogMethod("critical", "CRITICAL", "Log a record of level CRITICAL.")
        log = _engine.LogMethod("log", None, "Log a record of a level that is given by name or number.")

    def exception(self, message: Any, /, *args: Any, **kwargs: Any) -> None:
        """Log a record of level ERROR with the exception that is being handled."""
        options: Options = self.options or DEFAULTS
        self._log("ERROR", options._replace(exception=True), message, args, kwargs, 3)

    def _log(
        self,
        level: str | int,
        options: Options,
        message: Any,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        depth: int,
        is_from_decorator: bool = False,
    ) -> None:
        found = self.core.resolve(level)
        log(self, options, found, message, args, kwargs, depth=depth, is_from_decorator=is_from_decorator)

    # -- others --

    parse = staticmethod(find_all)

    def start(self, *args: Any, **kwargs: Any) -> int:
        """Do what `add()` does: an old name."""
        warnings.warn("start() is an old name of add()", DeprecationWarning, stacklevel=2)
        return self.add(*args, **kwargs)

    def stop(self, *args: Any, **kwargs: Any) -> None:
        """Do what `remove()` does: an old name."""
        warnings.warn("stop() is an old name of remove()", DeprecationWarning, stacklevel=2)
        self.remove(*args, **kwargs)

    def reinstall(self) -> None:
        """Is not there.

        :raises NotImplementedError: always.
        """
        raise NotImplementedError(
            "reinstall() is not there: a process that is spawned adds its handlers itself; files may be written by any "
            "number of processes"
        )
