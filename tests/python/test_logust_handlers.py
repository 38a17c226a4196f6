"""Handlers of logust's door: kinds of sinks, levels, filters, removal at any moment, complete(), and wrong options."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import gzip
import io
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from logust_lines import Kept

from cleat.logust import CallerInfo, CollectOptions, Logger, LogLevel, PyLogger, Rotation
from cleat.logust._logust import _changes


@pytest.fixture
def logger() -> Iterator[Logger]:
    """One without handlers."""
    logger = Logger(PyLogger())
    logger.remove()
    yield logger
    logger.remove()


# -- sinks --


def test_path_as_text_and_as_path_and_folders_that_are_not_there(logger: Logger, tmp_path: Path) -> None:
    for path in (str(tmp_path / "a.log"), tmp_path / "b.log", tmp_path / "new" / "folder" / "c.log"):
        logger.add(path, format="{message}")
        logger.info("x")
        assert Path(path).read_text() == "x\n", "written when the call returns"
        logger.remove()


def test_enqueue_writes_by_a_thread_and_complete_waits_for_it(logger: Logger, tmp_path: Path) -> None:
    logger.add(tmp_path / "a.log", format="{message}", enqueue=True)
    for number in range(1000):
        logger.info("{}", number)
    logger.complete()
    assert (tmp_path / "a.log").read_text().split() == [str(number) for number in range(1000)]


@pytest.mark.parametrize("enqueue", [False, True])
def test_complete_waits_until_rotated_files_are_compressed(logger: Logger, tmp_path: Path, enqueue: bool) -> None:
    logger.add(tmp_path / "a.log", format="{message}", rotation=1000, compression=True, enqueue=enqueue)
    for number in range(400):
        logger.info("{:>9}", number)
    logger.complete()
    rotated = sorted(path for path in tmp_path.iterdir() if path.name.startswith("a.log."))
    assert len(rotated) == 3 and all(path.suffix == ".gz" for path in rotated)
    texts = [gzip.decompress(path.read_bytes()).decode() for path in rotated] + [(tmp_path / "a.log").read_text()]
    assert [int(line) for line in "".join(texts).split()] == list(range(400))


def test_a_removed_file_has_what_waited(logger: Logger, tmp_path: Path) -> None:
    id = logger.add(tmp_path / "a.log", format="{message}", enqueue=True)
    for number in range(1000):
        logger.info("{}", number)
    assert logger.remove(id) is True
    assert len((tmp_path / "a.log").read_text().split()) == 1000


def test_any_stream_gets_whole_lines_and_is_flushed(logger: Logger) -> None:
    calls: list[str] = []

    class Stream:
        def write(self, text: str) -> None:
            calls.append(text)

        def flush(self) -> None:
            calls.append("flush")

    logger.add(Stream(), format="{message}")
    logger.info("x")
    assert calls == ["x\n", "flush"]


def test_a_stream_without_flush(logger: Logger) -> None:
    class Stream:
        text = ""

        def write(self, text: str) -> None:
            self.text += text

    stream = Stream()
    logger.add(stream, format="{message}")
    logger.info("x")
    assert stream.text == "x\n"


@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_console_follows_a_stream_that_is_replaced(
    logger: Logger, name: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    logger.add(getattr(sys, f"__{name}__"), format="{message}", colorize=False)
    logger.info("first")
    replaced = io.StringIO()
    monkeypatch.setattr(sys, name, replaced)
    logger.info("second")
    monkeypatch.setattr(sys, name, None)
    logger.info("nowhere")
    monkeypatch.undo()
    logger.info("third")
    assert getattr(capfd.readouterr(), name[3:]) == "first\nthird\n"
    assert replaced.getvalue() == "second\n"


def test_console_that_was_added_while_replaced_follows_too(
    logger: Logger, capfd: pytest.CaptureFixture[str]
) -> None:
    stream = io.StringIO()
    with contextlib.redirect_stdout(stream):
        logger.add(sys.stdout, format="{message}")
        logger.info("inside")
    logger.info("outside")
    assert stream.getvalue() == "inside\n"
    assert capfd.readouterr().out == "outside\n"


def test_function_gets_the_bare_line(logger: Logger) -> None:
    lines: list[str] = []
    logger.add(lines.append, format="{message}")
    logger.info("x")
    assert lines == ["x"]


def test_handler_of_the_standard_library(logger: Logger) -> None:
    entries: list[logging.LogRecord] = []

    class Keeps(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            entries.append(record)

    logger.add(Keeps(level=logging.WARNING), format="<{message}>")
    logger.info("not for it")
    logger.bind(user=7).log("FAIL", "100%")
    [entry] = entries
    assert (entry.getMessage(), entry.levelname, entry.levelno) == ("<100%>", "FAIL", 45)
    assert (entry.name, entry.funcName) == (__name__, "test_handler_of_the_standard_library")
    assert entry.extra.typed == {"user": 7}  # type: ignore[attr-defined]


# -- coroutine functions --


def test_coroutine_function_runs_in_the_loop_and_complete_waits(logger: Logger) -> None:
    lines: list[str] = []

    async def sink(line: str) -> None:
        await asyncio.sleep(0)
        lines.append(line)

    async def program() -> None:
        logger.add(sink, format="{message}")
        logger.info("first")
        logger.info("second")
        assert lines == []
        await logger.complete()
        assert lines == ["first", "second"]

    asyncio.run(program())


def test_coroutine_function_gets_lines_of_other_threads(logger: Logger) -> None:
    lines: list[str] = []

    async def sink(line: str) -> None:
        lines.append(line)

    async def program() -> None:
        logger.add(sink, format="{message}")
        await asyncio.to_thread(logger.info, "from a thread")
        await asyncio.sleep(0)
        await logger.complete()

    asyncio.run(program())
    assert lines == ["from a thread"]


def test_coroutine_function_that_logs_does_not_get_its_own_lines(logger: Logger) -> None:
    lines: list[str] = []

    async def sink(line: str) -> None:
        lines.append(line)
        logger.info("from the sink")

    async def program() -> None:
        logger.add(sink, format="{message}")
        logger.info("x")
        await logger.complete()

    asyncio.run(program())
    assert lines == ["x"]


def test_coroutine_function_without_a_loop_is_reported(logger: Logger, capsys: pytest.CaptureFixture[str]) -> None:
    async def sink(line: str) -> None:
        raise AssertionError

    logger.add(sink, format="{message}")
    logger.info("x")
    assert "needs an event loop" in capsys.readouterr().err


def test_coroutine_function_that_fails_is_reported(logger: Logger, capsys: pytest.CaptureFixture[str]) -> None:
    async def sink(line: str) -> None:
        raise ValueError("not today")

    async def program() -> None:
        id = logger.add(sink, format="{message}")
        logger.info("x")
        await logger.complete()
        assert f"--- Logging error in Cleat handler #{id} ---" in (error := capsys.readouterr().err)
        assert "ValueError: not today" in error

    asyncio.run(program())


# -- levels and filters --


@pytest.mark.parametrize("level", [30, "WARNING", "warning", LogLevel.Warning])
def test_level_by_number_name_and_enum(level: Any) -> None:
    kept = Kept(level=level)
    for name in ("info", "warning", "error"):
        getattr(kept.logger, name)(name)
    assert kept.lines == ["warning", "error"]


def test_level_of_a_handler_may_be_a_program_s_own_or_between_others(logger: Logger) -> None:
    logger.level("NOTICE", no=26)
    lines: list[str] = []
    logger.add(lines.append, level="notice", format="{level}")
    logger.add(lines.append, level=27, format="27 {level}")
    for name in ("SUCCESS", "NOTICE", "WARNING"):
        logger.log(name, "x")
    assert lines == ["NOTICE", "WARNING", "27 WARNING"]


def test_handlers_take_debug_and_up_if_nothing_is_said(logger: Logger) -> None:
    lines: list[str] = []
    logger.add(lines.append, format="{message}")
    logger.trace("t")
    logger.debug("d")
    assert lines == ["d"]


@pytest.mark.parametrize(
    ("filter", "passes"),
    [
        (None, True),
        ("", True),
        (__name__, True),
        (__name__[:-1], False),
        (f"{__name__}.inside", False),
        ({__name__: "ERROR"}, False),
        ({__name__: "INFO"}, True),
        ({__name__: 21}, False),
        ({__name__: False}, False),
        ({"": False}, False),
        ({"": False, __name__: True}, True),
        ({"other": False}, True),
        (lambda record: record["level_no"] == 20, True),
        (lambda record: record["extra"]["user"] != "7", False),
    ],
)
def test_filters(filter: Any, passes: bool) -> None:
    kept = Kept(filter=filter)
    kept.logger.info("x", user=7)
    assert kept.lines == ["x"] * passes


# -- adding and removing at any moment --


def test_numbers_are_never_given_twice(logger: Logger) -> None:
    ids = [logger.add(print), logger.add_callback(print)]
    logger.remove()
    ids.append(logger.add(print))
    assert ids == sorted(set(ids))


def test_remove_tells_whether_there_was_one(logger: Logger) -> None:
    id = logger.add(print)
    assert (logger.remove(id), logger.remove(id), logger.remove(10**9)) == (True, False, False)
    assert logger.remove() is False


def test_remove_callback_is_not_for_files(logger: Logger, tmp_path: Path) -> None:
    id = logger.add(tmp_path / "a.log", format="{message}")
    assert logger.remove_callback(id) is False
    logger.info("x")
    assert (tmp_path / "a.log").read_text() == "x\n"


def within(seconds: float, function: Any) -> None:
    """Calls a function that is not to block for ever."""
    thread = threading.Thread(target=function, daemon=True)
    thread.start()
    thread.join(seconds)
    assert not thread.is_alive()


def test_a_sink_may_remove_its_own_handler_and_add_another(logger: Logger) -> None:
    lines: list[str] = []

    def once(line: str) -> None:
        lines.append(f"once {line}")
        logger.remove(id)
        logger.add(lambda line: lines.append(f"then {line}"), format="{message}")

    id = logger.add(once, format="{message}")
    within(30, lambda: (logger.info("a"), logger.info("b")))
    assert lines == ["once a", "then b"]


def test_filters_and_callbacks_may_change_handlers(logger: Logger, tmp_path: Path) -> None:
    def remove_all(record: dict[str, Any]) -> bool:
        logger.remove()
        return True

    logger.add(tmp_path / "a.log", format="{message}", filter=remove_all, enqueue=True)
    within(30, lambda: logger.info("a"))
    assert logger.core.handlers == ()
    logger.add_callback(lambda record: logger.add_callback(remove_all))
    within(30, lambda: (logger.info("b"), logger.info("c")))
    assert logger.core.handlers == ()


def test_a_sink_may_log_and_does_not_go_round_in_circles(logger: Logger, capsys: pytest.CaptureFixture[str]) -> None:
    lines: list[str] = []

    def logs(line: str) -> None:
        lines.append(line)
        logger.info(line + "+")

    logger.add(logs, format="{message}")
    within(30, lambda: logger.info("x"))
    assert lines[0] == "x" and len(lines) < 20


def test_threads_that_log_while_handlers_change(logger: Logger) -> None:
    """No line is lost by the handler that stays, whatever others do."""
    stays: list[str] = []
    logger.add(stays.append, format="{message}")
    threads = [
        threading.Thread(target=lambda: [logger.info("x") for _ in range(500)]),
        threading.Thread(target=lambda: [logger.info("x") for _ in range(500)]),
        threading.Thread(target=lambda: [logger.remove(logger.add(lambda line: None)) for _ in range(200)]),
        threading.Thread(target=lambda: [logger.remove(logger.add(lambda line: None)) for _ in range(200)]),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stays) == 1000


def test_handlers_can_change_in_a_child_that_was_forked_while_they_changed(logger: Logger) -> None:
    inside, forked = threading.Event(), threading.Event()

    def hold() -> None:
        with _changes:
            inside.set()
            forked.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    inside.wait(30)
    child = os.fork()
    if child == 0:
        signal.alarm(20)  # ends a child that waits for the lock
        logger.remove(logger.add(print))
        os._exit(0)
    forked.set()
    thread.join()
    assert os.waitpid(child, 0)[1] == 0


# -- JSON --


def test_json_lines_of_files_functions_and_the_console_are_the_same(
    logger: Logger, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    lines: list[str] = []
    logger.add(tmp_path / "a.json", serialize=True)
    logger.add(lines.append, serialize=True, format="has nothing to do with it")
    logger.add(sys.__stdout__, serialize=True)
    logger.bind(user=7).info("x <red>y</red>")
    assert (tmp_path / "a.json").read_text() == lines[0] + "\n" == capfd.readouterr().out
    line = json.loads(lines[0])
    assert list(line) == ["time", "level", "message", "name", "function", "line", "extra"]
    assert datetime.datetime.fromisoformat(line["time"]).tzinfo is not None
    assert line["extra"] == {"user": 7}


def test_json_with_a_caller_that_collect_gives(logger: Logger) -> None:
    lines: list[str] = []
    logger.add(lines.append, serialize=True, collect=CollectOptions(caller=CallerInfo("m", "f", 3)))
    logger.add(lines.append, serialize=True, collect=CollectOptions(caller=False))
    logger.bind(a=[1, {2}], b=float("nan")).info("x\u2028", exception="text")
    given, without = map(json.loads, lines)
    assert (given.pop("name"), given.pop("function"), given.pop("line")) == ("m", "f", 3)
    assert given == without
    del given["time"]
    assert given == {"level": "INFO", "message": "x\u2028", "extra": {"a": [1, [2]], "b": "nan"}, "exception": "text"}


# -- wrong options --


@pytest.mark.parametrize(
    ("sink", "options", "error", "says"),
    [
        (print, {"rotaton": "1 MB"}, TypeError, "no option 'rotaton'; 'rotation' may be meant; there are: level, "),
        (print, {"zzz": 1}, TypeError, "no option 'zzz'; there are: level, "),
        (print, {"level": "NOPE"}, ValueError, "no level 'NOPE'; there are: TRACE, DEBUG, "),
        (print, {"level": -1}, ValueError, "from 0 to"),
        (print, {"level": 1.5}, TypeError, "a LogLevel, a name or a number"),
        (print, {"rotation": "1 MB"}, ValueError, "the option rotation is for files"),
        (sys.stderr, {"retention": 5}, ValueError, "the option retention is for files"),
        (io.StringIO(), {"compression": True}, ValueError, "the option compression is for files"),
        (print, {"filter": 5}, TypeError, "the option filter must be a function"),
        (print, {"filter": {"a": "NOPE"}}, ValueError, "no level 'NOPE'"),
        (print, {"collect": True}, TypeError, "the option collect must be CollectOptions"),
        (print, {"serialize": "yes"}, TypeError, "the option serialize must be True or False"),
        (print, {"enqueue": 1}, TypeError, "the option enqueue must be True or False"),
        (print, {"colorize": "auto"}, TypeError, "the option colorize must be True, False or None"),
        (3, {}, TypeError, "a sink must be a path, a stream"),
        (None, {}, TypeError, "a sink must be a path, a stream"),
    ],
)
def test_wrong_options_are_named(sink: Any, options: dict[str, Any], error: type[Exception], says: str) -> None:
    kept = Kept()
    with pytest.raises(error, match=says):
        kept.logger.add(sink, **options)
    assert len(kept.logger.core.handlers) == 1


def test_rotation_by_name(logger: Logger, tmp_path: Path) -> None:
    for rotation in Rotation:
        logger.add(tmp_path / "a.log", rotation=rotation)
    logger.add(print, rotation=Rotation.Never)
    with pytest.raises(ValueError, match="the option rotation is for files"):
        logger.add(print, rotation=Rotation.Daily)


@pytest.mark.parametrize(
    ("option", "value"),
    [("rotation", "sometimes"), ("rotation", "MB 500"), ("retention", "for ever"), ("retention", -1),
     ("compression", "rar")],
)  # fmt: skip
def test_wrong_policies_are_refused_and_leave_no_file(
    logger: Logger, tmp_path: Path, option: str, value: Any
) -> None:
    with pytest.raises(ValueError, match=f"{option} is {value!r}; it can be"):
        logger.add(tmp_path / "new" / "a.log", **{option: value})
    with pytest.raises(ValueError, match="SSSSSS"):
        logger.add(tmp_path / "new" / "a.log", format="{time:SSSSSSS}")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_opened_is_an_os_error(logger: Logger, tmp_path: Path) -> None:
    for enqueue in (False, True):
        with pytest.raises(OSError, match=str(tmp_path)):
            logger.add(tmp_path, enqueue=enqueue)
    assert logger.core.handlers == ()


# -- configure --


def test_configure_adds_all_that_it_is_given(logger: Logger) -> None:
    lines: list[str] = []
    former = logger.bind(bound=1)
    ids = logger.configure(
        handlers=[{"sink": lines.append, "format": "{level} {extra} {message}", "level": "NOTICE"}],
        levels=[{"name": "notice", "no": 26, "color": "cyan"}],
        extra={"app": "shop", "bound": 0},
        patcher=lambda record: record["extra"].update(patched=len(record["extra"])),
        activation=[("some.library", False)],
    )
    former.log("notice", "x", call=1)
    assert lines == ["NOTICE {'app': 'shop', 'bound': 1, 'call': 1, 'patched': 3} x"]
    assert [logger.remove(id) for id in ids] == [True]


def test_configure_twice_keeps_the_first_patcher_and_fields(logger: Logger) -> None:
    lines: list[str] = []
    logger.add(lines.append, format="{extra}")
    for name in ("a", "b"):
        logger.configure(extra={name: 1}, patcher=lambda record, name=name: record["extra"].update({name * 2: 2}))
    logger.info("x")
    assert lines == ["{'a': 1, 'b': 1, 'aa': 2, 'bb': 2}"]


@pytest.mark.parametrize(
    ("config", "error", "says"),
    [
        ({"handlers": [{"sink": print, "fromat": "x"}]}, TypeError, "a handler has no option 'fromat'; 'format'"),
        ({"handlers": [{"format": "x"}]}, ValueError, "a handler needs a sink"),
        ({"handlers": [{"sink": print}, {"sink": print, "level": "NOPE"}]}, ValueError, "no level 'NOPE'"),
        ({"levels": [{"name": "X", "number": 3}]}, TypeError, "a level has no option 'number'"),
        ({"levels": [{"name": "X"}]}, ValueError, "needs a number"),
    ],
)
def test_configure_names_what_is_wrong_and_adds_no_handler(
    logger: Logger, config: dict[str, Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        logger.configure(**config)
    assert logger.core.handlers == ()
