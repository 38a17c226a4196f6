"""A record's time: a datetime whose format() takes loguru's formats, `YYYY-MM-DD HH:mm:ss.SSS`, and strftime()'s, which
have a per cent sign."""

from __future__ import annotations

import calendar
import datetime as standard
from collections.abc import Callable
from functools import lru_cache
from time import localtime

from ..logust._time_format import UTC_FLAG, parse_time_format

_MICROSECOND = standard.timedelta(microseconds=1)
_EPOCH = standard.datetime(1970, 1, 1, tzinfo=standard.timezone.utc)


def _offset(time: standard.datetime, separator: str) -> str:
    """Return how far the time is from UTC. Seconds are there where the offset has some."""
    offset = (time.utcoffset() or standard.timedelta()) // _MICROSECOND
    seconds, microseconds = divmod(abs(offset), 1_000_000)
    parts = [f"{seconds // 3600:02}", f"{seconds // 60 % 60:02}"]
    if seconds % 60 or microseconds:
        parts.append(f"{seconds % 60:02}" + (f".{microseconds:06}" if microseconds else ""))
    return ("-" if offset < 0 else "+") + separator.join(parts)


def _day_of_year(time: standard.datetime) -> int:
    return time.timetuple().tm_yday


# What the directives of parse_time_format() stand for: fields of str.format(), of the time as argument 0,
_FIELDS = {
    "YYYY": "{0.year:04}",
    "MM": "{0.month:02}",
    "M": "{0.month}",
    "DD": "{0.day:02}",
    "D": "{0.day}",
    "HH": "{0.hour:02}",
    "H": "{0.hour}",
    "mm": "{0.minute:02}",
    "m": "{0.minute}",
    "ss": "{0.second:02}",
    "s": "{0.second}",
    "SSSSSS": "{0.microsecond:06}",
}
# and functions of the time.
_FUNCTIONS: dict[str, Callable[[standard.datetime], object]] = {
    "YY": lambda time: f"{time.year % 100:02}",
    "Q": lambda time: (time.month + 2) // 3,
    "MMMM": lambda time: calendar.month_name[time.month],
    "MMM": lambda time: calendar.month_abbr[time.month],
    "DDDD": lambda time: f"{_day_of_year(time):03}",
    "DDD": lambda time: _day_of_year(time),
    "dddd": lambda time: calendar.day_name[time.weekday()],
    "ddd": lambda time: calendar.day_abbr[time.weekday()],
    "d": lambda time: time.weekday(),
    "E": lambda time: time.isoweekday(),
    "hh": lambda time: f"{(time.hour - 1) % 12 + 1:02}",
    "h": lambda time: (time.hour - 1) % 12 + 1,
    "SSSSS": lambda time: f"{time.microsecond // 10:05}",
    "SSSS": lambda time: f"{time.microsecond // 100:04}",
    "SSS": lambda time: f"{time.microsecond // 1000:03}",
    "SS": lambda time: f"{time.microsecond // 10_000:02}",
    "S": lambda time: time.microsecond // 100_000,
    "A": lambda time: "AM" if time.hour < 12 else "PM",
    "ZZ": lambda time: _offset(time, ""),
    "Z": lambda time: _offset(time, ":"),
    "zz": lambda time: time.tzname() or "",
    "X": lambda time: (time - _EPOCH) // standard.timedelta(seconds=1),
    "x": lambda time: (time - _EPOCH) // _MICROSECOND,
}


@lru_cache(maxsize=64)
def _compiled(spec: str) -> tuple[str, list[Callable[[standard.datetime], object]]]:
    """Return a format as one of str.format(): of the time, and of what the functions make of it."""
    text = ""
    functions = []
    for part in parse_time_format(spec):
        if part.startswith("="):
            text += part[1:].replace("{", "{{").replace("}", "}}")
        elif part in _FIELDS:
            text += _FIELDS[part]
        elif part != UTC_FLAG:
            functions.append(_FUNCTIONS[part])
            text += f"{{{len(functions)}}}"
    return text, functions


def is_strftime(spec: str) -> bool:
    """Tell whether a format is one of strftime()."""
    return "%" in spec


class datetime(standard.datetime):  # noqa: N801
    """A moment, with the time zone it was in, whose format() takes loguru's formats."""

    def __format__(self, spec: str, /) -> str:
        time = self.astimezone(standard.timezone.utc) if spec.endswith(UTC_FLAG) else self
        if is_strftime(spec):
            return time.strftime(spec.removesuffix(UTC_FLAG))
        text, functions = _compiled(spec)
        return text.format(time, *(function(time) for function in functions))


@lru_cache(maxsize=8)
def _zone(offset: float, name: str) -> standard.timezone:
    return standard.timezone(standard.timedelta(seconds=offset), name)


def local_time(nanoseconds: int) -> datetime:
    """Return the local time of a moment that is given as nanoseconds since 1970."""
    microseconds = nanoseconds // 1000
    local = localtime(microseconds // 1_000_000)
    # A float has the digits that microseconds need.
    return datetime.fromtimestamp(microseconds / 1_000_000, _zone(local.tm_gmtoff, local.tm_zone))
