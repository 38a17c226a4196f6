"""What a record is made of: a dict of these objects, which formats, filters, patchers and sinks see."""

from __future__ import annotations

import pickle
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ._message import ColouredMessage


class RecordLevel:
    """The level of a record."""

    __slots__ = ("icon", "name", "no", "style")

    def __init__(self, name: str, no: int, icon: str, style: str = "") -> None:
        self.name = name
        self.no = no
        self.icon = icon
        # The escape sequence that begins its colour.
        self.style = style

    def __repr__(self) -> str:
        return f"(name={self.name!r}, no={self.no!r}, icon={self.icon!r})"

    def __format__(self, spec: str, /) -> str:
        return format(self.name, spec)


class RecordFile:
    """The file of the code that logged."""

    __slots__ = ("name", "path")

    def __init__(self, name: str, path: str) -> None:
        self.name = name
        self.path = path

    def __repr__(self) -> str:
        return f"(name={self.name!r}, path={self.path!r})"

    def __format__(self, spec: str, /) -> str:
        return format(self.name, spec)


class _Numbered:
    """A thread or a process."""

    __slots__ = ("id", "name")

    def __init__(self, id_: int, name: str) -> None:
        self.id = id_
        self.name = name

    def __repr__(self) -> str:
        return f"(id={self.id!r}, name={self.name!r})"

    def __format__(self, spec: str, /) -> str:
        return format(self.id, spec)


class RecordThread(_Numbered):
    """The thread that logged."""

    __slots__ = ()


class RecordProcess(_Numbered):
    """The process that logged."""

    __slots__ = ()


class RecordException(NamedTuple):
    """The exception of a record. Pickled it has no traceback, and no value where that cannot be pickled."""

    type: type[BaseException] | None
    value: BaseException | None
    traceback: TracebackType | None

    def __repr__(self) -> str:
        return f"(type={self.type!r}, value={self.value!r}, traceback={self.traceback!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        try:
            pickle.loads(pickle.dumps(self.value))
        except Exception:  # whatever an exception's own way of being pickled raises
            return RecordException, (self.type, None, None)
        return RecordException, (self.type, self.value, None)


class Record(dict[str, Any]):
    """A record: a dict, with what `opt()` and `catch()` ask of the handlers beside it."""

    __slots__ = ("coloured", "is_from_decorator", "is_raw")

    coloured: ColouredMessage | None
    """The message with its colours; None where they were not asked for."""
    is_raw: bool
    """The message is the whole line."""
    is_from_decorator: bool
    """The exception was caught by a function that catch() made."""


def make_exception(exception: Any) -> RecordException | None:
    """Return a record's exception, of what a call gave: an exception, or a tuple as of sys.exc_info()."""
    if exception is None:
        return None
    if isinstance(exception, BaseException):
        return RecordException(type(exception), exception, exception.__traceback__)
    return RecordException(*exception)
