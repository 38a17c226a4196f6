"""Types for annotations: records, what handlers and callbacks are, the dicts that configure() takes."""

from __future__ import annotations

import enum
import logging
import os
from collections.abc import Awaitable, Callable, Sequence
from datetime import time, timedelta
from typing import Any, NamedTuple, Protocol, TypeAlias, TypedDict, Union


class RecordLevel(NamedTuple):
    """A level, as records have it that carry more than its name."""

    name: str
    no: int
    icon: str = ""


class RecordException(NamedTuple):
    """An exception, as records have it that carry more than its text."""

    type: type[BaseException] | None
    value: BaseException | None
    traceback: str | None


class LogRecord(TypedDict, total=False):
    """What patchers, filters and callbacks get. `extra` holds text for filters and callbacks, the values themselves for
    patchers; `record["extra"].typed` has the values in any case."""

    level: str
    level_no: int
    message: str
    timestamp: str
    name: str
    function: str
    line: int
    file: str
    thread_name: str
    thread_id: int
    process_name: str
    process_id: int
    elapsed: str
    exception: str | None
    extra: dict[str, Any]


class FilterCallback(Protocol):
    """Tells of a record whether a handler writes it."""

    def __call__(self, record: dict[str, Any], /) -> bool: ...


class PatcherCallback(Protocol):
    """Changes a record before handlers get it."""

    def __call__(self, record: dict[str, Any], /) -> None: ...


class LogCallback(Protocol):
    """Gets records, as `add_callback()` has them called."""

    def __call__(self, record: dict[str, Any], /) -> None: ...


class Writable(Protocol):
    """A stream, as far as a handler needs one. Where there is a `flush()`, it is called behind each line."""

    def write(self, text: str, /) -> object: ...


Sink: TypeAlias = Union[
    str,
    "os.PathLike[str]",
    Writable,
    logging.Handler,
    Callable[[str], Awaitable[None]],
    Callable[[str], object],
]
"""A path, a stream, a handler of the standard library, a function of a line, or a coroutine function of one."""

Filter: TypeAlias = "Callable[[Any], object] | str | dict[str | None, Any]"
RotationPolicy: TypeAlias = "str | int | timedelta | time | Sequence[Any]"
RetentionPolicy: TypeAlias = "str | int | timedelta"


class Rotation(str, enum.Enum):
    """Some of the texts that `Logger.add()` takes as a rotation, by name."""

    Never = "never"
    Daily = "daily"
    Hourly = "hourly"


class HandlerConfig(TypedDict, total=False):
    """A handler, as configure() takes it: the arguments of `Logger.add()` by name. `sink` must be there."""

    sink: Sink
    level: str | int
    format: str
    rotation: RotationPolicy
    retention: RetentionPolicy
    compression: bool | str
    serialize: bool
    filter: Filter
    enqueue: bool
    colorize: bool
    collect: Any


class LevelConfig(TypedDict, total=False):
    """A level, as configure() takes it: the arguments of `Logger.level()`. `name` and, for a new one, `no` must be
    there."""

    name: str
    no: int
    color: str
    icon: str
