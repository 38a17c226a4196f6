"""cleat.loguru: handlers: what lines go to, and what is said of failures and of options that are not there."""

from __future__ import annotations

import asyncio
import copy
import gzip
import io
import json
import logging
import os
import pickle
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from loguru_logger import make_logger


def run_program(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, env={**os.environ, **environment}
    )


# ---------------------------------------------------------------------------------------------------------------------
# Streams


def test_the_first_handler_writes_to_whatever_standard_error_is() -> None:
    done = run_program(
        "import io, sys; from cleat.loguru import logger\n"
        "logger.info('first')\n"
        "sys.stderr = io.StringIO(); logger.info('second'); kept = sys.stderr.getvalue(); sys.stderr = sys.__stderr__\n"
        "logger.info('third')\n"
        "assert 'second' in kept and 'first' not in kept"
    )
    assert done.returncode == 0, done.stderr
    assert re.findall(r"first|second|third", done.stderr) == ["first", "third"]


def test_streams_that_are_given_are_kept() -> None:
    """As in loguru's own recipe: prints go to the logger, and the logger to the real standard output."""
    done = run_program(
        "import contextlib, sys; from cleat.loguru import logger\n"
        "logger.remove(); logger.add(sys.stdout, format='log: {message}')\n"
        "class Stream:\n"
        "    def write(self, text):\n"
        "        for line in text.rstrip().splitlines(): logger.info(line)\n"
        "    def flush(self): pass\n"
        "with contextlib.redirect_stdout(Stream()): print('printed')"
    )
    assert (done.stdout, done.stderr) == ("log: printed\n", "")


def test_any_object_that_can_write_is_a_stream() -> None:
    class Stream:
        text = ""

        def write(self, message: Any) -> None:
            self.text += f"{message.record['line'] > 0} {message}"

    stream = Stream()
    logger = make_logger()
    logger.add(stream, format="{message}")
    logger.info("a")
    assert stream.text == "True a\n"


def test_a_stream_is_flushed_and_stopped() -> None:
    class Stream(io.StringIO):
        calls: list[str] = []

        def flush(self) -> None:
            self.calls.append("flush")

        def stop(self) -> None:
            self.calls.append("stop")

    stream = Stream()
    logger = make_logger()
    number = logger.add(stream, format="{message}")
    logger.info("a")
    logger.remove(number)
    assert stream.calls == ["flush", "stop"]


def test_lines_of_several_threads_do_not_mix() -> None:
    class Slow:
        def __init__(self) -> None:
            self.parts: list[str] = []

        def write(self, message: str) -> None:
            for part in (message[:3], message[3:]):
                self.parts.append(part)
                threading.Event().wait(0.0001)

    slow = Slow()
    logger = make_logger()
    logger.add(slow, format="{message}")
    threads = [threading.Thread(target=lambda: [logger.info("abcdef") for _ in range(25)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "".join(slow.parts) == "abcdef\n" * 100


# ---------------------------------------------------------------------------------------------------------------------
# Files


def test_a_file_with_the_time_in_its_name_in_a_folder_that_is_made(tmp_path: Path) -> None:
    logger = make_logger()
    logger.add(tmp_path / "{time:YYYY}" / "a_{time}.log", format="{message}")
    logger.info("a")
    logger.remove()
    (file,) = tmp_path.glob("**/*.log")
    assert re.fullmatch(r"\d{4}/a_\d{4}(-\d\d){2}_\d\d(-\d\d){2}_\d{6}\.log", str(file.relative_to(tmp_path)))
    assert file.read_text() == "a\n"


def test_files_rotate_and_are_compressed_and_kept(tmp_path: Path) -> None:
    logger = make_logger()
    logger.add(tmp_path / "a.log", format="{message}", rotation="1 KB", retention=50, compression="gz", enqueue=True)
    for number in range(500):
        logger.info("line {:03}", number)
    logger.remove()
    texts = [gzip.open(path, "rt").read() if path.suffix == ".gz" else path.read_text() for path in tmp_path.iterdir()]
    assert len(texts) > 3
    assert sorted("".join(texts).splitlines()) == [f"line {number:03}" for number in range(500)]


@pytest.mark.parametrize(
    "options",
    [
        {"rotation": "whenever"},
        {"rotation": lambda message, file: True},
        {"retention": lambda files: None},
        {"retention": "a while"},
        {"compression": "zip"},
        {"mode": "x"},
    ],
)
def test_policies_that_are_not_there_are_refused_with_what_is(options: Any, tmp_path: Path) -> None:
    with pytest.raises((ValueError, TypeError), match=next(iter(options))):
        make_logger().add(tmp_path / "a.log", **options)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("options", [{"watch": True}, {"opener": os.open}, {"newline": "\r\n"}, {"closefd": False}])
def test_options_that_are_not_there_say_what_to_do(options: Any, tmp_path: Path) -> None:
    with pytest.raises(NotImplementedError, match=f"{next(iter(options))}.*: \\w"):
        make_logger().add(tmp_path / "a.log", **options)


def test_unknown_options_are_refused(tmp_path: Path) -> None:
    logger = make_logger()
    for sink in (tmp_path / "a.log", sys.stderr, print):
        with pytest.raises(TypeError, match="rotations"):
            logger.add(sink, rotations="1 MB")
    with pytest.raises(TypeError, match="rotation"):
        logger.add(print, rotation="1 MB")
    with pytest.raises(NotImplementedError, match="context"):
        logger.add(print, context="spawn")
    with pytest.raises(NotImplementedError, match="reinstall"):
        logger.reinstall()


def test_modes_and_encodings(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text("before\n")
    logger = make_logger()
    logger.add(path, format="{message}", encoding="latin-1", errors="replace")
    logger.info("é\u20ac")
    logger.remove()
    assert path.read_bytes() == b"before\n\xe9?\n"
    logger.add(path, format="{message}", mode="w")
    logger.info("é")
    logger.remove()
    assert path.read_text(encoding="utf-8") == "é\n"
    for options in ({"encoding": "nothing"}, {"errors": "nothing"}):
        with pytest.raises(LookupError):
            logger.add(tmp_path / "b.log", **options)
    assert not (tmp_path / "b.log").exists()


def test_complete_waits_for_files(tmp_path: Path) -> None:
    logger = make_logger()
    logger.add(tmp_path / "a.log", format="{message}", enqueue=True)
    for number in range(100):
        logger.info(number)
    logger.complete()
    assert len((tmp_path / "a.log").read_text().splitlines()) == 100
    logger.remove()


# ---------------------------------------------------------------------------------------------------------------------
# Functions, queues, coroutine functions, the standard library's handlers


def test_K15_serialized_lines_are_whole_whatever_is_in_them(tmp_path: Path) -> None:
    logger = make_logger()
    logger.add(tmp_path / "a.json", serialize=True, format="{message}")
    logger.info("a\ud800b\nc")
    logger.patch(lambda record: record.update(message="patched")).info("x")
    logger.opt(raw=True).info("raw")
    logger.remove()
    lines = [json.loads(line) for line in (tmp_path / "a.json").read_text(encoding="utf-8").splitlines()]
    assert [line["record"]["message"] for line in lines] == ["a\ufffdb\nc", "patched", "raw"]
    assert [line["text"] for line in lines] == ["a\ufffdb\\nc\n", "patched\n", "raw"]


def test_serialized_records_are_json_with_values_as_they_are() -> None:
    logger = make_logger()
    lines: list[str] = []
    logger.add(lines.append, serialize=True, format="{message}")
    try:
        1 / 0
    except ZeroDivisionError:
        logger.bind(a=1, b=[1.5, None], c={1}).exception("m\n")
    (line,) = lines
    made = json.loads(line)
    assert line.count("\n") == 1
    assert made["text"].startswith("m\\n\nTraceback")
    assert made["record"]["message"] == "m\n"
    assert made["record"]["extra"] == {"a": 1, "b": [1.5, None], "c": "{1}"}
    assert made["record"]["exception"] == {"type": "ZeroDivisionError", "value": "division by zero", "traceback": True}
    assert made["record"]["level"]["name"] == "ERROR"


def test_a_queue_keeps_the_order_and_complete_waits_for_it() -> None:
    logger = make_logger()
    lines: list[str] = []
    threads = set()

    def sink(message: str) -> None:
        threads.add(threading.get_ident())
        lines.append(message)

    logger.add(sink, format="{message}", enqueue=True)
    for number in range(100):
        logger.info(number)
    logger.complete()
    assert lines == [f"{number}\n" for number in range(100)]
    assert threads != {threading.get_ident()}
    logger.info("last")
    logger.remove()
    assert lines[-1] == "last\n"


def test_a_queue_in_a_forked_child_has_a_thread_of_its_own(tmp_path: Path) -> None:
    file = (tmp_path / "a.log").open("a")
    logger = make_logger()
    logger.add(file, format="{message}", enqueue=True)
    logger.info("parent")
    logger.complete()
    child = os.fork()
    if child == 0:
        signal.alarm(60)  # Waiting for a thread that is not there would have no end.
        logger.info("child")
        logger.complete()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    logger.info("parent")
    logger.remove()
    file.close()
    assert (tmp_path / "a.log").read_text() == "parent\nchild\nparent\n"


async def test_coroutine_functions_are_tasks_and_complete_waits_for_them() -> None:
    logger = make_logger()
    lines: list[str] = []

    async def sink(message: Any) -> None:
        await asyncio.sleep(0)
        lines.append(f"{message.record['message']} {message}")

    logger.add(sink, format="{message}")
    logger.info("a")
    assert lines == []
    await logger.complete()
    assert lines == ["a a\n"]


async def test_a_task_that_fails_is_reported_with_its_record(capsys: pytest.CaptureFixture[str]) -> None:
    logger = make_logger()

    async def sink(message: Any) -> None:
        raise ValueError("broken")

    number = logger.add(sink)
    logger.info("what was logged")
    await logger.complete()
    said = capsys.readouterr().err
    assert f"Handler #{number} ---" in said
    assert "what was logged" in said
    assert "ValueError: broken" in said


def test_a_coroutine_function_without_a_loop_is_an_error_and_no_silence(capsys: pytest.CaptureFixture[str]) -> None:
    logger = make_logger()

    async def sink(message: Any) -> None: ...

    logger.add(sink)
    logger.info("a")
    assert "RuntimeError" in capsys.readouterr().err


def test_handlers_of_the_standard_library_get_the_callers_place() -> None:
    class Handler(logging.Handler):
        records: list[logging.LogRecord] = []

        def emit(self, record: logging.LogRecord) -> None:
            self.records.append(record)

    logger = make_logger()
    logger.add(Handler(), format="{message}!")
    logger.bind(a=1).warning("m")
    (record,) = Handler.records
    assert (record.getMessage(), record.levelname, record.levelno) == ("m!", "WARNING", 30)
    assert record.funcName == "test_handlers_of_the_standard_library_get_the_callers_place"
    assert record.extra == {"a": 1}  # type: ignore[attr-defined]


# ---------------------------------------------------------------------------------------------------------------------
# Failures, changes


def broken(*args: Any) -> Any:
    raise ValueError("broken")


@pytest.mark.parametrize("options", [{"sink": broken}, {"format": broken}, {"filter": broken}])
def test_failures_are_reported_with_what_was_logged_and_other_handlers_go_on(
    options: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    logger = make_logger()
    lines: list[str] = []
    logger.add(**{"sink": lambda message: None, **options})
    logger.add(lines.append, format="{message}")
    logger.info("what was logged")
    said = capsys.readouterr().err
    assert said.startswith("--- Logging error in Loguru Handler #0 ---\nRecord was: {")
    assert "what was logged" in said
    assert said.endswith("ValueError: broken\n--- End of logging error ---\n")
    assert lines == ["what was logged\n"]


@pytest.mark.parametrize("options", [{"sink": broken}, {"format": broken}, {"filter": broken}])
def test_failures_are_the_callers_where_they_are_not_to_be_caught(options: Any) -> None:
    logger = make_logger()
    logger.add(**{"sink": lambda message: None, "catch": False, **options})
    with pytest.raises(ValueError, match="broken"):
        logger.info("a")


def test_sinks_may_log_add_and_remove() -> None:
    logger = make_logger()
    lines: list[str] = []

    def sink(message: Any) -> None:
        if message == "a\n":
            logger.remove(number)
            logger.add(lines.append, format="{message}")
            logger.info("from inside")

    number = logger.add(sink, format="{message}")
    thread = threading.Thread(target=logger.info, args=("a",), daemon=True)
    thread.start()
    thread.join(30)
    assert not thread.is_alive()
    assert lines == ["from inside\n"]


def test_a_handler_whose_end_fails_is_gone_all_the_same() -> None:
    class Stream(io.StringIO):
        def stop(self) -> None:
            raise OSError("stopped")

    logger = make_logger()
    number = logger.add(Stream())
    with pytest.raises(OSError, match="stopped"):
        logger.remove(number)
    assert repr(logger) == "<loguru.logger handlers=[]>"


def test_a_copy_without_handlers_has_its_own() -> None:
    """As in loguru's own recipe for loggers that are independent of each other."""
    logger = make_logger()
    logger.level("NOTE", 25, color="<red>")
    logger.configure(extra={"a": 1})
    logger.disable("elsewhere")
    first, second = copy.deepcopy(logger), copy.deepcopy(logger.bind(b=2).opt(raw=True))
    lines: tuple[list[str], list[str]] = ([], [])
    first.add(lines[0].append, format="{level} {message} {extra}")
    second.add(lines[1].append)
    first.log("NOTE", "one")
    second.info("two")
    logger.info("none")
    run = {"first": first, "__name__": "elsewhere.inside"}
    exec("first.info('not wanted')", run)
    assert lines == (["NOTE one {'a': 1}\n"], ["two"])
    with pytest.raises(TypeError, match="remove"):
        copy.deepcopy(first)
    with pytest.raises(TypeError, match="pickled"):
        pickle.dumps(logger)
    copy.copy(first).info("same handlers")
    assert len(lines[0]) == 2


def test_loggers_from_the_first_one_are_pickled_without_handlers() -> None:
    from cleat.loguru import logger

    again = pickle.loads(pickle.dumps(logger.bind(a=1).opt(raw=True)))
    assert again.core is logger.core
    assert (again.bound, again.options) == ({"a": 1}, logger.opt(raw=True).options)


def test_loggers_of_another_core_share_nothing() -> None:
    first, second = make_logger(), make_logger()
    lines: list[str] = []
    first.add(lines.append, format="{message}")
    second.info("a")
    second.level("NOTE", 25)
    with pytest.raises(ValueError, match="NOTE"):
        first.level("NOTE")
    assert lines == []


# ---------------------------------------------------------------------------------------------------------------------
# The whole


def test_programs_written_for_loguru_get_cleat() -> None:
    done = run_program(
        "import cleat; cleat.install_as('loguru')\n"
        "from loguru import logger\n"
        "import cleat.loguru\n"
        "assert logger is cleat.loguru.logger\n"
        "logger.success('at the {}', 'end')"
    )
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"[-\d]{10} [:\d]{8}\.\d{3} \| SUCCESS  \| __main__:<module>:5 - at the end\n", done.stderr)


def test_the_environment_says_what_loguru_takes_from_it() -> None:
    code = "from cleat.loguru import logger; logger.info('a'); logger.debug('b'); print(logger.level('INFO').color)"
    done = run_program(code, LOGURU_FORMAT="{message}!", LOGURU_LEVEL="INFO", LOGURU_INFO_COLOR="<red>")
    assert (done.stdout, done.stderr) == ("<red>\n", "a!\n")
    assert run_program(code, LOGURU_AUTOINIT="no").stderr == ""
    assert "LOGURU_AUTOINIT" in run_program(code, LOGURU_AUTOINIT="perhaps").stderr


def test_what_waits_is_written_before_the_program_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    done = run_program(
        "from cleat.loguru import logger; import sys\n"
        f"logger.remove(); logger.add({str(path)!r}, enqueue=True, format='{{message}}')\n"
        "logger.add(lambda message: sys.stdout.write(message), enqueue=True, format='{message}')\n"
        "for number in range(1000): logger.info(number)"
    )
    expected = "".join(f"{number}\n" for number in range(1000))
    assert (path.read_text(), done.stdout) == (expected, expected)
