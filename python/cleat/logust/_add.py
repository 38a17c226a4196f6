"""add(): what a handler is made of, and what is said when its options are wrong."""

from __future__ import annotations

import difflib
import logging
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from .. import _engine
from ._collect import CollectOptions
from ._filters import make_filter
from ._format import DEFAULT_FORMAT, compile_format
from ._json import record_as_json, simplify
from ._levels import Levels
from ._policies import file_options
from ._sinks import CoroutineSink, is_coroutine_function, standard_handler_sink
from ._streams import console_name, line_writer, should_colorize
from ._types import Rotation

CALLER, THREAD, PROCESS = 1, 2, 4
"""Bits of `Handler.needs`."""

FILE, CONSOLE, FUNCTION, CALLBACK = "file", "console", "function", "callback"
"""Kinds of handlers."""


@dataclass(frozen=True)
class Options:
    """The options of add(), by name, but for the sink."""

    level: Any = None
    format: Any = None
    rotation: Any = None
    retention: Any = None
    compression: Any = False
    serialize: Any = False
    filter: Any = None
    enqueue: Any = False
    colorize: Any = None
    collect: Any = None


OPTION_NAMES = tuple(Options.__dataclass_fields__)


class Made(NamedTuple):
    """A handler, and what kind it is."""

    handler: _engine.Handler
    kind: str


def refuse_unknown(names: Iterable[str], known: tuple[str, ...], what: str) -> None:
    """Raise TypeError if a name is not among the known ones, and say which one may be meant."""
    for name in names:
        if name not in known:
            similar = difflib.get_close_matches(name, known, 1)
            hint = f"; {similar[0]!r} may be meant" if similar else ""
            raise TypeError(f"{what} has no option {name!r}{hint}; there are: {', '.join(known)}")


def make_handler(sink: Any, options: Options, levels: Levels, report: Callable[[], None]) -> Made:
    """Make a handler.

    :param report: reports the exception that is being handled, where a line's own call cannot.
    :raises TypeError, ValueError: an option is wrong; which one, and what would be right.
    :raises OSError: the file cannot be opened.
    """
    _check(options)
    level_no = levels.lowest_no(options.level)
    wanted = make_filter(options.filter, levels)
    target = _find_sink(sink, options, report)
    formatter = _formatter(options, _colorize(sink, target.kind, options), target.kind)
    handler = _engine.Handler(
        level_no=level_no,
        sink=target.open(),
        formatter=formatter,
        filter=wanted,
        takes_record=target.takes_record,
        needs=_needs(options.collect),
    )
    return Made(handler, target.kind)


class _Target(NamedTuple):
    """Where lines go. What it opens is opened when all options are known to be right."""

    kind: str
    open: Callable[[], Any]
    takes_record: bool = False


def _check(options: Options) -> None:
    if options.format is not None and not isinstance(options.format, str):
        raise TypeError(f"the option format must be a str with tokens such as {{message}}, not {options.format!r}")
    if options.collect is not None and not isinstance(options.collect, CollectOptions):
        raise TypeError(f"the option collect must be CollectOptions(...), not {options.collect!r}")
    for name in ("serialize", "enqueue"):
        if not isinstance(getattr(options, name), bool):
            raise TypeError(f"the option {name} must be True or False, not {getattr(options, name)!r}")
    if options.colorize is not None and not isinstance(options.colorize, bool):
        raise TypeError(f"the option colorize must be True, False or None, not {options.colorize!r}")


def _find_sink(sink: Any, options: Options, report: Callable[[], None]) -> _Target:
    if isinstance(sink, (str, os.PathLike)):
        return _file(sink, options)
    _refuse_file_options(sink, options)
    if (console := console_name(sink)) is not None:
        return _Target(CONSOLE, partial(_engine.ConsoleSink, console))
    if isinstance(sink, logging.Handler):
        return _Target(FUNCTION, lambda: standard_handler_sink(sink), takes_record=True)
    if callable(getattr(sink, "write", None)):
        return _Target(FUNCTION, lambda: line_writer(sink))
    if is_coroutine_function(sink):
        return _Target(FUNCTION, lambda: CoroutineSink(sink, report))
    if callable(sink):
        return _Target(FUNCTION, lambda: sink)
    raise TypeError(
        "a sink must be a path, a stream with a write(), a logging.Handler, or a function or coroutine function of "
        f"a line, not {sink!r}"
    )


def _file(path: Any, options: Options) -> _Target:
    rotation = None if options.rotation is Rotation.Never else options.rotation
    policies = file_options(rotation, options.retention, options.compression)

    def open_file() -> _engine.FileSink:
        folder = os.path.dirname(os.fspath(path))
        if folder:
            os.makedirs(folder, exist_ok=True)
        return _engine.FileSink(os.fspath(path), enqueue=options.enqueue, **policies)

    return _Target(FILE, open_file)


def _refuse_file_options(sink: object, options: Options) -> None:
    for name in ("rotation", "retention", "compression"):
        if getattr(options, name) not in (None, False, Rotation.Never):
            raise ValueError(f"the option {name} is for files; this sink is none: {sink!r}")


def _colorize(sink: object, kind: str, options: Options) -> bool:
    if options.serialize or kind == FILE:
        return bool(options.colorize)
    if options.colorize is None:
        return callable(getattr(sink, "write", None)) and should_colorize(sink)
    return bool(options.colorize)


def _formatter(options: Options, colorize: bool, kind: str) -> Any:
    # A filter is to see the whole record, and so the line may show it.
    fixed = options.collect.fixed() if options.collect is not None and options.filter is None else {}
    if not options.serialize:
        format = DEFAULT_FORMAT if options.format is None else options.format
        return compile_format(format, colorize=colorize, fixed=fixed)
    if fixed:
        return lambda record: record_as_json({**record, **fixed}, record["extra"].typed)
    if options.filter is not None and kind == FUNCTION:
        # As logust has it: behind a filter, a function gets fields as the filter sees them, which is as text.
        return lambda record: record_as_json(record, record["extra"])
    return _engine.RecordJson(simplify)


def _needs(collect: CollectOptions | None) -> int:
    if collect is None:
        return 0
    asked = ((collect.caller, CALLER), (collect.thread, THREAD), (collect.process, PROCESS))
    return sum(bit for value, bit in asked if value is True)
