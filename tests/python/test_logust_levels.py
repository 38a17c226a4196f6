"""Levels of logust's door: looked up, added, changed; and the switches of the console and of modules."""

from __future__ import annotations

from typing import Any

import pytest
from logust_lines import Kept

from cleat.logust import Logger, LogLevel, PyLogger


@pytest.fixture
def logger() -> Logger:
    return Kept().logger


def test_a_level_can_be_looked_up(logger: Logger) -> None:
    assert logger.level("INFO") == ("INFO", 20, "green", "")
    assert logger.level("info").no == logger.level("Info").no == 20


def test_a_level_that_is_not_there_is_an_error_that_names_those_that_are(logger: Logger) -> None:
    with pytest.raises(ValueError, match=r"no level 'NOTICE', and a new one needs a number, no=\.\.\.; .*TRACE, DEBUG"):
        logger.level("NOTICE")
    with pytest.raises(ValueError, match=r"no level 'NOTICE'; there are: TRACE, DEBUG, "):
        logger.log("NOTICE", "x")
    with pytest.raises(ValueError, match=r"no level 21; there are: 5 \(TRACE\), 10 \(DEBUG\)"):
        logger.log(21, "x")


def test_a_level_of_a_program_s_own() -> None:
    kept = Kept(format="{level} {level.no} {level.icon}")
    assert kept.logger.level("notice", no=26, color="cyan", icon="!") == ("NOTICE", 26, "cyan", "!")
    for level in ("NOTICE", "notice", 26):
        kept.logger.log(level, "x")
    assert kept.lines == ["NOTICE 26 !"] * 3


def test_a_level_can_be_changed_and_keeps_the_rest() -> None:
    kept = Kept(format="{level}", colorize=True)
    assert kept.logger.level("INFO", color="bright_red") == ("INFO", 20, "bright_red", "")
    assert kept.logger.level("INFO", icon="i") == ("INFO", 20, "bright_red", "i")
    kept.logger.info("x")
    kept.logger.level("INFO", no=60)
    assert kept.lines == ["\x1b[1;91mINFO\x1b[0m"]
    assert kept.logger.level("INFO").no == 60


def test_levels_belong_to_a_core() -> None:
    Kept().logger.level("NOTICE", no=26)
    with pytest.raises(ValueError, match="NOTICE"):
        Kept().logger.log("NOTICE", "x")


@pytest.mark.parametrize(
    ("color", "style"),
    [
        ("cyan", "\x1b[1;36m"),
        ("Bright_Blue", "\x1b[1;94m"),
        ("<yellow>", "\x1b[33m"),
        ("<red><bold>", "\x1b[31m\x1b[1m"),
        ("<light-green> <u>", "\x1b[92m\x1b[4m"),
        (None, "\x1b[1;37m"),
    ],
)
def test_colours_of_levels(color: str | None, style: str) -> None:
    kept = Kept(format="{level}", colorize=True)
    kept.logger.level("X", no=33, color=color)
    kept.logger.log("X", "")
    assert kept.line == f"{style}X\x1b[0m"


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"name": "X", "no": 33, "color": "octarine"}, ValueError, "no colour 'octarine'; .* black, red, "),
        ({"name": "X", "no": 33, "color": "<red>x"}, ValueError, "no colour"),
        ({"name": "X", "no": -1}, ValueError, "from 0 to"),
        ({"name": "X", "no": 2**31}, ValueError, "from 0 to"),
        ({"name": "X", "no": "33"}, TypeError, "must be an int"),
        ({"name": "X", "no": True}, TypeError, "must be an int"),
        ({"name": 33, "no": 33}, TypeError, "must be a str"),
    ],
)
def test_wrong_levels_are_refused_and_not_added(
    logger: Logger, arguments: dict[str, Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        logger.level(**arguments)
    with pytest.raises(ValueError, match="no level 'X'"):
        logger.level("X")


@pytest.mark.parametrize("level", [None, 1.5, b"INFO", True])
def test_what_is_no_level_at_all_is_a_type_error(logger: Logger, level: Any) -> None:
    with pytest.raises(TypeError, match="a level is a LogLevel, a name or a number"):
        logger.log(level, "x")


# -- which are enabled --


def test_is_level_enabled_asks_all_handlers_and_callbacks() -> None:
    kept = Kept(level="ERROR")
    assert [kept.logger.is_level_enabled(level) for level in (LogLevel.Fail, "error", 39)] == [True, True, False]
    id = kept.logger.add_callback(print, level=15)
    assert kept.logger.is_level_enabled(15) and not kept.logger.is_level_enabled("DEBUG")
    kept.logger.remove_callback(id)
    assert not kept.logger.is_level_enabled(15)
    with pytest.raises(ValueError, match="NOPE"):
        kept.logger.is_level_enabled("NOPE")


# -- the console --


def test_console_level(capfd: pytest.CaptureFixture[str]) -> None:
    logger = Logger(PyLogger("WARNING"))
    assert logger.get_level() is LogLevel.Warning
    logger.set_level("error")
    assert logger.get_level() is LogLevel.Error
    logger.set_level(26)
    assert logger.get_level() is LogLevel.Warning, "the lowest of these that it takes"
    logger.warning("seen")
    logger.success("unseen")
    assert capfd.readouterr().out.count("seen") == 1


def test_set_level_leaves_other_handlers_alone() -> None:
    kept = Kept()
    kept.logger.set_level("ERROR")
    kept.logger.info("x")
    assert kept.lines == ["x"]


def test_console_is_switched_off_and_on(capfd: pytest.CaptureFixture[str]) -> None:
    logger = Logger(PyLogger())
    logger.disable()
    assert not logger.is_enabled()
    logger.info("unseen")
    logger.enable("ERROR")
    assert logger.is_enabled() and logger.get_level() is LogLevel.Error
    logger.enable(LogLevel.Info)
    assert logger.get_level() is LogLevel.Info
    logger.enable()
    assert logger.get_level() is LogLevel.Info, "it is on already"
    logger.info("shown")
    assert capfd.readouterr().out.endswith("- shown\n")
    with pytest.raises(ValueError, match="from 0 to"):
        logger.enable(-1)


# -- modules --


def lines_of(logger: Logger, *modules: str | None) -> None:
    """Logs a line from each of these modules."""
    for module in modules:
        exec("logger.info(__name__)", {"__name__": module, "logger": logger})


def test_modules_are_switched_off_and_on_with_what_is_inside_of_them() -> None:
    kept = Kept()
    kept.logger.disable("a.b")
    lines_of(kept.logger, "a", "a.b", "a.b.c", "a.bc", "ab", "b")
    assert kept.lines == ["a", "a.bc", "ab", "b"]
    kept.lines.clear()
    kept.logger.enable("a.b.c")
    lines_of(kept.logger, "a.b", "a.b.c", "a.b.c.d")
    assert kept.lines == ["a.b.c", "a.b.c.d"]
    kept.lines.clear()
    kept.logger.enable("a")
    lines_of(kept.logger, "a.b", "a.b.c")
    assert kept.lines == ["a.b", "a.b.c"], "enable() is for all that is inside"


def test_all_modules_at_once() -> None:
    kept = Kept()
    kept.logger.disable("")
    kept.logger.enable("a")
    lines_of(kept.logger, "a.b", "b", None)
    kept.logger.enable("")
    lines_of(kept.logger, "b", None)
    assert kept.lines == ["a.b", "b", "None"]


def test_a_module_s_switch_holds_for_loggers_made_before_and_after() -> None:
    kept = Kept()
    before = kept.logger.bind(a=1)
    kept.logger.disable(__name__)
    before.info("x")
    kept.logger.opt(depth=0).info("x")
    kept.logger.exception("x")
    kept.logger.log("INFO", "x")
    assert kept.lines == []
    before.enable(__name__)
    kept.logger.info("x")
    assert kept.lines == ["x"]


def test_a_module_that_is_called_like_a_level() -> None:
    kept = Kept()
    kept.logger.disable("debug")
    lines_of(kept.logger, "debug")
    kept.logger.enable("debug")
    lines_of(kept.logger, "debug")
    assert kept.lines == ["debug"] and not kept.logger.is_enabled()


def test_lazy_values_of_modules_that_are_switched_off_are_not_called() -> None:
    kept = Kept()
    kept.logger.disable(__name__)
    kept.logger.opt(lazy=True).info("{}", lambda: 1 / 0)
    assert kept.lines == []


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda logger: logger.level("X", no=1, color=5), TypeError, "the color of level 'X' must be a str, not 5"),
        (lambda logger: logger.level("X", no=1, icon=5), TypeError, "the icon of level 'X' must be a str, not 5"),
        (lambda logger: logger.level(""), ValueError, "the name of a level must not be empty"),
        (lambda logger: logger.configure(extra=5), TypeError, "extra must be a dict of fields, not 5"),
        (lambda logger: logger.disable(5), TypeError, "takes the name of a module, not 5"),
    ],
)
def test_wrong_arguments_are_named(logger: Logger, call: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        call(logger)
