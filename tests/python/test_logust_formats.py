"""Formats of logust's door: tokens, widths, times, colour markup; and what data may not do to a line (K15)."""

from __future__ import annotations

import re

import pytest
import time_machine
from logust_lines import Kept

from cleat.logust import CallerInfo, CollectOptions, ProcessInfo, ThreadInfo

RESET = "\x1b[0m"


@pytest.mark.parametrize(
    ("format", "line"),
    [
        ("{level} {message}", r"INFO hello"),
        ("{level:<8}|{level:>8}|{level:^8}|{level:*^8}", r"INFO    \|    INFO\|  INFO  \|\*\*INFO\*\*"),
        ("{level.name} {level.no:>4} [{level.icon}]", r"INFO   20 \[\]"),
        ("{name}:{module}:{function}", rf"{__name__}:{__name__}:log_it"),
        ("{file} {file.name}", rf"{__name__}\.py {__name__}\.py"),
        ("{file.path}:{line}", re.escape(__file__) + r":\d+"),
        ("{thread}", r"MainThread:\d+"),
        ("{thread.name} {thread.id}", r"MainThread \d+"),
        ("{process}", r"MainProcess:\d+"),
        ("{process.name} {process.id}", r"MainProcess \d+"),
        ("{elapsed}", r"\d\d:\d\d:\d\d\.\d{3}"),
        ("{extra[user]} {extra[user]:>4}|{extra[missing]}|", r"7    7\|\|"),
        ("{extra}", r"\{'user': 7, 'x-request.id': 'r'\}"),
        ("{extra[x-request.id]}", "r"),
        ("{message:>7}|{message:<7}|{message:^7}", r"  hello\|hello  \| hello "),
        ("{unknown} {{message}} {", r"\{unknown\} \{hello\} \{"),
        ("", ""),
        ("{time}", r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d"),
        ("{time:<32}|", r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d   \|"),
        ("{time:YYYY/MM/DD [HH] SSSSSS}", r"\d{4}/\d\d/\d\d HH \d{6}"),
        ("{level:nonsense}", "INFO"),
    ],
)
def test_tokens(format: str, line: str) -> None:
    kept = Kept(format=format)

    def log_it() -> None:
        kept.logger.bind(user=7).info("hello", **{"x-request.id": "r"})

    log_it()
    assert re.fullmatch(line, kept.line)


def test_times_are_local_and_carry_their_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        kept = Kept(format="{time}|{time:HH:mm ZZ}|{time:HH:mm!UTC}")
        for moment in ("2026-01-31T23:30:00.25+00:00", "2026-07-01T12:00:00+00:00"):
            with time_machine.travel(moment, tick=False):
                kept.logger.info("x")
    finally:
        monkeypatch.undo()
        time.tzset()
    assert kept.lines == [
        "2026-02-01 00:30:00.250+01:00|00:30 +0100|23:30",
        "2026-07-01 14:00:00.000+02:00|14:00 +0200|12:00",
    ]


# -- markup --


@pytest.mark.parametrize(
    ("format", "plain", "coloured"),
    [
        ("<red>{level}</red>", "INFO", f"\x1b[31mINFO{RESET}"),
        ("<level>{message}</level>", "a b", f"\x1b[1;32ma \x1b[36mb{RESET}\x1b[1;32m{RESET}"),
        ("<bold><red>x</red>y</bold>", "xy", f"\x1b[1m\x1b[31mx{RESET}\x1b[1my{RESET}"),
        ("<light-blue>x</light-blue>", "x", f"\x1b[94mx{RESET}"),
        ("<red>open", "open", f"\x1b[31mopen{RESET}"),
        ("</red> <nope>x</nope> < 1", "</red> <nope>x</nope> < 1", "</red> <nope>x</nope> < 1"),
        ("{level:<6}|{name}", "INFO  |" + __name__, f"\x1b[1;32mINFO  {RESET}|\x1b[36m{__name__}{RESET}"),
    ],
)
def test_markup_of_formats(format: str, plain: str, coloured: str) -> None:
    for colorize, wanted in ((False, plain), (True, coloured)):
        kept = Kept(format=format, colorize=colorize)
        kept.logger.info("a <cyan>b</cyan>")
        assert kept.line == wanted


def test_tokens_have_colours_of_their_own_outside_of_markup() -> None:
    kept = Kept(format="{elapsed}{line}{thread}{extra[a]}{message}", colorize=True)
    kept.logger.bind(a=1).info("x")
    assert re.fullmatch(r"\x1b\[2m[\d:.]+\x1b\[0m\x1b\[36m\d+\x1b\[0m\x1b\[36mMainThread:\d+\x1b\[0m1x", kept.line)


# -- what collect says --


def test_collect_gives_lines_another_caller_thread_and_process() -> None:
    options = CollectOptions(CallerInfo("mod", "fn", 7, "f.py"), ThreadInfo("worker", 1), ProcessInfo("main", 2))
    kept = Kept(format="{name}:{function}:{line:>3}:{file} {thread} {process.id}", collect=options)
    seen: list[str] = []
    kept.logger.add(seen.append, format="{function}")
    kept.logger.info("x")
    assert kept.line == "mod:fn:  7:f.py worker:1 2"
    assert seen == ["test_collect_gives_lines_another_caller_thread_and_process"], "the other handler's are true"


def test_collect_leaves_out_what_is_not_wanted() -> None:
    kept = Kept(format="{name}|{line}|{thread}|{message}", collect=CollectOptions(caller=False, thread=False))
    kept.logger.info("x")
    assert kept.line == "|0|:0|x"


# -- K15 --

FORGERIES = ["a\nINFO b", "a\rb", "a\x1b[31mb", "a\x00b", "a\x85b", "a\u2028b", "a\u202eb", "\x7f"]


@pytest.mark.parametrize("data", FORGERIES)
def test_k15_data_cannot_forge_a_line(data: str) -> None:
    kept = Kept(format="{level} {message} {extra[user]} {extra} {name}")
    kept.logger.info(data, user=data)
    kept.logger.patch(lambda record: record.update(message=data, extra={"user": data})).info("x")
    for line in kept.lines:
        assert line.isprintable() and repr(data)[1:-1] in line


def test_k15_an_exception_keeps_its_lines_and_nothing_else() -> None:
    kept = Kept()
    try:
        raise ValueError("first\nsecond\x1b[31m")
    except ValueError:
        kept.logger.exception("x")
    assert kept.line.startswith("x\nTraceback (most recent call last):\n")
    assert kept.line.endswith("ValueError: first\nsecond\\x1b[31m")


@pytest.mark.parametrize("format", [1, b"x", lambda record: "x"])
def test_a_format_is_a_text(format: object) -> None:
    with pytest.raises(TypeError, match=r"the option format must be a str with tokens such as \{message\}"):
        Kept(format=format)


def test_a_time_format_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="SSSSSS"):
        Kept(format="{time:SSSSSSS}")
