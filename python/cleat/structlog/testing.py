"""For tests of programs that log: what was logged, as data."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from typing import Any, NamedTuple, NoReturn

from ._config import configure, get_config
from ._log_levels import map_method_name
from .exceptions import DropEvent
from .typing import EventDict, Processor, WrappedLogger

__all__ = [
    "CapturedCall",
    "CapturingLogger",
    "CapturingLoggerFactory",
    "LogCapture",
    "ReturnLogger",
    "ReturnLoggerFactory",
    "capture_logs",
]


class LogCapture:
    """The last processor of a chain under test: keeps each event in `entries`, with its ``log_level``, and drops it."""

    entries: list[EventDict]

    def __init__(self) -> None:
        self.entries = []

    def __call__(self, logger: WrappedLogger, method_name: str, event_dict: EventDict) -> NoReturn:
        """Keep *event_dict*; always raises DropEvent."""
        event_dict["log_level"] = map_method_name(method_name)
        self.entries.append(event_dict)
        raise DropEvent


@contextmanager
def capture_logs(processors: Iterable[Processor] = ()) -> Generator[list[EventDict], None, None]:
    """Within the block, nothing is written: events go, through *processors* if given, into the list it yields.

    The configured list of processors is changed in place and restored afterwards, so loggers that were bound before
    are caught as well. It is the whole program's list: not for threads that log meanwhile.
    """
    capture = LogCapture()
    configured = get_config()["processors"]
    before = configured.copy()
    try:
        configured[:] = [*processors, capture]
        configure(processors=configured)
        yield capture.entries
    finally:
        configured[:] = before
        configure(processors=configured)


class ReturnLogger:
    """Returns what it is called with: the argument if there is one alone, else all of them and the keywords."""

    def msg(self, *args: Any, **kw: Any) -> Any:
        """Return the only argument, or ``(args, kw)``."""
        if len(args) == 1 and not kw:
            return args[0]
        return args, kw

    log = debug = info = warn = warning = msg
    fatal = failure = err = error = critical = exception = msg


class ReturnLoggerFactory:
    """Returns the same `ReturnLogger` on every call; the arguments of the call do not matter."""

    def __init__(self) -> None:
        self._logger = ReturnLogger()

    def __call__(self, *args: Any) -> ReturnLogger:
        """Return the logger."""
        return self._logger


class CapturedCall(NamedTuple):
    """One call of a `CapturingLogger`."""

    method_name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


class CapturingLogger:
    """Has every method one may call, and keeps the calls in `calls`."""

    calls: list[CapturedCall]

    def __init__(self) -> None:
        self.calls = []

    def __repr__(self) -> str:
        return f"<CapturingLogger with {len(self.calls)} call(s)>"

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("__"):
            # Protocols of the language (copying, pickling, ...) are no log methods.
            raise AttributeError(name)

        def log(*args: Any, **kw: Any) -> None:
            self.calls.append(CapturedCall(name, args, kw))

        return log


class CapturingLoggerFactory:
    """Returns the same `CapturingLogger`, its `logger`, on every call; the arguments of the call do not matter."""

    logger: CapturingLogger

    def __init__(self) -> None:
        self.logger = CapturingLogger()

    def __call__(self, *args: Any) -> CapturingLogger:
        """Return the logger."""
        return self.logger
