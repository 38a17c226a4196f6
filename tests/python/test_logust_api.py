"""cleat.logust as a package: its names, functions of the module, levels as an enum, copies of loggers."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys

import pytest
from logust_lines import Kept, KeptJson

from cleat import logust
from cleat.logust import LogLevel, PyLogger, logger

NAMES = {
    "CallerInfo", "CollectOptions", "FilterCallback", "HandlerConfig", "LevelConfig", "LogCallback", "LogLevel",
    "LogRecord", "Logger", "OptLogger", "PatcherCallback", "ProcessInfo", "PyLogger", "RecordException", "RecordLevel",
    "Rotation", "ThreadInfo", "__version__", "logger", "parse", "parse_json",
}  # fmt: skip
FUNCTIONS = (
    "trace debug info success warning error fail critical exception log add remove complete configure catch opt patch "
    "bind contextualize level set_level get_level is_level_enabled enable disable is_enabled add_callback "
    "remove_callback"
).split()


def test_public_names_are_logust_s() -> None:
    assert set(logust.__all__) == NAMES
    assert all(hasattr(logust, name) for name in NAMES)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_module_has_the_logger_s_functions(name: str) -> None:
    assert getattr(logust, name) == getattr(logger, name)
    assert getattr(logust, name).__doc__


def test_module_has_no_other_names() -> None:
    with pytest.raises(AttributeError, match=r"module 'cleat\.logust' has no attribute 'inform'"):
        _ = logust.inform
    with pytest.raises(AttributeError):
        _ = logust._should_colorize


def test_functions_of_the_module_name_their_caller() -> None:
    script = (
        "import cleat.logust as logust\nlogust.remove()\nlogust.add(print, format='{function} {message}')\n"
        "def caller(): logust.info('hello')\ncaller()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("caller hello\n", "")


def test_level_methods_have_their_levels() -> None:
    kept = Kept(format="{level} {level.no}")
    for name in ("trace", "debug", "info", "success", "warning", "error", "fail", "critical", "exception"):
        getattr(kept.logger, name)("x")
    assert kept.lines == [
        "TRACE 5", "DEBUG 10", "INFO 20", "SUCCESS 25", "WARNING 30", "ERROR 40", "FAIL 45", "CRITICAL 50", "ERROR 40",
    ]  # fmt: skip


def test_log_levels_are_ordered_and_compare_with_numbers() -> None:
    assert list(LogLevel) == sorted(LogLevel)
    assert [level.value for level in LogLevel] == [5, 10, 20, 25, 30, 40, 45, 50]
    assert LogLevel.Fail.name == "FAIL" and repr(LogLevel.Fail) == str(LogLevel.Fail) == "LogLevel.Fail"
    assert LogLevel.Info == 20 and LogLevel.Info < LogLevel.Success and len(set(LogLevel)) == 8


# -- arguments of log methods --


def test_values_go_into_the_message_by_position_and_by_name() -> None:
    kept = KeptJson()
    kept.logger.info("{0} of {total}, {1!r:>5}", 1, "b", total=3, unused=None)
    assert kept.record["message"] == "1 of 3,   'b'"
    assert kept.record["extra"] == {"unused": None}


def test_a_message_without_values_stays_as_it_is() -> None:
    kept = Kept()
    kept.logger.info("{} {name} }{")
    assert kept.line == "{} {name} }{"


def test_a_message_that_is_no_text_becomes_one() -> None:
    kept = Kept()
    kept.logger.info(ValueError("x"))
    kept.logger.info(None)
    assert kept.lines == ["x", "None"]


def test_a_message_that_wants_what_is_not_there_is_the_caller_s_error() -> None:
    kept = Kept()
    with pytest.raises(KeyError):
        kept.logger.info("{missing}", other=1)
    with pytest.raises(IndexError):
        kept.logger.info("{} {}", 1)
    assert kept.lines == []


def test_values_of_lines_that_nobody_wants_are_not_looked_at() -> None:
    class Refuses:
        def __format__(self, spec: str) -> str:
            raise AssertionError

    kept = Kept(level="INFO")
    kept.logger.debug("{}", Refuses())
    assert kept.lines == []


@pytest.mark.parametrize("name", ["message", "level", "self", "logger", "event"])
def test_any_name_may_be_a_field(name: str) -> None:
    kept = KeptJson()
    kept.logger.info("x", **{name: 1})
    assert kept.record["extra"] == {name: 1}


def test_exception_may_be_given_as_text_or_as_an_exception() -> None:
    kept = KeptJson()
    kept.logger.info("x", exception="its text")
    kept.logger.info("x", exception=ValueError("raised nowhere"))
    kept.logger.info("x", exception=None)
    assert [record.get("exception") for record in kept.records] == [
        "its text", "ValueError: raised nowhere", None,
    ]  # fmt: skip


# -- copies --


def test_loggers_made_from_the_default_one_can_be_pickled() -> None:
    bound = logger.bind(user={"id": 7}).opt(depth=1)
    other = pickle.loads(pickle.dumps(bound))
    assert type(other) is type(bound) and other.core is logger.core
    assert (other.bound, other.options) == (bound.bound, bound.options)


def test_loggers_with_handlers_of_their_own_cannot_be_pickled() -> None:
    with pytest.raises(TypeError, match=r"cleat\.logust\.logger"):
        pickle.dumps(Kept().logger)


def test_a_deep_copy_has_handlers_of_its_own() -> None:
    kept = Kept()
    bound = kept.logger.bind(a=[1])
    other = copy.deepcopy(bound)
    other.info("both have the sink")
    other.remove()
    other.level("NOTICE", no=26)
    other.disable(__name__)
    other.info("lost")
    bound.info("kept")
    assert kept.lines == ["both have the sink", "kept"]
    assert other.bound == bound.bound and other.bound["a"] is not bound.bound["a"]
    with pytest.raises(ValueError, match="NOTICE"):
        bound.level("NOTICE")


def test_a_logger_with_a_file_has_no_deep_copy(tmp_path) -> None:
    kept = Kept()
    kept.logger.add(tmp_path / "log")
    with pytest.raises(TypeError, match="files"):
        copy.deepcopy(kept.logger)
    kept.logger.remove()


def test_a_logger_shows_what_is_bound() -> None:
    assert repr(Kept().logger.bind(a=1)) == "<cleat.logust.Logger {'a': 1}>"


def test_the_default_logger_writes_to_standard_output_from_debug_up() -> None:
    script = "from cleat.logust import logger\nlogger.trace('t')\nlogger.debug('d')\nlogger.info('i')"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    assert [line.split(" - ")[1] for line in done.stdout.splitlines()] == ["d", "i"]
    assert " | DEBUG    | __main__:<module>:3 - d\n" in done.stdout


def test_a_core_begins_with_the_console_at_its_level() -> None:
    core = PyLogger(LogLevel.Warning)
    assert (core.min_level, core.handler_count, core.needs_caller_info) == (30, 1, True)
    assert (core.needs_thread_info, core.needs_process_info_for_handlers) == (False, False)
