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


# What each directive of parse_time_format() stands for.
_DIRECTIVES: dict[str, Callable[[standard.datetime], str]] = {
    "YYYY": lambda time: f"{time.year:04}",
    "YY": lambda time: f"{time.year % 100:02}",
    "Q": lambda time: str((time.month + 2) // 3),
    "MMMM": lambda time: calendar.month_name[time.month],
    "MMM": lambda time: calendar.month_abbr[time.month],
    "MM": lambda time: f"{time.month:02}",
    "M": lambda time: str(time.month),
    "DDDD": lambda time: f"{_day_of_year(time):03}",
    "DDD": lambda time: str(_day_of_year(time)),
    "DD": lambda time: f"{time.day:02}",
    "D": lambda time: str(time.day),
    "dddd": lambda time: calendar.day_name[time.weekday()],
    "ddd": lambda time: calendar.day_abbr[time.weekday()],
    "d": lambda time: str(time.weekday()),
    "E": lambda time: str(time.isoweekday()),
    "HH": lambda time: f"{time.hour:02}",
    "H": lambda time: str(time.hour),
    "hh": lambda time: f"{(time.hour - 1) % 12 + 1:02}",
    "h": lambda time: str((time.hour - 1) % 12 + 1),
    "mm": lambda time: f"{time.minute:02}",
    "m": lambda time: str(time.minute),
    "ss": lambda time: f"{time.second:02}",
    "s": lambda time: str(time.second),
    "SSSSSS": lambda time: f"{time.microsecond:06}",
    "SSSSS": lambda time: f"{time.microsecond // 10:05}",
    "SSSS": lambda time: f"{time.microsecond // 100:04}",
    "SSS": lambda time: f"{time.microsecond // 1000:03}",
    "SS": lambda time: f"{time.microsecond // 10_000:02}",
    "S": lambda time: str(time.microsecond // 100_000),
    "A": lambda time: "AM" if time.hour < 12 else "PM",
    "ZZ": lambda time: _offset(time, ""),
    "Z": lambda time: _offset(time, ":"),
    "zz": lambda time: time.tzname() or "",
    "X": lambda time: str((time - _EPOCH) // standard.timedelta(seconds=1)),
    "x": lambda time: str((time - _EPOCH) // _MICROSECOND),
}


def is_strftime(spec: str) -> bool:
    """Tell whether a format is one of strftime()."""
    return "%" in spec


class datetime(standard.datetime):  # noqa: N801
    """A moment, with the time zone it was in, whose format() takes loguru's formats."""

    def __format__(self, spec: str, /) -> str:
        time = self.astimezone(standard.timezone.utc) if spec.endswith(UTC_FLAG) else self
        if is_strftime(spec):
            return time.strftime(spec.removesuffix(UTC_FLAG))
        parts = [part for part in parse_time_format(spec) if part != UTC_FLAG]
        return "".join(part[1:] if part.startswith("=") else _DIRECTIVES[part](time) for part in parts)


@lru_cache(maxsize=8)
def _zone(offset: float, name: str) -> standard.timezone:
    return standard.timezone(standard.timedelta(seconds=offset), name)


def local_time(nanoseconds: int) -> datetime:
    """Return the local time of a moment that is given as nanoseconds since 1970."""
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    local = localtime(seconds)
    time = datetime.fromtimestamp(seconds, _zone(local.tm_gmtoff, local.tm_zone))
    return time.replace(microsecond=rest // 1000)
