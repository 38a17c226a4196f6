"""Records as Python sees them: flat dicts, with what is bound as text for whoever only looks at it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

from .. import _engine

_KEYS = frozenset(
    "level level_no message timestamp name function line file thread_name thread_id process_name process_id elapsed "
    "exception extra".split()
)
"""What a record has besides its fields."""

_SECOND = 1_000_000_000
_MILLISECOND = 1_000_000


def text_of(value: object) -> str:
    """Return the text of any object: its str(), or its repr() if that fails, or a text that says that both do."""
    for function in (str, repr):
        try:
            return function(value)
        except Exception:
            pass
    return f"<unprintable {type(value).__name__}>"


class TextExtra(dict[str, str]):
    """A record's fields as text, in order. A field that is not there reads as empty, as in formats.

    `typed` is the dict of the values themselves.
    """

    __slots__ = ("typed",)

    def __init__(self, typed: Mapping[Any, Any]) -> None:
        super().__init__((str(key), text_of(value)) for key, value in typed.items())
        self.typed = typed

    def __missing__(self, key: object) -> str:
        return ""

    def __reduce__(self) -> tuple[type[TextExtra], tuple[Mapping[Any, Any]]]:
        return TextExtra, (self.typed,)


@lru_cache(maxsize=8)
def _zone(offset: int) -> timezone:
    return timezone(timedelta(seconds=offset))


def iso_time(nanoseconds: int) -> str:
    """Return the local time of a moment, given as nanoseconds since 1970: ISO 8601, with microseconds and the zone."""
    seconds, rest = divmod(nanoseconds, _SECOND)
    moment = datetime.fromtimestamp(seconds, _zone(time.localtime(seconds).tm_gmtoff))
    return moment.replace(microsecond=rest // 1000).isoformat(timespec="microseconds")


def elapsed_text(nanoseconds: int) -> str:
    """Return a duration as HH:MM:SS.mmm."""
    seconds, milliseconds = divmod(nanoseconds // _MILLISECOND, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{milliseconds:03}"


def make_record(
    level: _engine.Level,
    message: str,
    time_ns: int,
    elapsed_ns: int,
    name: str | None,
    function: str,
    file: str,
    path: str,
    module: str,
    line: int,
    thread_name: str,
    thread_id: int,
    process_name: str,
    process_id: int,
    exception: str | None,
    extra: dict[str, Any],
) -> dict[str, Any]:
    """Make the dict of a record; the engine calls it when a Python function is to see one."""
    record = {
        "level": level.name,
        "level_no": level.no,
        "message": message,
        "timestamp": iso_time(time_ns),
        "name": name or "",
        "function": function,
        "line": line,
        "file": file,
        "thread_name": thread_name,
        "thread_id": thread_id,
        "process_name": process_name,
        "process_id": process_id,
        "elapsed": elapsed_text(elapsed_ns),
        "exception": exception,
        "extra": TextExtra(extra),
    }
    _spread_fields(record)
    return record


def _spread_fields(record: dict[str, Any]) -> None:
    """Have the fields in the record itself, too, as logust does, where they hide nothing of it."""
    for key, value in record["extra"].items():
        record.setdefault(key, value)


def with_values(patcher: Callable[[dict[str, Any]], object]) -> Callable[[dict[str, Any]], None]:
    """Return a patcher that sees the fields' values themselves, not their text."""

    def patch(record: dict[str, Any]) -> None:
        extra = record.get("extra")
        if isinstance(extra, TextExtra):
            record["extra"] = extra.typed
        patcher(record)

    return patch


def read_record(record: dict[str, Any]) -> tuple[str, str | None, dict[str, Any]]:
    """Take what patchers may have changed back: message, exception, fields. The fields become text again for filters
    and callbacks."""
    extra = record.get("extra")
    if isinstance(extra, TextExtra):
        extra = extra.typed
    elif not isinstance(extra, Mapping):
        extra = {}
    fields = {str(key): value for key, value in extra.items()}
    for key in record.keys() - _KEYS:
        del record[key]
    record["extra"] = TextExtra(fields)
    _spread_fields(record)
    exception = record.get("exception")
    return str(record.get("message", "")), None if exception is None else str(exception), fields
