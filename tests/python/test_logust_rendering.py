"""Templates and JSON of record loggers, below the doors of logust and loguru: what a handler makes of a record."""

from __future__ import annotations

import enum
import gc
import json
import math
import re
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, NoReturn

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cleat import _engine

LEVEL = _engine.Level("INFO", 20, "\x1b[1;32m", "ℹ")
SECOND = 1_000_000_000
MOMENT = 1_769_900_399 * SECOND + 123_456_789
"""2026-01-31 22:59:59.123456789 in UTC."""

CET = "CET-1CEST,M3.5.0,M10.5.0/3"

Formatter = _engine.Template | _engine.RecordJson


class Renderer:
    """One record at a time, from a place of our choice, through a handler with this formatter."""

    def __init__(self, formatter: Formatter, *, takes_record: bool = False) -> None:
        self.texts: list[str] = []
        self.records: list[dict[str, Any]] = []
        core = _engine.Core()
        core.make_record = lambda level, message, at, elapsed, *others: {"elapsed": elapsed}
        core.report = self._report
        core.handlers = (
            _engine.Handler(level_no=0, sink=self._keep, formatter=formatter, takes_record=takes_record),
        )
        self.logger = _engine.RecordLogger(core)

    def _keep(self, text: str, record: dict[str, Any] | None = None) -> None:
        self.texts.append(text)
        if record is not None:
            self.records.append(record)

    def _report(self, handler: _engine.Handler, record: dict[str, Any] | None) -> NoReturn:
        raise

    def render(
        self,
        message: str = "message",
        extra: dict[Any, Any] | None = None,
        *,
        exception: object = None,
        at: int = MOMENT,
        name: str | None = "app.orders",
        function: str = "place",
        line: int = 142,
    ) -> str:
        origin = (at, name, function, "/srv/app/orders.py", line, "worker", 7, "main", 42)
        self.logger._emit(LEVEL, message, extra, exception, origin=origin)
        return self.texts[-1]


def render(*segments: tuple[Any, ...], safe: bool = True, lines: bool = False, **record: Any) -> str:
    return Renderer(_engine.Template(segments, safe=safe, lines=lines)).render(**record)


@pytest.fixture
def set_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    def set_to(zone: str) -> None:
        monkeypatch.setenv("TZ", zone)
        time.tzset()

    yield set_to
    monkeypatch.undo()
    time.tzset()


# -- templates --


def test_line() -> None:
    parts = ("!UTC", "YYYY", "=-", "MM", "=-", "DD", "= ", "HH", "=:", "mm", "=:", "ss", "=.", "SSS", "Z")
    line = render(
        ("time", parts, ""),
        ("text", " | "),
        ("token", "level", "<8"),
        ("text", " | "),
        ("token", "name", ""),
        ("text", ":"),
        ("token", "function", ""),
        ("text", ":"),
        ("token", "line", ""),
        ("text", " - "),
        ("message", "plain", ()),
        ("exception", "\n"),
    )
    assert line == "2026-01-31 22:59:59.123+00:00 | INFO     | app.orders:place:142 - message"


@pytest.mark.parametrize(
    ("token", "text"),
    [
        ("level", "INFO"),
        ("level_no", "20"),
        ("level_icon", "ℹ"),
        ("name", "app.orders"),
        ("module", "orders"),
        ("function", "place"),
        ("line", "142"),
        ("file", "orders.py"),
        ("path", "/srv/app/orders.py"),
        ("thread", "worker:7"),
        ("thread_name", "worker"),
        ("thread_id", "7"),
        ("process", "main:42"),
        ("process_name", "main"),
        ("process_id", "42"),
    ],
)
def test_token(token: str, text: str) -> None:
    assert render(("token", token, "")) == text
    assert render(("token", token, ">24")) == f"{text:>24}"


def test_module_without_a_name() -> None:
    assert render(("token", "name", "<6"), ("text", "|"), name=None) == "None  |"


def test_specifications_that_python_follows() -> None:
    assert render(("token", "line", "05d"), ("token", "line", "5"), ("token", "line", "<5")) == "00142  142142  "
    assert render(("extra", "n", "8.2f"), ("extra", "n", "")) == ""
    assert render(("extra", "n", "8.2f"), ("extra", "n", ""), extra={"n": 3.14159}) == "    3.143.14159"


def test_specification_that_fails_is_left_off() -> None:
    assert render(("token", "level", "nonsense"), ("extra", "x", ".2f"), extra={"x": "text"}) == "INFOtext"


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8),
    st.sampled_from(["", "<", "^", ">", "=<", "{^", "é>", "😀^", "<<"]),
    st.integers(0, 30),
)
def test_padding_is_pythons(text: str, align: str, width: int) -> None:
    spec = f"{align}{width or ''}"
    assert render(("extra", "x", spec), extra={"x": text}, safe=False) == format(text, spec)


def test_all_extra() -> None:
    assert render(("all_extra", "")) == "{}"
    assert render(("all_extra", ">12"), extra={"a": 1}) == "    {'a': 1}"


def test_message_with_specification() -> None:
    assert render(("message", "plain", (), "^11")) == "  message  "


def test_exception() -> None:
    template = [("message", "plain", ()), ("exception", " !\n")]
    assert render(*template, exception="Traceback\n\tat \x1b[31mhome") == "message !\nTraceback\n\tat \\x1b[31mhome"
    assert render(*template, exception=ValueError("text")) == "message !\ntext"
    assert render(*template) == "message"


def test_line_that_is_long() -> None:
    assert render(("message", "plain", ()), ("text", "|"), message="x" * 100_000) == "x" * 100_000 + "|"
    assert render(("message", "strip", ()), message="<red>" + "ü" * 5_000) == "ü" * 5_000


@given(st.integers(0, 4 * 86400 * 1_000_000))
@example(0)
@example(999_999)
@example(86400 * 1_000_000)
def test_elapsed(microseconds: int) -> None:
    renderer = Renderer(
        _engine.Template([("token", "elapsed", ""), ("text", "|"), ("elapsed_delta", "")]), takes_record=True
    )
    at = time.time_ns() + microseconds * 1000
    clock, delta = renderer.render(at=at).split("|")
    elapsed = timedelta(microseconds=renderer.records[-1]["elapsed"] // 1000)
    assert delta == str(elapsed)
    seconds, milliseconds = divmod(elapsed // timedelta(milliseconds=1), 1000)
    assert clock == f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{milliseconds:03}"


def test_a_clock_that_was_set_back_shows_no_time_before_the_beginning() -> None:
    assert render(("token", "elapsed", ""), ("text", " "), ("elapsed_delta", ""), at=0) == "00:00:00.000 0:00:00"


@pytest.mark.parametrize(
    "segment",
    [
        (),
        ("unknown",),
        ("text",),
        ("text", "a", "b"),
        ("token", "nothing", ""),
        ("time", ("YYYYY",), ""),
        ("time", ("SSSSSSS",), ""),
        ("message", "loud", ()),
        ("message", "plain", ("", 1)),
        "text",
    ],
)
def test_wrong_segment(segment: Any) -> None:
    with pytest.raises(ValueError, match="."):
        _engine.Template([("text", "right"), segment])


def test_wrong_type_in_segment() -> None:
    for segment in (("text", 1), ("token", "level", 1), ("time", ["YYYY"], ""), ("time", (1,), "")):
        with pytest.raises(TypeError):
            _engine.Template([segment])


def test_needs() -> None:
    def needs(*segments: tuple[Any, ...]) -> int:
        return _engine.Template(segments).needs

    assert needs(("text", "a"), ("level_style",), ("message", "plain", ()), ("token", "level", "")) == 0
    assert needs(("token", "line", "")) == 1
    assert needs(("token", "thread", ""), ("token", "process_id", "")) == 2 | 4
    assert needs(("time", ("YYYY",), "")) == needs(("token", "elapsed", "")) == needs(("elapsed_delta", "")) == 8
    assert needs(("extra", "a", "")) == needs(("all_extra", "")) == 16


# -- K15: data in templates --


def is_harmless(text: str) -> bool:
    return not re.search(r"[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ud800-\udfff]", text)


@given(st.text(st.characters()))
@example("a\nb")
@example("12345678\x1b[31m")
@example("\x7f")
@example("abc\x1f")
@example("ü\x85\u2028\u202e\ud800")
def test_K15_data_forges_no_line(text: str) -> None:
    shown = render(
        ("message", "plain", ()), ("extra", "x", ">9"), ("token", "function", ""), message=text, extra={"x": text}
    )
    assert is_harmless(shown)
    assert shown.isprintable() or not text.isprintable()


@given(st.text(st.characters(codec="utf-8")).filter(is_harmless))
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert render(("message", "plain", ()), message=text) == text


@given(st.text(st.characters(codec="utf-8")))
def test_unsafe_templates_leave_data_as_it_is(text: str) -> None:
    assert render(("message", "plain", ()), message=text, safe=False) == text


def test_K15_escapes_are_those_of_repr() -> None:
    text = "\n\r\t\x00\x1b\x7f\x85\u2028\u202e"
    assert render(("message", "plain", ()), message=text) == repr(text)[1:-1]
    assert render(("message", "plain", ()), message=text, lines=True) == repr(text)[1:-1].replace("\\n", "\n").replace(
        "\\t", "\t"
    )
    assert render(("message", "plain", ()), message="C:\\new 'x'") == "C:\\new 'x'"


def test_lone_surrogates_are_replaced() -> None:
    assert render(("text", "\ud800|"), ("message", "plain", ()), message="a\udfff", safe=False) == "\ufffd|a\ufffd"


# -- values that fail --


class Fails:
    def __init__(self, *methods: str, by: type[BaseException] = ValueError) -> None:
        self.methods = methods
        self.by = by

    def __str__(self) -> str:
        if "str" in self.methods:
            raise self.by
        return "str"

    def __repr__(self) -> str:
        if "repr" in self.methods:
            raise self.by
        return "repr"


@pytest.mark.parametrize(
    ("value", "text"), [(Fails(), "str"), (Fails("str"), "repr"), (Fails("str", "repr"), "<unprintable Fails>")]
)
def test_K17_value_that_cannot_be_shown(value: Fails, text: str) -> None:
    assert render(("extra", "x", ""), ("text", "|"), extra={"x": value}) == f"{text}|"
    json_text = Renderer(_engine.RecordJson(str)).render(extra={"x": value})
    assert json.loads(json_text)["extra"] == {"x": text}


def test_K17_value_with_something_inside_that_cannot_be_shown_is_text_as_a_whole() -> None:
    extra = {
        "well": [Fails()],
        "list": [1, (Fails("str"),)],
        "dict": {"a": {"b": Fails("str")}, "c": 1},
        "neither": [Fails("str", "repr")],
        "behind": {"a": [1]},
    }
    json_text = Renderer(_engine.RecordJson(str)).render(extra=extra)
    assert json.loads(json_text)["extra"] == {
        "well": ["str"],
        "list": "[1, (repr,)]",
        "dict": "{'a': {'b': repr}, 'c': 1}",
        "neither": "<unprintable list>",
        "behind": {"a": [1]},
    }


@pytest.mark.parametrize("formatter", [_engine.Template([("extra", "x", "")]), _engine.RecordJson(str)])
def test_interrupts_go_their_way(formatter: Formatter) -> None:
    with pytest.raises(KeyboardInterrupt):
        Renderer(formatter).render(extra={"x": Fails("str", by=KeyboardInterrupt)})


# -- colours in messages --


@pytest.mark.parametrize(
    ("message", "stripped", "coloured"),
    [
        ("plain", "plain", "plain"),
        ("<red>a</red> b", "a b", "[31ma[0m_ b"),
        ("<bold><green>a</green>b</bold>", "ab", "[1m[32ma[0m_[1mb[0m_"),
        ("<RED>a", "a", "[31ma[0m_"),
        ("<light-blue>a</light-blue><bright_red>b", "ab", "[94ma[0m_[91mb[0m_"),
        ("<fg #ff8000>a<hide>b<normal>", "<fg #ff8000>a<hide>b<normal>", "<fg #ff8000>a<hide>b<normal>"),
        ("<light-black>a<black>b", "<light-black>ab", "<light-black>a[30mb[0m_"),
        ("<nope>a</nope></red>", "<nope>a</nope></red>", "<nope>a</nope></red>"),
        ("a < b <u>c</u> > <", "a < b c > <", "a < b [4mc[0m_ > <"),
        ("List<T> <n> <", "List<T> <n> <", "List<T> <n> <"),
        ("<red>ü\n", "ü\\n", "[31mü\\n[0m_"),
        ("<red", "<red", "<red"),
    ],
)
def test_markup(message: str, stripped: str, coloured: str) -> None:
    assert render(("message", "plain", ()), message=message) == message.replace("\n", "\\n")
    assert render(("message", "strip", ()), message=message) == stripped
    shown = render(("message", "colour", ("\x1b[36m", None)), message=message)
    assert shown == coloured.replace("[", "\x1b[").replace("_", "\x1b[36m" + LEVEL.style)


def test_level_style() -> None:
    assert render(("level_style",), ("token", "level", ""), ("text", "\x1b[0m")) == f"{LEVEL.style}INFO\x1b[0m"
    assert render(("message", "colour", None), message="<b>a</b>") == f"\x1b[1ma\x1b[0m{LEVEL.style}"


def test_K15_escape_sequences_of_data_are_no_colours() -> None:
    assert render(("message", "colour", ()), message="\x1b[31m<red>a") == "\\x1b[31m\x1b[31ma\x1b[0m"


@given(st.lists(st.sampled_from(["<red>", "</red>", "<b>", "</b>", "<x>", "<", "a"])))
def test_markup_leaves_text_as_it_is(pieces: Sequence[str]) -> None:
    message = "".join(pieces)
    shown = render(("message", "colour", ()), message=message)
    assert render(("message", "strip", ()), message=message) == re.sub("\x1b\\[\\d*m", "", shown)


# -- times --

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

DIRECTIVES: dict[str, Callable[[datetime], str]] = {
    "YYYY": lambda t: f"{t.year:04}",
    "YY": lambda t: f"{t.year % 100:02}",
    "Q": lambda t: f"{(t.month + 2) // 3}",
    "MMMM": lambda t: f"{t:%B}",
    "MMM": lambda t: f"{t:%b}",
    "MM": lambda t: f"{t.month:02}",
    "M": lambda t: f"{t.month}",
    "DDDD": lambda t: f"{t.timetuple().tm_yday:03}",
    "DDD": lambda t: f"{t.timetuple().tm_yday}",
    "DD": lambda t: f"{t.day:02}",
    "D": lambda t: f"{t.day}",
    "dddd": lambda t: f"{t:%A}",
    "ddd": lambda t: f"{t:%a}",
    "d": lambda t: f"{t.weekday()}",
    "E": lambda t: f"{t.isoweekday()}",
    "HH": lambda t: f"{t.hour:02}",
    "H": lambda t: f"{t.hour}",
    "hh": lambda t: f"{t:%I}",
    "h": lambda t: f"{t.hour % 12 or 12}",
    "mm": lambda t: f"{t.minute:02}",
    "m": lambda t: f"{t.minute}",
    "ss": lambda t: f"{t.second:02}",
    "s": lambda t: f"{t.second}",
    **{"S" * n: lambda t, n=n: f"{t.microsecond:06}"[:n] for n in range(1, 7)},  # type: ignore[misc]
    "A": lambda t: "AM" if t.hour < 12 else "PM",
    "Z": lambda t: re.sub(r"(\d\d)$", r":\1", f"{t:%z}"),
    "ZZ": lambda t: f"{t:%z}",
    "zz": lambda t: f"{t:%Z}",
    "X": lambda t: f"{(t - EPOCH) // timedelta(seconds=1)}",
    "x": lambda t: f"{(t - EPOCH) // timedelta(microseconds=1)}",
}
PARTS = tuple(part for directive in DIRECTIVES for part in (directive, "=, "))


def expected_time(at: int, zone: timezone) -> list[str]:
    moment = (EPOCH + timedelta(microseconds=at // 1000)).astimezone(zone)
    return [directive(moment) for directive in DIRECTIVES.values()]


moments = st.integers(-(2**62), 2**62).map(lambda microseconds: microseconds // 1_000_000 * 1000)


@given(st.one_of(moments, st.integers(-2 * SECOND, 2 * SECOND)))
@example(MOMENT)
@example(-1)
@example(0)
def test_times_in_utc(at: int) -> None:
    shown = render(("time", ("!UTC", *PARTS), ""), at=at)
    assert shown.split(", ")[:-1] == expected_time(at, timezone.utc)


def test_local_times_have_the_offset_of_their_moment(set_zone: Callable[[str], None]) -> None:
    set_zone(CET)
    renderer = Renderer(_engine.Template([("time", PARTS, "")]))
    for day in range(0, 366, 7):
        at = MOMENT + day * 86400 * SECOND
        local = time.localtime(at // SECOND)
        zone = timezone(timedelta(seconds=local.tm_gmtoff), local.tm_zone)
        assert renderer.render(at=at).split(", ")[:-1] == expected_time(at, zone)


def test_offset_that_is_no_whole_minute(set_zone: Callable[[str], None]) -> None:
    set_zone("LMT-0:53:28")
    assert render(("time", ("HH", "=:", "mm", "=:", "ss", "= ", "Z", "= ", "ZZ"), "")) == "23:53:27 +00:53:28 +005328"
    set_zone("WEST3:30")
    assert render(("time", ("Z",), "")) == "-03:30"


@pytest.mark.parametrize("as_json", [False, True])
def test_a_second_is_written_anew_when_the_zone_changes(set_zone: Callable[[str], None], as_json: bool) -> None:
    parts = ("HH", "Z")
    renderer = Renderer(_engine.RecordJson(str) if as_json else _engine.Template([("time", parts, "")]))
    for zone, shown in [("UTC0", "22:59:59.123456+00:00"), (CET, "23:59:59.123456+01:00")]:
        set_zone(zone)
        text = renderer.render()
        assert (shown in text) if as_json else (text == f"{shown[:2]}{shown[-6:]}")


def test_microseconds_of_one_second() -> None:
    renderer = Renderer(_engine.Template([("time", ("SS", "=-", "SSSSSS", "=-", "x"), "")]))
    for fraction in (0, 1000, 999_999_999, 123_456_000):
        digits = f"{fraction // 1000:06}"
        at = MOMENT // SECOND * SECOND + fraction
        assert renderer.render(at=at) == f"{digits[:2]}-{digits}-{MOMENT // SECOND}{digits}"


@pytest.mark.parametrize("zone", ["AAA-1", "AAA0BBB", "CCC0"])
def test_any_change_of_the_zone_is_noticed(set_zone: Callable[[str], None], zone: str) -> None:
    renderer = Renderer(_engine.Template([("time", ("zz", "= ", "Z"), "")]))
    for current in ("AAA0", zone):
        set_zone(current)
        local = time.localtime(MOMENT // SECOND)
        assert renderer.render() == f"{local.tm_zone} +{local.tm_gmtoff // 3600:02}:00"


def test_microseconds_of_one_second_before_1970() -> None:
    renderer = Renderer(_engine.Template([("time", ("x",), "")]))
    assert [renderer.render(at=at) for at in (-1_500_000_000, -1_400_000_000)] == ["-1500000", "-1400000"]


def test_time_with_specification() -> None:
    assert render(("time", ("!UTC", "YYYY"), "*>6")) == "**2026"


def test_frozen_time_has_the_zone_that_python_says(monkeypatch: pytest.MonkeyPatch) -> None:
    def localtime(seconds: float) -> time.struct_time:
        return time.struct_time((2020, 1, 1, 0, 0, 0, 0, 1, 0), {"tm_gmtoff": -5400, "tm_zone": "ABC"})

    renderer = Renderer(_engine.Template([("time", ("HH", "=:", "mm", "= ", "Z", "= ", "zz"), "")]))
    monkeypatch.setattr(time, "localtime", localtime)
    monkeypatch.setattr(time, "time", lambda: float(MOMENT // SECOND))
    renderer.logger._emit(LEVEL, "message")
    assert renderer.texts == ["21:29 -01:30 ABC"]


# -- JSON --


def simplify(value: object) -> object:
    return value.value if isinstance(value, enum.Enum) else str(value)


def unique_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len({key for key, _ in pairs}) == len(pairs), "K1: a key is there twice"
    return dict(pairs)


def loads(line: str) -> dict[str, Any]:
    assert line.isascii() or is_harmless(line)
    assert "\n" not in line
    loaded = json.loads(line, object_pairs_hook=unique_pairs, parse_constant=pytest.fail)
    assert isinstance(loaded, dict)
    return loaded


def render_json(**record: Any) -> dict[str, Any]:
    return loads(Renderer(_engine.RecordJson(simplify)).render(**record))


def extra_in_json(extra: dict[Any, Any]) -> Any:
    return render_json(extra=extra).get("extra", {})


def in_utf8(text: str) -> str:
    return re.sub(r"[\ud800-\udfff]", "\ufffd", text)


def expected_value(value: Any) -> Any:
    """What JSON says of a value, as json.loads() reads it."""
    if type(value) is dict:
        return {in_utf8(str(key)): expected_value(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return [expected_value(item) for item in value]
    if type(value) is str:
        return in_utf8(value)
    if value is None or type(value) is bool or (type(value) is float and math.isfinite(value)):
        return value
    if type(value) is int and -(2**63) <= value < 2**64:
        return value
    return in_utf8(str(value))


scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(2**63 - 2, 2**64 + 2), st.floats(), st.text(st.characters()),
    st.dates(), st.uuids(),
)  # fmt: skip
keys = st.one_of(st.text(st.characters()), st.integers(-2, 2), st.sampled_from(["0", "1", "None", "True"]), st.none())
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.lists(inner, max_size=3).map(tuple), st.dictionaries(keys, inner, max_size=4)
    ),
    max_leaves=12,
)


def test_json_line(set_zone: Callable[[str], None]) -> None:
    set_zone(CET)
    line = Renderer(_engine.RecordJson(simplify)).render(extra={"user": "u-7781", "total": 129.95}, exception="text")
    assert line == (
        '{"time":"2026-01-31T23:59:59.123456+01:00","level":"INFO","message":"message","name":"app.orders",'
        '"function":"place","line":142,"extra":{"user":"u-7781","total":129.95},"exception":"text"}'
    )


def test_json_leaves_out_what_there_is_not() -> None:
    assert list(render_json(name=None, function="", line=0)) == ["time", "level", "message"]


@given(st.dictionaries(st.text(st.characters()), values, max_size=5))
@example({"a": 1, "ä": 2, "\ud800": 3, "\udfff": 4, "\ufffd": 5})
@example({"a": {1: "int", "1": "text"}})
@example({'"': '\\"', "\x1b": "\u2028"})
def test_K15_json_is_valid_and_K3_keeps_types(extra: dict[str, Any]) -> None:
    assert repr(extra_in_json(extra)) == repr(expected_value(extra))


@given(st.text(st.characters()), st.text(st.characters()))
def test_K15_texts_in_json(message: str, exception: str) -> None:
    line = render_json(message=message, exception=exception, function=message)
    assert (line["message"], line["exception"]) == (in_utf8(message), in_utf8(exception))
    assert line.get("function", "") == in_utf8(message)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_are_written_as_repr_does(number: float) -> None:
    assert f'"x":{number!r}}}' in Renderer(_engine.RecordJson(simplify)).render(extra={"x": number})


def test_values_that_json_has_nothing_for() -> None:
    class Colour(enum.Enum):
        RED = {"code": 1}

    class Text(str):
        pass

    assert extra_in_json({"e": [Colour.RED], "t": Text("a"), "big": -(2**63) - 1, "nan": math.nan}) == {
        "e": [{"code": 1}],
        "t": "a",
        "big": str(-(2**63) - 1),
        "nan": "nan",
    }


def test_values_within_themselves() -> None:
    items: list[Any] = [1]
    items.append(items)
    pairs: dict[str, Any] = {"items": items}
    pairs["pairs"] = (pairs, items)
    limit = "<recursion limit reached>"
    assert extra_in_json({"a": items, "b": pairs, "c": items}) == {
        "a": [1, limit],
        "b": {"items": [1, limit], "pairs": [limit, [1, limit]]},
        "c": [1, limit],
    }


def test_values_that_are_deep() -> None:
    value: Any = "bottom"
    for _ in range(32):
        value = [value]
    assert json.dumps(extra_in_json({"x": value})["x"]) == "[" * 32 + '"bottom"' + "]" * 32
    assert "<recursion limit reached>" in json.dumps(extra_in_json({"x": [value]}))


def test_simplify_that_goes_on_for_ever() -> None:
    line = Renderer(_engine.RecordJson(lambda value: [object()])).render(extra={"x": object()})
    assert "<recursion limit reached>" in line
    loads(line)
    loads(Renderer(_engine.RecordJson(lambda value: object())).render(extra={"x": object()}))


def test_values_that_change_while_they_are_written() -> None:
    items: list[Any] = [object(), *range(100)]
    pairs: dict[str, Any] = {"first": object(), **{f"key {i}": i for i in range(100)}}
    before = {**pairs, "first": "changed"}

    def change(value: object) -> str:
        items.clear()
        pairs.clear()
        gc.collect()
        return "changed"

    renderer = Renderer(_engine.RecordJson(change))
    assert loads(renderer.render(extra={"items": items, "pairs": pairs}))["extra"] == {"items": ["changed"], "pairs": {}}
    pairs.update({**before, "first": object()})
    assert loads(renderer.render(extra={"pairs": pairs}))["extra"] == {"pairs": before}


def test_simplify_has_to_be_callable() -> None:
    with pytest.raises(TypeError, match="callable"):
        _engine.RecordJson("text")  # type: ignore[arg-type]


def test_formats_that_refer_to_themselves_are_collected() -> None:
    class Simplifier:
        formatter: _engine.RecordJson

        def __call__(self, value: object) -> str:
            return ""

    simplifier = Simplifier()
    simplifier.formatter = _engine.RecordJson(simplifier)
    gone = weakref.ref(simplifier)
    del simplifier
    gc.collect()
    assert gone() is None


def test_K17_a_value_that_is_shared_again_and_again_ends() -> None:
    shared: list[Any] = []
    for _ in range(31):
        shared = [shared, shared]
    line = Renderer(_engine.RecordJson(simplify)).render(extra={"shared": shared})
    assert "<recursion limit reached>" in line
    assert len(line) < 1 << 26


def test_a_missing_field_is_padded() -> None:
    assert render(("extra", "a", "<4"), ("text", "|"), extra={}) == "    |"


def test_year_of_century_before_1900() -> None:
    assert render(("time", ("!UTC", "YY"), ""), at=-2_500_000_000 * 10**9) == "90"


@pytest.mark.parametrize(
    ("message", "spec", "stripped", "coloured"),
    [
        ("<red>ab</red>", "<4", "ab  ", "[31mab[0m_  "),
        ("<red>ab</red>", ">4", "  ab", "  [31mab[0m_"),
        ("<red>abc</red>", ".2", "ab", "ab"),
        ("<nope>ab", "<10", "<nope>ab  ", "<nope>ab  "),
        ("ab", "^4", " ab ", " ab "),
    ],
)
def test_colours_take_no_columns(message: str, spec: str, stripped: str, coloured: str) -> None:
    assert render(("message", "strip", (), spec), message=message) == stripped
    assert render(("message", "colour", (), spec), message=message) == coloured.replace("[", "\x1b[").replace("_", "")
