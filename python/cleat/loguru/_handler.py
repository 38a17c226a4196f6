"""A handler: how it makes the text of a record, and where that goes."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any, TypeAlias

from .. import _engine
from ._exceptions import ExceptionFormat
from ._filters import Filter
from ._format import LineFormat
from ._recattrs import Record
from ._sinks import Sink, make_message

_KEPT_FORMATS = 64

Target: TypeAlias = "_engine.FileSink | _engine.ConsoleSink | Sink"


class Handler(_engine.Handler):
    """A handler of the engine, with what the door knows of it."""

    number: int
    """What add() returned."""
    name: str
    """That of its sink."""
    catch: bool
    """Whether its errors are reported, and not the caller's."""
    target: Target

    def __repr__(self) -> str:
        return f"(id={self.number}, level={self.level_no}, sink={self.name})"

    def stop(self) -> None:
        """Let the sink write what waits, and close it."""
        if isinstance(self.target, _engine.FileSink):
            self.target.close()
        elif isinstance(self.target, Sink):
            self.target.stop()

    def complete(self) -> list[Awaitable[object]]:
        """Wait until what came before is written; what only an event loop can wait for is given back."""
        if isinstance(self.target, _engine.FileSink):
            self.target.flush()
        return self.target.complete() if isinstance(self.target, Sink) else []


class Layout:
    """How a handler makes the text of a record.

    :param format: a format, or a function that returns one for a record.
    :param is_serialized: the sink gets the text inside of a line of JSON.
    """

    def __init__(
        self, format: str | Callable[[Record], str], *, colorize: bool, exceptions: ExceptionFormat, is_serialized: bool
    ) -> None:
        self._colorize = colorize
        self._exceptions = exceptions
        self.is_serialized = is_serialized
        self._format: LineFormat | None = None
        if isinstance(format, str):
            self._format = LineFormat(format, colorize=colorize)
        else:
            self._choose = format
            self._prepared = lru_cache(maxsize=_KEPT_FORMATS)(lambda text: LineFormat(text, colorize=colorize))

    def template(self) -> _engine.Template | None:
        """Return the template that does the same as `text()`; None if there is none."""
        return self._format.template() if self._format is not None else None

    def exception_text(self, exception: Any) -> str:
        """Return the text of a record's exception."""
        return self._exceptions.format(exception)

    def text(self, record: Record) -> str:
        """Return the text of a record."""
        return self._raw(record) if record.is_raw else self._formatted(record)

    def _raw(self, record: Record) -> str:
        coloured = record.coloured
        if self._colorize and coloured is not None and coloured.text == record["message"]:
            return coloured.colorize(record["level"].style, raw=True)
        return str(record["message"])

    def _formatted(self, record: Record) -> str:
        # A function may change the record: it goes first.
        format = self._prepared(self._choose(record)) if self._format is None else self._format
        exception = record["exception"]
        shown = self._exceptions.format(exception, is_from_decorator=record.is_from_decorator) if exception else ""
        return format.render(record, shown)


_to_json = json.JSONEncoder(default=str, ensure_ascii=False).encode


def serialized(text: str, record: Record) -> str:
    """Return a record as a line of JSON; what JSON does not know is its str()."""
    exception = record["exception"]
    shown = {
        "elapsed": {"repr": record["elapsed"], "seconds": record["elapsed"].total_seconds()},
        "exception": exception and _exception_parts(*exception),
        "extra": record["extra"],
        "file": {"name": record["file"].name, "path": record["file"].path},
        "function": record["function"],
        "level": {"icon": record["level"].icon, "name": record["level"].name, "no": record["level"].no},
        "line": record["line"],
        "message": record["message"],
        "module": record["module"],
        "name": record["name"],
        "process": {"id": record["process"].id, "name": record["process"].name},
        "thread": {"id": record["thread"].id, "name": record["thread"].name},
        "time": {"repr": record["time"], "timestamp": record["time"].timestamp()},
    }
    return _to_json({"text": text, "record": shown}) + "\n"


def _exception_parts(type_: type[BaseException] | None, value: object, traceback: object) -> dict[str, Any]:
    return {"type": type_ and type_.__name__, "value": value, "traceback": traceback is not None}


def _message_writer(sink: Sink) -> Callable[[str, Record], None]:
    def write(text: str, record: Record) -> None:
        sink.write(make_message(text, record))

    return write


def _encodable(line: str) -> str:
    """Return a line with U+FFFD in the place of lone surrogates, which UTF-8 has nothing for."""
    try:
        line.encode()
    except UnicodeEncodeError:
        return line.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return line


def _json_writer(target: Target) -> Callable[[str, Record], None]:
    def write(text: str, record: Record) -> None:
        line = serialized(text, record)
        if isinstance(target, Sink):
            target.write(make_message(line, record))
        else:
            target.write(_encodable(line))

    return write


def _engine_sink(target: Target, layout: Layout) -> Any:
    """Return what the engine gives texts of records to, and with them the records unless that is a sink of its own."""
    if layout.is_serialized:
        return _json_writer(target)
    return _message_writer(target) if isinstance(target, Sink) else target


def make_handler(
    target: Target,
    layout: Layout,
    *,
    level_no: int,
    filter: Filter | None,
    is_filter_ours: bool,
    number: int,
    name: str,
    catch: bool,
) -> Handler:
    """Make a handler.

    :param is_filter_ours: the filter changes no record; one of the program may, so that its records go the plain way.
    """
    template = layout.template() if filter is None or is_filter_ours else None
    as_text: Callable[[Any], str] = layout.text  # The engine's records are what make_record() makes: ours.
    sink = _engine_sink(target, layout)
    handler = Handler(
        level_no=level_no,
        sink=sink,
        formatter=template or as_text,
        dict_formatter=as_text,
        format_exception=layout.exception_text if template is not None else None,
        filter=filter,
        takes_record=sink is not target,
        newline=False,
    )
    handler.target = target
    handler.number = number
    handler.name = name
    handler.catch = catch
    return handler
