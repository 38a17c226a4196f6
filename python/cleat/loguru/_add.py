"""add(): from what a program says to a handler."""

from __future__ import annotations

import builtins
import logging
import os
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

from .. import _engine
from ..logust._sinks import is_coroutine_function
from ..logust._streams import should_colorize
from ._core import Core
from ._errors import print_failure
from ._exceptions import ExceptionFormat
from ._file_sink import open_file
from ._filters import make_filter
from ._format import LineFormat
from ._handler import Handler, Layout, make_handler
from ._queue import QueuedSink
from ._recattrs import Record
from ._sinks import FunctionSink, Message, Sink, StandardSink, StreamSink, TaskSink


class Target(NamedTuple):
    """A sink, and what handlers are to know of it."""

    sink: _engine.FileSink | _engine.ConsoleSink | Sink
    name: str
    encoding: str = "utf8"
    terminator: str = "\n"
    """Behind each line, in front of the exception."""
    exception_prefix: str = ""
    shows_colours: bool = False


def make_target(sink: Any, *, enqueue: bool, report: Callable[[Record, BaseException], None], **options: Any) -> Target:
    """Find out what a sink is.

    :raises TypeError: it is none, or an option does not belong to it.
    """
    if isinstance(sink, str | os.PathLike):
        name = f"'{os.fspath(sink)}'"
        return Target(open_file(sink, enqueue=enqueue, **options), name, options.get("encoding") or "utf8")
    target = _python_target(sink, report, options)
    if options:
        raise TypeError(f"add() got an unexpected keyword argument {next(iter(options))!r}")
    if not enqueue or isinstance(target.sink, TaskSink):
        return target
    written = target.sink if isinstance(target.sink, Sink) else FunctionSink(target.sink.write)
    return target._replace(sink=QueuedSink(written, report))


def _python_target(sink: Any, report: Callable[[Record, BaseException], None], options: dict[str, Any]) -> Target:
    if isinstance(sink, _engine.ConsoleSink):
        stream = getattr(sys, sink.name)
        return Target(sink, f"<{sink.name}>", shows_colours=should_colorize(stream))
    if callable(getattr(sink, "write", None)):
        encoding = getattr(sink, "encoding", None)
        name = getattr(sink, "name", None) or repr(sink)
        return Target(
            StreamSink(sink),
            str(name),
            encoding if isinstance(encoding, str) else "ascii",
            shows_colours=should_colorize(sink),
        )
    if isinstance(sink, logging.Handler):
        return Target(StandardSink(sink), repr(sink), terminator="", exception_prefix="\n")
    name = getattr(sink, "__name__", None) or repr(sink)
    if is_coroutine_function(sink):
        if options.pop("loop", None) is not None:
            raise NotImplementedError("add(loop=) is not there: add() the coroutine function where that loop runs")
        return Target(TaskSink(sink, report), name)
    if callable(sink):
        return Target(FunctionSink(sink), name)
    raise TypeError(f"Cannot log to objects of type {type(sink).__name__!r}")


def _check_format(format: Any) -> None:
    """Refuse a format before anything is opened."""
    if isinstance(format, str):
        try:
            LineFormat(format, colorize=False)
        except ValueError as error:
            raise ValueError(f"Invalid format, its markup or its fields are wrong: {error}") from error
        return
    if format is builtins.format:
        raise ValueError("the format is the built-in function format(): most likely a mistake")
    if not callable(format):
        raise TypeError(f"Invalid format, it should be a string or a function, not: '{type(format).__name__}'")



def add_handler(
    core: Core,
    sink: Any,
    *,
    level: Any,
    format: Any,
    filter: Any,
    colorize: bool | None,
    serialize: bool,
    backtrace: bool,
    diagnose: bool,
    enqueue: bool,
    context: Any,
    catch: bool,
    **options: Any,
) -> Handler:
    """Make a handler of what add() was given, and give it to the core."""
    level_no = core.level_no(level)
    wanted = make_filter(filter, lambda name: core.find_level(name).no)
    _check_format(format)
    if context is not None:
        raise NotImplementedError("add(context=) is not there: any number of processes may write to a file without it")
    number = core.next_number()

    def report(record: Record, error: BaseException) -> None:
        print_failure(number, record, error)

    target = make_target(sink, enqueue=enqueue, report=report, **options)
    is_coloured = bool(colorize) if colorize is not None or serialize else target.shows_colours
    layout = Layout(
        f"{format}{target.terminator}{{exception}}" if isinstance(format, str) else format,
        colorize=is_coloured,
        exceptions=ExceptionFormat(
            backtrace=backtrace,
            diagnose=diagnose,
            colorize=is_coloured,
            encoding=target.encoding,
            prefix=target.exception_prefix,
        ),
        is_serialized=serialize,
    )
    handler = make_handler(
        target.sink,
        layout,
        level_no=level_no,
        filter=wanted,
        is_filter_ours=wanted is not filter,
        number=number,
        name=target.name,
        catch=catch,
    )
    core.add_handler(handler)
    return handler
