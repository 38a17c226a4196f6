"""Rotation, retention and compression as programs write them, and what is said of those that cannot be."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleat._engine import FileSink
from cleat.logust._policies import compression_options, file_options, retention_options, rotation_options

DAY = 86400
MONDAY = 4 * DAY  # the first one of 1970

SIZES = {
    "500 MB": 500 * 1024**2,
    "1 GB": 1024**3,
    "1.5gb": 3 * 1024**3 // 2,
    " 64 KB ": 64 * 1024,
    "2 TB": 2 * 1024**4,
    "500 M": 500 * 1024**2,
    "100 B": 100,
    "1000": 1000,
    "1e3": 1000,
    "1 KiB": 1024,
    "3 mib": 3 * 1024**2,
}
LOGURU_SIZES = {"500 MB": 500_000_000, "1 KiB": 1024, "16 kb": 2000, "8 b": 1, "1.2e3 KB": 1_200_000}
NUMBERS = {10_000_000: 10_000_000, 1e7: 10_000_000, Decimal(512): 512, 0: 1}
PERIODS = {
    "2 hours": 7200,
    "2 h": 7200,
    "1H": 3600,
    "1 day": DAY,
    "1day": DAY,
    "7 min": 420,
    "90 seconds": 90,
    "1h 30 minutes": 5400,
    "1 w, 2D": 9 * DAY,
    "1.5d": 129600,
    "1.222 hours, 3.44s": 4402,
    "1 month": 2_628_000,
    "1 year": 365 * DAY,
    timedelta(hours=2): 7200,
    timedelta(seconds=1.9): 1,
    "hourly": 3600,
    " Daily ": DAY,
}
WEEKS = {
    "weekly": MONDAY,
    "1 week": MONDAY,
    "7 days": MONDAY,
    timedelta(days=7): MONDAY,
    "monday": MONDAY,
    "W0": MONDAY,
    "Thursday": 0,
    "sunday": 3 * DAY,
    "w6 at 00:00": 3 * DAY,
    "monday at 12:00": MONDAY + DAY // 2,
    "wednesday at 6 pm": 6 * DAY + 18 * 3600,
}
TIMES = {
    "00:00": 0,
    "12:00": DAY // 2,
    "18:30": 18 * 3600 + 1800,
    "06:30:15": 6 * 3600 + 1815,
    "06:30:15.250": 6 * 3600 + 1815,
    "6 PM": 18 * 3600,
    "12 am": 0,
    "12:05 pm": DAY // 2 + 300,
    time(18, 30): 18 * 3600 + 1800,
}


@pytest.mark.parametrize(("rotation", "size"), SIZES.items())
def test_sizes(rotation, size):
    assert rotation_options(rotation) == {"rotate_bytes": size}


@pytest.mark.parametrize(("rotation", "size"), LOGURU_SIZES.items())
def test_sizes_as_loguru_has_them(rotation, size):
    assert rotation_options(rotation, as_loguru=True) == {"rotate_bytes": size}


@pytest.mark.parametrize("as_loguru", [False, True])
@pytest.mark.parametrize(("rotation", "size"), NUMBERS.items())
def test_numbers_are_bytes(rotation, size, as_loguru):
    assert rotation_options(rotation, as_loguru=as_loguru) == {"rotate_bytes": size}


@pytest.mark.parametrize(("rotation", "seconds"), PERIODS.items())
def test_periods(rotation, seconds):
    assert rotation_options(rotation) == {"rotate_seconds": seconds}


@pytest.mark.parametrize(("rotation", "offset"), WEEKS.items())
def test_weeks_begin_on_a_day(rotation, offset):
    assert rotation_options(rotation) == {"rotate_seconds": 7 * DAY, "rotate_offset_seconds": offset}


@pytest.mark.parametrize(("rotation", "offset"), TIMES.items())
def test_days_begin_at_a_time(rotation, offset):
    assert rotation_options(rotation) == {"rotate_seconds": DAY, "rotate_offset_seconds": offset}


def test_a_bare_hour_is_loguru_s():
    assert rotation_options("18", as_loguru=True) == {"rotate_seconds": DAY, "rotate_offset_seconds": 18 * 3600}
    assert rotation_options("18") == {"rotate_bytes": 18}


def test_a_time_with_a_zone_is_one_of_utc():
    at_one = time(1, tzinfo=timezone(timedelta(hours=2)))
    assert rotation_options(at_one) == {"rotate_seconds": DAY, "rotate_offset_seconds": 23 * 3600, "local_time": False}
    with pytest.raises(ValueError, match="fixed offset"):
        rotation_options(time(1, tzinfo=ZoneInfo("Europe/Paris")))


def test_a_size_and_a_period():
    both = {"rotate_bytes": 1024, "rotate_seconds": DAY}
    assert rotation_options(["1 KB", "daily"]) == rotation_options((timedelta(days=1), 1024)) == both


@pytest.mark.parametrize(
    ("retention", "options"),
    [
        ("10 days", {"keep_seconds": 10 * DAY}),
        ("1 week, 3 days", {"keep_seconds": 10 * DAY}),
        (timedelta(days=10), {"keep_seconds": 10 * DAY}),
        (5, {"keep_files": 5}),
        (" 5 ", {"keep_files": 5}),
        (0, {"keep_seconds": 1}),
        (None, {}),
    ],
)
def test_retentions(retention, options):
    assert retention_options(retention) == options


def test_compressions():
    assert compression_options(True) == compression_options("gz") == compression_options(" .GZ") == {"compress": True}
    assert compression_options(False) == compression_options(None) == {}


def test_all_together(tmp_path):
    options = file_options(["1 MB", "daily"], "10 days", "gz")
    assert options == {"rotate_bytes": 1024**2, "rotate_seconds": DAY, "keep_seconds": 10 * DAY, "compress": True}
    FileSink(tmp_path / "log", **options).close()
    assert file_options() == file_options(None, 5, True) == {}  # without rotated files there is nothing to keep


WRONG_TEXTS = [
    "",
    "nonsense",
    "500 XB",
    "MB",
    "1.2.3 MB",
    "1 KiB 3 days",
    "monthly",
    "yearly",
    "2 days 8 foobar",
    "25:00",
    "11:99",
    "13 pm",
    "w7",
    "monday at",
    "at 12:00",
    "13 at w2",
    "monday at 2017",
    "500 ms",
    "0 hours",
    "-1 day",
    "1000 years",
    "1e30 KB",
    "1e99999999999 KB",
    "9" * 5000 + " KB",
    "1e1" * 500,
    "٣ MB٣",
]


@pytest.mark.parametrize("rotation", [*WRONG_TEXTS, -1, float("nan"), float("inf"), 10**400, timedelta(0)])
@pytest.mark.parametrize("as_loguru", [False, True])
def test_a_wrong_rotation_is_refused_with_the_accepted_forms(rotation, as_loguru):
    with pytest.raises(ValueError) as caught:
        rotation_options(rotation, as_loguru=as_loguru)
    assert str(caught.value).startswith(f"rotation is {rotation!r}; it can be a size (")
    for form in ("500 MB", "1 week, 2 days", "daily", "18:00", "monday at 12:00", "timedelta", "list"):
        assert form in str(caught.value)


@pytest.mark.parametrize("rotation", [[], ["1 KB", "2 KB"], ["daily", "18:00"], ["daily", None], [["daily"]]])
def test_a_list_is_a_size_and_something_else(rotation):
    with pytest.raises((ValueError, TypeError), match="rotation is .* it can be"):
        rotation_options(rotation)


@pytest.mark.parametrize("value", [True, object(), 1j, b"1 MB", date(2026, 1, 31), datetime(2026, 1, 31), {"size": 5}])
def test_another_type_is_refused_as_such(value):
    for options in rotation_options, retention_options:
        with pytest.raises(TypeError, match="it can be"):
            options(value)


def test_functions_are_refused_with_the_reason():
    for options in rotation_options, retention_options, compression_options:
        with pytest.raises(TypeError, match="calls no function"):
            options(print)


@pytest.mark.parametrize("retention", ["", "five", "5 MB", "-1", -1, 2**32, "0 days", "9" * 5000, timedelta(days=-1)])
def test_a_wrong_retention_is_refused_with_the_accepted_forms(retention):
    with pytest.raises(ValueError, match=r"^retention is .* it can be an age \(\"10 days\".* or a number of files"):
        retention_options(retention)


@pytest.mark.parametrize("compression", ["zip", "bz2", "xz", "lzma", "tar", "tar.gz", "tgz", "", "gz2"])
def test_other_compressions_are_refused_with_the_accepted_ones(compression):
    with pytest.raises(ValueError, match="^compression is .*; it can be True or \"gz\""):
        compression_options(compression)


def test_a_retention_is_looked_at_where_there_is_no_rotation_too():
    with pytest.raises(ValueError, match="retention is 'nonsense'"):
        file_options(None, "nonsense")
    with pytest.raises(ValueError, match="compression is 'zip'"):
        file_options(None, None, "zip")


@given(st.integers(1, 10**6), st.sampled_from(["", "K", "M", "G"]), st.sampled_from(["", " ", "  "]), st.booleans())
def test_any_size(number, prefix, blank, is_binary):
    text = f"{number}{blank}{prefix}{'i' if is_binary and prefix else ''}B"
    power = " KMG".index(prefix or " ")
    assert rotation_options(text) == rotation_options(text.swapcase()) == {"rotate_bytes": number * 1024**power}
    kilo = 1024 if is_binary else 1000
    assert rotation_options(text, as_loguru=True) == {"rotate_bytes": number * kilo**power}


@given(st.lists(st.tuples(st.integers(0, 999), st.sampled_from("s min h d".split())), min_size=1, max_size=4))
def test_any_age_is_the_sum_of_its_parts(parts):
    lengths = {"s": 1, "min": 60, "h": 3600, "d": DAY}
    text = ", ".join(f"{number} {unit}" for number, unit in parts)
    seconds = sum(number * lengths[unit] for number, unit in parts)
    if seconds == 0:
        with pytest.raises(ValueError):
            retention_options(text)
    else:
        assert retention_options(text) == retention_options(timedelta(seconds=seconds)) == {"keep_seconds": seconds}


@given(st.text(max_size=30) | st.from_regex(r"\A[0-9. eE+-]{1,8} ?[a-zA-Z]{0,3}( at )?[0-9:. apm]{0,8}\Z"))
def test_any_text_is_understood_or_refused(text):
    """And what is understood, the engine takes."""
    for as_loguru in (False, True):
        try:
            options = rotation_options(text, as_loguru=as_loguru)
        except ValueError as error:
            assert "it can be a size" in str(error)
        else:
            with TemporaryDirectory() as folder:
                FileSink(f"{folder}/log", **options).close()
