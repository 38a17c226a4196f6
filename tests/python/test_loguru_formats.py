"""cleat.loguru: formats. The engine's templates and the plain way, field by field in Python, give the same text."""

from __future__ import annotations

import random
from typing import Any

import pytest
from loguru_logger import make_logger

from cleat._engine import Handler, Template
from cleat.logust._time_format import DIRECTIVES
from cleat.loguru._datetime import local_time
from cleat.loguru._escape import escape, escape_lines

FIELDS = [
    *("{level}", "{level.name}", "{level.no}", "{level.icon}", "{level: <8}", "{level:^12}", "{level.no:>5}"),
    *("{name}", "{module}", "{function}", "{function:*^9}", "{line}", "{line:>6}", "{file}"),
    *("{file.name}", "{file.path}"),
    *("{thread}", "{thread.name}", "{thread.id}", "{process}", "{process.name}", "{process.id}", "{process.id:<9}"),
    *("{elapsed}", "{message}", "{message}", "{extra}", "{extra[a]}", "{extra[b]}", "{extra[c d]}"),
    *("{time}", "{time:YYYY-MM-DD HH:mm:ss.SSS}", "{time:HH[h]mm:ss ZZ!UTC}", "{time:X x}", "{time:Q DDDD E d A h}"),
]
TEXTS = ["", " ", " | ", "{{", "}}", "100 %", "é", "\N{LADY BEETLE}", "\n", "\t", "\\ "]
MARKUP = ["red", "bold", "level", "fg 200", "bg #a0b1c2", "LIGHT-GREEN"]
DATA = ["", "plain", "two\nlines", "\x1b[31mred\x1b[0m", "tab\there", "\x00\x7f\x85", "\u2028\u202e"]
DATA += ["<red>{x}</red>", "é", "日本"]


def both_ways(format: str, colorize: bool, log: Any) -> tuple[list[str], list[str]]:
    """The lines of a handler with a template, and of one without."""
    logger = make_logger()
    fast: list[str] = []
    plain: list[str] = []
    logger.add(fast.append, format=format, colorize=colorize, level=0)
    # A filter of the program's own may change records: these go the plain way.
    logger.add(plain.append, format=format, colorize=colorize, level=0, filter=lambda record: True)
    first, second = logger.core.all_handlers()
    assert is_fast(first) and not is_fast(second)
    log(logger)
    return fast, plain


def is_fast(handler: Handler) -> bool:
    return isinstance(handler.formatter, Template)


def random_format(choice: random.Random) -> str:
    pieces = []
    for _ in range(choice.randint(1, 8)):
        piece = choice.choice(choice.choice([FIELDS, FIELDS, TEXTS]))
        if choice.random() < 0.3:
            tag = choice.choice(MARKUP)
            piece = f"<{tag}>{piece}</{choice.choice([tag, ''])}>"
        pieces.append(piece)
    return "".join(pieces)


def random_value(choice: random.Random) -> object:
    return choice.choice([choice.choice(DATA), choice.randint(-5, 10**20), 1.5, None, ["a\n", 1], {"k": "\x1b"}, True])


@pytest.mark.parametrize("seed", range(200))
def test_templates_and_the_plain_way_give_the_same_text(seed: int) -> None:
    choice = random.Random(seed)
    format = random_format(choice)
    extra = {"a": random_value(choice), "b": random_value(choice), "c d": random_value(choice)}
    message = choice.choice(DATA)

    def log(logger: Any) -> None:
        try:
            raise ValueError(choice.choice(DATA))
        except ValueError:
            logger.bind(**extra).opt(exception=choice.random() < 0.5).log(choice.choice(["INFO", 7]), message)

    fast, plain = both_ways(format, choice.random() < 0.5, log)
    assert fast == plain
    assert len(fast) == 1


@pytest.mark.parametrize("directive", DIRECTIVES)
def test_directives_of_times_mean_the_same_in_templates_and_in_python(directive: str) -> None:
    fast, plain = both_ways(f"{{time:{directive}|{directive}!UTC}}", False, lambda logger: logger.info(""))
    assert fast == plain


@pytest.mark.parametrize(
    "spec, shown",
    [
        ("YYYY-MM-DD HH:mm:ss.SSS", "2026-01-31 23:59:59.123"),
        ("YY Q M D DDDD d E", "26 1 1 31 031 5 6"),
        ("hh h A S SSSSSS", "11 11 PM 1 123456"),
        ("[YYYY] {-}", "YYYY {-}"),
        ("%d/%m", "31/01"),
        ("X x", "1769903999 1769903999123456"),
        ("", "2026-01-31T23:59:59.123456+0000"),
        ("ZZ Z zz!UTC", "+0000 +00:00 UTC"),
    ],
)
def test_formats_of_times(spec: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    import time

    time.tzset()
    try:
        assert format(local_time(1_769_903_999_123_456_789), spec) == shown
    finally:
        monkeypatch.undo()
        time.tzset()


def test_K15_no_data_forges_a_line_or_moves_the_cursor() -> None:
    evil = "a\nINFO forged\r\x1b[2J\x9b1m\u2028\u202e"

    def log(logger: Any) -> None:
        logger.bind(a=evil).info(evil)

    for lines in both_ways("{message} {extra[a]} {extra}", False, log):
        (line,) = lines
        assert line.count("\n") == 1
        assert line.endswith("\n")
        assert not any(character in line for character in "\r\x1b\x9b\u2028\u202e")


def test_a_value_that_cannot_be_shown_loses_no_line() -> None:
    class Broken:
        def __repr__(self) -> str:
            raise ValueError("no")

    for lines in both_ways("{message} {extra[a]} {extra}", False, lambda logger: logger.bind(a=Broken()).info("m")):
        assert lines == ["m <unprintable Broken> <unprintable dict>\n"]


def test_python_escapes_what_templates_escape() -> None:
    everything = "".join(map(chr, [*range(0x3100), 0xFEFF, 0xFFFD, 0x1F41E]))
    fast, _ = both_ways("{message}", False, lambda logger: logger.info(everything))
    assert fast == [escape(everything) + "\n"]
    assert escape_lines("a\n\tb\x1b") == "a\n\tb\\x1b"


def test_a_field_that_is_not_there_is_an_error_of_the_handler(capsys: pytest.CaptureFixture[str]) -> None:
    logger = make_logger()
    lines: list[str] = []
    logger.add(lines.append, format="{extra[user]} {message}")
    logger.info("without")
    logger.bind(user="x").info("with")
    assert lines == ["x with\n"]
    assert "KeyError: 'user'" in capsys.readouterr().err
    logger.remove()
    logger.add(lines.append, format="{extra[user]}", catch=False)
    with pytest.raises(KeyError):
        logger.info("")


@pytest.mark.parametrize(
    "format",
    ["{message!r}", "{extra[a][b]}", "{time:%H}", "{elapsed.seconds}", "{line:05d}", "{message:{level.no}}", "{foo}"],
)
def test_what_templates_do_not_know_goes_the_plain_way(format: str) -> None:
    logger = make_logger()
    logger.add(lambda message: None, format=format)
    (handler,) = logger.core.all_handlers()
    assert not is_fast(handler)


def test_simple_formats_run_no_python_code_for_a_line() -> None:
    logger = make_logger()
    logger.add("/dev/null")
    (handler,) = logger.core.all_handlers()
    assert is_fast(handler)
    assert handler.filter is None
    assert type(handler.sink).__name__ == "FileSink"


def test_functions_choose_formats_for_each_record() -> None:
    logger = make_logger()
    lines: list[str] = []
    logger.add(lines.append, format=lambda record: "<red>{message}</red>{{}}" if record["line"] else "")
    logger.info("a")
    assert lines == ["a{}"]


@pytest.mark.parametrize("format", ["<red>", "</red>", "<nope>a</nope>", "{message", "{a:{b:{c:}}}"])
def test_wrong_formats_are_refused_and_nothing_is_opened(format: str, tmp_path: Any) -> None:
    logger = make_logger()
    with pytest.raises(ValueError, match="Invalid format"):
        logger.add(tmp_path / "file.log", format=format)
    assert list(tmp_path.iterdir()) == []
    assert logger.core.all_handlers() == []


def test_the_colour_of_a_level_may_change_later() -> None:
    logger = make_logger()
    lines: list[str] = []
    logger.add(lines.append, format="<level>{message}</level>", colorize=True)
    logger.level("INFO", color="<red>")
    logger.info("a")
    logger.level("INFO", color="<green>")
    logger.info("a")
    assert lines == ["\x1b[31ma\x1b[0m\n", "\x1b[32ma\x1b[0m\n"]


def test_colours_of_a_message_end_where_those_around_it_go_on() -> None:
    logger = make_logger()
    lines: list[str] = []
    logger.add(lines.append, format="<red>{message}!</red>", colorize=True)
    logger.opt(colors=True).info("a<bold>{}</bold>c", "<b>\x1b")
    assert lines == ["\x1b[31ma\x1b[1m<b>\\x1b\x1b[0m\x1b[31mc!\x1b[0m\n"]
