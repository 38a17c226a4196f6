import contextvars
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from os import PathLike
from types import FrameType, TracebackType
from typing import IO, Any, ClassVar, Literal, Protocol, TypeVar, final
from weakref import WeakKeyDictionary

from typing_extensions import Self

from .structlog.typing import BindableLogger, Context, Processor

_Function = TypeVar("_Function", bound=Callable[..., Any])
_EventDict = TypeVar("_EventDict")
_Given = TypeVar("_Given", covariant=True)

version: str

def refuse_sub_interpreter() -> None: ...

# At run time a type of its own; contextvars.Token is the name that programs annotate with.
Token = contextvars.Token

def bind_contextvars(**kw: Any) -> Mapping[str, contextvars.Token[Any]]: ...
def unbind_contextvars(*keys: str) -> None: ...
def clear_contextvars() -> None: ...
def reset_contextvars(**kw: contextvars.Token[Any]) -> None: ...
def get_contextvars() -> dict[str, Any]: ...
def get_merged_contextvars(bound_logger: Any) -> dict[str, Any]: ...
def merge_contextvars(logger: Any, method_name: str, event_dict: _EventDict) -> _EventDict: ...

@final
class bound_contextvars:
    def __init__(self, **kw: Any) -> None: ...
    def __enter__(self) -> None: ...
    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...
    def __call__(self, func: _Function) -> _Function: ...
    def again(self) -> bound_contextvars: ...

class LazyProxy:
    """Stands for the bound logger that its method `_make_logger` makes: has its attributes besides its own."""

    def _make_logger(self) -> BindableLogger: ...
    def _cache(self, logger: BindableLogger, /) -> None: ...
    def _use_while_unchanged(self, logger: BindableLogger, initial_values: dict[str, Any], /) -> None: ...
    def bind(self, **new_values: Any) -> BindableLogger: ...
    def __getattr__(self, name: str) -> Any: ...

def configuration_changed() -> None: ...

class BoundLogger:
    """A wrapped logger, a chain of processors and a context: the base of all bound loggers."""

    def __init__(self, logger: Any, processors: Iterable[Processor], context: Context) -> None: ...
    def bind(self, **new_values: Any) -> Self: ...
    def unbind(self, *keys: str) -> Self: ...
    def try_unbind(self, *keys: str) -> Self: ...
    def new(self, **new_values: Any) -> Self: ...
    def _process_event(
        self, method_name: str, event: str | None, event_kw: dict[str, Any]
    ) -> tuple[Sequence[Any], Mapping[str, Any]]: ...
    def _proxy_to_logger(self, method_name: str, event: str | None = None, **event_kw: Any) -> Any: ...
    __hash__: ClassVar[None]  # type: ignore[assignment]

@final
class LevelMethod:
    """A log method of a class of bound loggers; without a level it does nothing."""

    def __init__(self, name: str, level: int | None, doc: str | None = None) -> None: ...
    def __call__(self, logger: Any, event: str, /, *args: Any, **kw: Any) -> Any: ...

@final
class WriteLock:
    """The lock of a file that lines are written to. The thread that has it may take it again."""

    def acquire(self) -> bool: ...
    def release(self) -> None: ...
    def locked(self) -> bool: ...
    def __enter__(self) -> bool: ...
    def __exit__(self, *exc_info: object) -> None: ...

write_locks: WeakKeyDictionary[IO[Any], WriteLock]

def lock_for(file: IO[Any], /) -> WriteLock: ...

@final
class FileSink:
    """A file that whole lines are appended to, with rotation, retention, compression, and a thread of its own."""

    def __init__(
        self,
        path: str | bytes | PathLike[str] | PathLike[bytes],
        *,
        rotate_bytes: int = 0,
        rotate_seconds: int = 0,
        rotate_offset_seconds: int = 0,
        local_time: bool = True,
        keep_files: int = 0,
        keep_seconds: int = 0,
        compress: bool = False,
        mode: int = 0,
        enqueue: bool = False,
        queue_bytes: int = 0,
        overflow: Literal["block", "drop_newest", "drop_oldest"] = "block",
    ) -> None: ...
    def write(self, line: str | bytes, /) -> None: ...
    def flush(self, timeout: float = -1) -> bool: ...
    def settle(self, timeout: float = -1) -> bool: ...
    def close(self) -> None: ...
    @property
    def path(self) -> str: ...
    @property
    def dropped(self) -> int: ...
    @property
    def lost(self) -> int: ...
    @property
    def closed(self) -> bool: ...

@final
class ConsoleSink:
    """Standard output or standard error, whatever file stands for it at each line."""

    def __init__(self, name: Literal["stdout", "stderr"]) -> None: ...
    def write(self, line: str | bytes, /) -> None: ...
    @property
    def name(self) -> str: ...

def flush_sinks(timeout: float = -1, /) -> bool: ...

@final
class AsyncFileLogger:
    """An output logger that appends lines to a file, from a thread of its own."""

    def __init__(
        self, path: str | PathLike[str], *, queue_bytes: int = ..., overflow: Literal["block", "drop_newest", "drop_oldest"] = ...
    ) -> None: ...
    def msg(self, message: str | bytes, /) -> None: ...
    log = debug = info = warn = warning = msg
    fatal = failure = err = error = critical = exception = msg
    def flush(self, timeout: float = -1, /) -> bool: ...
    @property
    def dropped(self) -> int: ...

steps_of_functions: dict[Any, tuple[Any, ...]]

def know_output(type: type, takes_bytes: bool, stdout: Any, /) -> None: ...
def know_drop_event(type: type[BaseException], /) -> None: ...

def format_record(formatter: logging.Formatter, record: logging.LogRecord, usual_type: type, /) -> str: ...
def make_log_record(
    name: str,
    level: int,
    fn: str,
    lno: int,
    msg: object,
    args: Any,
    exc_info: Any,
    func: str | None,
    extra: Mapping[str, object] | None,
    sinfo: str | None,
    /,
) -> logging.LogRecord | None: ...
def make_log_record_here(
    logger: logging.Logger, level: int, msg: object, args: Any, extra: Mapping[str, object] | None, /
) -> logging.LogRecord | None: ...
def know_log_records(
    take_apart: Callable[[str], tuple[str, str]],
    calling_stack: contextvars.ContextVar[FrameType],
    not_callers: tuple[str, ...],
    /,
) -> None: ...
def first_frame_outside(ignored: tuple[str, ...], frame: FrameType, /) -> tuple[FrameType, str]: ...

# What record loggers are made of, those of the doors of logust and loguru.

@final
class Level:
    """A level as records have it. Immutable."""

    def __init__(self, name: str, no: int, style: str, icon: str) -> None: ...
    @property
    def name(self) -> str: ...
    @property
    def no(self) -> int: ...
    @property
    def style(self) -> str: ...
    @property
    def icon(self) -> str: ...

@final
class Template:
    """A format that was taken apart: a row of segments, which make the text of a record's line."""

    def __init__(self, segments: Iterable[tuple[Any, ...]], *, safe: bool = True, lines: bool = False) -> None: ...
    @property
    def needs(self) -> int: ...

@final
class RecordJson:
    """A format: records as JSON (RFC 8259), one line each."""

    def __init__(self, simplify: Callable[[Any], Any]) -> None: ...

class Handler:
    """Level gate, filter, format and sink of the records of a logger. Immutable."""

    def __init__(
        self,
        *,
        level_no: int = ...,
        sink: Any,
        formatter: Any,
        filter: Callable[[dict[str, Any]], object] | None = ...,
        dict_formatter: Callable[[dict[str, Any]], str] | None = ...,
        format_exception: Callable[[Any], str] | None = ...,
        takes_record: bool = ...,
        newline: bool = ...,
        needs: int = ...,
    ) -> None: ...
    @property
    def level_no(self) -> int: ...
    @property
    def needs(self) -> int: ...
    @property
    def sink(self) -> Any: ...
    @property
    def formatter(self) -> Any: ...
    @property
    def filter(self) -> Callable[[dict[str, Any]], object] | None: ...
    @property
    def dict_formatter(self) -> Callable[[dict[str, Any]], str] | None: ...
    @property
    def format_exception(self) -> Callable[[Any], str] | None: ...
    @property
    def takes_record(self) -> bool: ...
    @property
    def newline(self) -> bool: ...

class Core:
    """What a record logger shares with all that are made from it."""

    def __init__(self, *args: Any, **kw: Any) -> None: ...
    handlers: tuple[Handler, ...]
    @property
    def levels(self) -> dict[str, Level]: ...
    @property
    def min_no(self) -> int: ...
    @property
    def needs(self) -> int: ...
    takes_exception: bool
    extra: dict[str, Any] | None
    patcher: Callable[[dict[str, Any]], object] | None
    make_record: Callable[..., dict[str, Any]] | None
    read_record: Callable[[dict[str, Any]], tuple[Any, Any, dict[str, Any]]] | None
    consumed: Callable[[str], Iterable[str]] | None
    resolve_level: Callable[[Any], Level] | None
    resolve_exception: Callable[[Any], Any] | None
    is_enabled: Callable[[str | None], bool] | None
    report: Callable[[Handler, dict[str, Any] | None], None] | None
    log_with_options: Callable[[Any, Level, Any, tuple[Any, ...], dict[str, Any]], None] | None

class _LoggerScope(Protocol[_Given]):
    """The scope of contextualize(): of a with statement, or of the calls of a function that it decorates."""

    def __enter__(self) -> _Given: ...
    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...
    def __call__(self, func: _Function) -> _Function: ...

class RecordLogger:
    """A core, fields that are bound to it, patchers and options. Immutable."""

    def __init__(
        self,
        core: Core,
        bound: dict[str, Any] | None = ...,
        patchers: Iterable[Callable[[dict[str, Any]], object]] = ...,
        options: Any = ...,
    ) -> None: ...
    @property
    def core(self) -> Core: ...
    @property
    def bound(self) -> dict[str, Any]: ...
    @property
    def patchers(self) -> tuple[Callable[[dict[str, Any]], object], ...]: ...
    @property
    def options(self) -> Any: ...
    def bind(self, **fields: Any) -> Self: ...
    def contextualize(self, **fields: Any) -> _LoggerScope[Self]: ...
    def patch(self, patcher: Callable[[dict[str, Any]], object], /) -> Self: ...
    def _with_options(self, options: Any, /) -> Self: ...
    def _emit(
        self,
        level: Level,
        message: str,
        extra: dict[str, Any] | None = ...,
        exception: object = ...,
        depth: int = ...,
        origin: tuple[Any, ...] | None = ...,
        raw: bool = ...,
    ) -> None: ...
    def _is_wanted(self, level: Level, depth: int = ...) -> bool: ...
    def _make_record(
        self,
        level: Level,
        message: str,
        extra: dict[str, Any] | None = ...,
        exception: object = ...,
        depth: int = ...,
        origin: tuple[Any, ...] | None = ...,
        raw: bool = ...,
    ) -> dict[str, Any]: ...

@final
class LogMethod:
    """A log method of a class of record loggers."""

    def __init__(self, name: str, level_name: str | None, doc: str | None = ..., catches: bool = ...) -> None: ...
    def __call__(self, logger: Any, message: object, /, *args: Any, **kwargs: Any) -> None: ...
