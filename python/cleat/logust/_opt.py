"""opt(): what single calls ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ._messages import consumed_names
from ._traceback import as_exc_info, exception_text, format_exception

if TYPE_CHECKING:
    from .. import _engine


class CallOptions(NamedTuple):
    """The options of opt(), by name."""

    exception: Any = None
    record: bool = False
    lazy: bool = False
    colors: bool = False
    raw: bool = False
    capture: bool = True
    depth: int = 0
    backtrace: bool = False
    diagnose: bool = False


def log_with_options(
    logger: _engine.RecordLogger,
    level: _engine.Level,
    message: object,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> None:
    """Log with a logger that has options; the engine calls it for those.

    Its own frame is one more between the call and the line.
    """
    options: CallOptions = logger.options
    given = kwargs.pop("exception", None)
    depth = 1 + options.depth + int(kwargs.pop("_depth", 0))
    if not logger._is_wanted(level, depth):
        return
    if options.lazy:
        args = tuple(map(_evaluated, args))
        kwargs = {name: _evaluated(value) for name, value in kwargs.items()}
    exception = _exception(options, given)
    fields = kwargs if options.capture else {}
    text = str(message)
    if options.record:
        record = logger._make_record(level, text, fields, exception, depth=depth)
        text, fields = _formatted(text, args, {**kwargs, "record": record}, fields)
    elif args or kwargs:
        text, fields = _formatted(text, args, kwargs, fields)
    logger._emit(level, text, fields, exception, depth=depth, raw=options.raw)


def _evaluated(value: Any) -> Any:
    return value() if callable(value) else value


def _formatted(
    message: str, args: tuple[Any, ...], values: dict[str, Any], fields: dict[str, Any]
) -> tuple[str, dict[str, Any]]:
    """Return the message with the values put in, and the fields that are left."""
    text = message.format(*args, **values)
    used = consumed_names(message)
    return text, {name: value for name, value in fields.items() if name not in used}


def _exception(options: CallOptions, given: Any) -> str | None:
    """Return the text of the exception that goes with the line. What the call gives wins."""
    if given is not None and given is not True:
        return exception_text(given)
    wants_traceback = options.backtrace or options.diagnose
    wanted = options.exception if options.exception is not None else given or wants_traceback
    if isinstance(wanted, str):
        return wanted
    exc_info = as_exc_info(wanted)
    if exc_info is None:
        return None
    return format_exception(exc_info, backtrace=options.backtrace, diagnose=options.diagnose)
