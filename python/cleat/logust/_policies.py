"""What `rotation`, `retention` and `compression` of a file may be, and what the engine's file makes of it.

============================================== =====================================================================
rotation                                       a new file is begun
============================================== =====================================================================
``"500 MB"``, ``"1.5 GB"``, ``"64 KB"``        before the file outgrows so much. K, M, G, T are powers of 1,024 in
                                               logust's door, of 1,000 in loguru's; KiB, MiB, GiB, TiB are powers of
                                               1,024 in both. logust's door takes ``"500 M"`` and ``"1000"`` too; in
                                               loguru's a small b is a bit, as in loguru.
``10_000_000``, ``1e7``                        before the file outgrows so many bytes; 0: before each line
``"2 hours"``, ``"1 day"``, ``"1h 30min"``,    when such a period is over. Periods are counted from the beginning of
``"1 week, 2 days"``, ``timedelta(hours=2)``   1970, local time, whole weeks from a Monday: 2 hours are over at even
                                               hours, a day at midnight. Units: seconds, minutes, hours, days, weeks,
                                               and months and years, which are 30 days 10 hours and 365 days long.
``"hourly"``, ``"daily"``, ``"weekly"``        each hour, at midnight, at midnight before Monday
``"18:00"``, ``"6 PM"``, ``"06:30:15"``,       each day at that time, local time unless the `time` has a zone of a fixed
``time(18)``                                   offset; in loguru's door ``"18"`` too
``"sunday"``, ``"monday at 12:00"``, ``"w0"``  each week on that day (w0 is Monday), at midnight or at that time
``["500 MB", "daily"]``                        whichever comes first: one size and one of the others
``None``                                       never
============================================== =====================================================================

============================================== =====================================================================
retention                                      a rotated file goes
============================================== =====================================================================
``"10 days"``, ``"1 week, 3 days"``,           so long after its rotation; units as above
``timedelta(days=10)``
``5``, ``"5"``                                 when there are 5 younger ones; 0: within seconds
``None``                                       never
============================================== =====================================================================

============================================== =====================================================================
compression                                    rotated files
============================================== =====================================================================
``True``, ``"gz"``                             become .gz, in the background
``False``, ``None``                            stay as they are
============================================== =====================================================================

All words are read in either case and with blanks around them; a fraction of a second is left out. All else is refused:
a value with ValueError, an object of another type with TypeError. Where nothing rotates there are no rotated files, and
retention and compression have nothing to do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import time, timedelta
from decimal import Decimal
from typing import Any, TypedDict, Union

Rotation = Union[str, int, float, Decimal, timedelta, time, "Sequence[Any]"]
Retention = Union[str, int, timedelta]
Compression = Union[str, bool]


class FileOptions(TypedDict, total=False):
    """The arguments of `cleat._engine.FileSink` that this is about."""

    rotate_bytes: int
    rotate_seconds: int
    rotate_offset_seconds: int
    local_time: bool
    keep_files: int
    keep_seconds: int
    compress: bool


_ROTATIONS = (
    'a size ("500 MB", "1.5 GiB", 10_000_000), a period ("2 hours", "1 week, 2 days", timedelta(hours=2)), "hourly", '
    '"daily" or "weekly", a time of day ("18:00", "6 PM", time(18)), a day of the week ("sunday", "monday at 12:00"), '
    "or a list of a size and one of the others"
)
_RETENTIONS = 'an age ("10 days", "1 week, 3 days", timedelta(days=10)) or a number of files (5, "5")'
_COMPRESSIONS = 'True or "gz", and False or None for none'
_WHY_NO_CALENDAR = " (months and years of the calendar differ in length, and periods here do not)"
_WHY_NO_FUNCTION = " (the engine rotates and removes files, for several processes, and calls no function)"

_DAY = 86400
_WEEK = 7 * _DAY
_MONDAY = 4 * _DAY  # from the beginning of 1970
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_FREQUENCIES: dict[str, FileOptions] = {
    "hourly": {"rotate_seconds": 3600},
    "daily": {"rotate_seconds": _DAY},
    "weekly": {"rotate_seconds": _WEEK, "rotate_offset_seconds": _MONDAY},
}
_UNITS = (
    (r"s|secs?|seconds?", Decimal(1)),
    (r"min|mins|minutes?", Decimal(60)),
    (r"h|hours?", Decimal(3600)),
    (r"d|days?", Decimal(_DAY)),
    (r"w|weeks?", Decimal(_WEEK)),
    (r"months?", Decimal(2_628_000)),
    (r"y|years?", Decimal(31_536_000)),
    (r"ms|milliseconds?", Decimal("0.001")),
    (r"us|microseconds?", Decimal("0.000001")),
)
_LARGEST = 2**63 - 1  # of what the engine counts with
_LONGEST = 100 * 366 * _DAY  # a period of the engine's

_FLAGS = re.IGNORECASE | re.ASCII
_NUMBER = r"(?:\d+(?:\.\d*)?|\.\d+)"
_SIZE = re.compile(rf"({_NUMBER}(?:e[+-]?\d{{1,2}})?)\s*(?:([kmgt])(i)?)?(b)?", _FLAGS)
_PART = re.compile(rf"({_NUMBER})\s*([a-z]+)[\s,]*", _FLAGS)
_PERIOD = re.compile(rf"(?:{_NUMBER}\s*[a-z]+[\s,]*)+", _FLAGS)
_TIME = re.compile(r"(\d{1,2})(?::(\d{2}))?(?::(\d{2})(?:\.\d+)?)?\s*([ap]m)?", _FLAGS)
_COUNT = re.compile(r"\s*\d{1,10}\s*", _FLAGS)


def file_options(
    rotation: Rotation | None = None,
    retention: Retention | None = None,
    compression: Compression | None = None,
    *,
    as_loguru: bool = False,
) -> FileOptions:
    """Return the arguments of `FileSink` for these policies. See the table above.

    *as_loguru*: sizes and bare numbers mean what they do in loguru. ValueError, TypeError: with the accepted forms.
    """
    options = rotation_options(rotation, as_loguru=as_loguru)
    kept, compressed = retention_options(retention), compression_options(compression)  # refused even if there is no use
    return {**options, **kept, **compressed} if options else {}


def rotation_options(rotation: Rotation | None, *, as_loguru: bool = False) -> FileOptions:
    """Return what `FileSink` needs for a rotation alone."""
    if not isinstance(rotation, (list, tuple)):
        return _one_rotation(rotation, as_loguru)
    options: FileOptions = {}
    for part in rotation:
        more = _one_rotation(part, as_loguru)
        if not more or options.keys() & more.keys():
            raise _wrong("rotation", rotation, _ROTATIONS)
        options.update(more)
    if not options:
        raise _wrong("rotation", rotation, _ROTATIONS)
    return options


def retention_options(retention: Retention | None) -> FileOptions:
    """Return what `FileSink` needs for a retention alone."""
    if retention is None:
        return {}
    if isinstance(retention, str) and _COUNT.fullmatch(retention):
        retention = int(retention)
    if isinstance(retention, int) and not isinstance(retention, bool):
        if not 0 <= retention < 2**32:
            raise _wrong("retention", retention, _RETENTIONS)
        return {"keep_files": retention} if retention > 0 else {"keep_seconds": 1}
    seconds = _seconds_of(retention, "retention", _RETENTIONS)
    return {"keep_seconds": _at_least(1, seconds, _LARGEST, "retention", retention, _RETENTIONS)}


def compression_options(compression: Compression | None) -> FileOptions:
    """Return what `FileSink` needs for a compression alone."""
    if compression is None or compression is False:
        return {}
    if compression is True or (isinstance(compression, str) and compression.strip().lower() in ("gz", ".gz")):
        return {"compress": True}
    raise _wrong("compression", compression, _COMPRESSIONS)


def _wrong(option: str, value: object, accepted: str) -> Exception:
    """Make the exception that says what is accepted instead."""
    why = ""
    if callable(value):
        why = _WHY_NO_FUNCTION
    elif isinstance(value, str) and value.strip().lower() in ("monthly", "yearly"):
        why = _WHY_NO_CALENDAR
    known = isinstance(value, (str, int, float, Decimal, timedelta, time, list, tuple)) and not isinstance(value, bool)
    return (ValueError if known else TypeError)(f"{option} is {value!r}; it can be {accepted}{why}.")


def _one_rotation(rotation: Rotation | None, as_loguru: bool) -> FileOptions:
    if rotation is None:
        return {}
    if isinstance(rotation, str):
        return _rotation_of_text(rotation, as_loguru)
    if isinstance(rotation, (int, float, Decimal)) and not isinstance(rotation, bool):
        return _rotation_of_size(Decimal(rotation), rotation)
    if isinstance(rotation, time):
        return _rotation_of_time(rotation)
    return _rotation_of_period(_seconds_of(rotation, "rotation", _ROTATIONS), rotation)


def _rotation_of_text(rotation: str, as_loguru: bool) -> FileOptions:
    text = rotation.strip().lower()
    if text in _FREQUENCIES:
        return _FREQUENCIES[text].copy()
    if (size := _size_of(rotation.strip(), as_loguru)) is not None:
        return _rotation_of_size(size, rotation)
    day, is_both, clock = text.rpartition(" at ")
    if not is_both and (weekday := _weekday_of(text)) is not None:
        return _rotation_of_week(weekday, 0)
    if (second := _second_of_day(clock.strip())) is not None:
        if not is_both:
            return _rotation_of_day(second)
        if (weekday := _weekday_of(day.strip())) is not None:
            return _rotation_of_week(weekday, second)
    return _rotation_of_period(_seconds_of(rotation, "rotation", _ROTATIONS), rotation)


def _rotation_of_size(size: Decimal, rotation: object) -> FileOptions:
    return {"rotate_bytes": max(_at_least(0, size, _LARGEST, "rotation", rotation, _ROTATIONS), 1)}


def _rotation_of_period(seconds: Decimal, rotation: object) -> FileOptions:
    length = _at_least(1, seconds, _LONGEST, "rotation", rotation, _ROTATIONS)
    if length % _WEEK == 0:
        return {"rotate_seconds": length, "rotate_offset_seconds": _MONDAY}
    return {"rotate_seconds": length}


def _rotation_of_day(second: int) -> FileOptions:
    return {"rotate_seconds": _DAY, "rotate_offset_seconds": second}


def _rotation_of_week(weekday: int, second: int) -> FileOptions:
    return {"rotate_seconds": _WEEK, "rotate_offset_seconds": (_MONDAY + weekday * _DAY + second) % _WEEK}


def _rotation_of_time(rotation: time) -> FileOptions:
    second = rotation.hour * 3600 + rotation.minute * 60 + rotation.second
    if rotation.tzinfo is None:
        return _rotation_of_day(second)
    offset = rotation.utcoffset()
    if offset is None:
        raise _wrong("rotation", rotation, f"{_ROTATIONS}; the zone of a time of day needs a fixed offset")
    return {**_rotation_of_day((second - int(offset.total_seconds())) % _DAY), "local_time": False}


def _size_of(text: str, as_loguru: bool) -> Decimal | None:
    match = _SIZE.fullmatch(text)
    if match is None:
        return None
    number, prefix, is_binary, unit = match.groups()
    if (as_loguru or is_binary) and unit is None:
        return None
    power = " kmgt".index((prefix or " ").lower())
    kilo = Decimal(1000 if as_loguru and not is_binary else 1024)
    size: Decimal = Decimal(number) * kilo**power
    return size / 8 if as_loguru and unit == "b" else size


def _second_of_day(text: str) -> int | None:
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    hour, minute, second, half = int(match[1]), int(match[2] or 0), int(match[3] or 0), match[4]
    if half is not None:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "pm" else 0)
    return hour * 3600 + minute * 60 + second if hour < 24 and minute < 60 and second < 60 else None


def _weekday_of(text: str) -> int | None:
    if text in _DAYS:
        return _DAYS.index(text)
    return int(text[1]) if re.fullmatch("w[0-6]", text) else None


def _seconds_of(value: object, option: str, accepted: str) -> Decimal:
    """Read a length of time."""
    if isinstance(value, timedelta):
        return Decimal(value // timedelta(seconds=1))
    if not isinstance(value, str) or _PERIOD.fullmatch(value.strip()) is None:
        raise _wrong(option, value, accepted)
    seconds = Decimal(0)
    for number, unit in _PART.findall(value):
        length = next((length for names, length in _UNITS if re.fullmatch(names, unit, re.IGNORECASE)), None)
        if length is None:
            raise _wrong(option, value, accepted)
        seconds += Decimal(number) * length
    return seconds


def _at_least(least: int, number: Decimal, most: int, option: str, value: object, accepted: str) -> int:
    """Return the whole part of a number that the engine can count with."""
    if not (number.is_finite() and least <= number <= most):
        raise _wrong(option, value, accepted)
    return int(number)
