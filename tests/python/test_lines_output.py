"""Where lines go: every way past a file's own methods gives what they would have given, in the same order."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

import orjson
import pytest

import cleat.structlog as structlog
from cleat.structlog import processors
from cleat.structlog._output import WRITE_LOCKS

FILTERING = structlog.make_filtering_bound_logger(0)
TEXT_LOGGERS = [structlog.PrintLogger, structlog.WriteLogger]


def log_to(logger: Any) -> Any:
    options = {"serializer": orjson.dumps} if isinstance(logger, structlog.BytesLogger) else {}
    return FILTERING(logger, [processors.JSONRenderer(**options)], {})


def run(program: str, *arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-c", textwrap.dedent(program), *arguments], capture_output=True, timeout=120,
                          **options)  # fmt: skip


# -- order --


@pytest.mark.parametrize("logger_class", TEXT_LOGGERS)
@pytest.mark.parametrize("buffering", [-1, 1])
def test_what_a_text_file_holds_back_comes_first(tmp_path: Path, logger_class: Any, buffering: int) -> None:
    path = tmp_path / "log"
    with path.open("w", buffering=buffering) as file:
        log = log_to(logger_class(file))
        for number in range(4):
            file.write(f"before {number}\n")
            log.info(f"line {number}")
            file.buffer.write(b"below\n")
        log.info("end")
        assert path.read_text().splitlines()[-1] == '{"event": "end"}', "a line is in the file when the call returns"
    expected = [text for n in range(4) for text in (f"before {n}", f'{{"event": "line {n}"}}', "below")]
    assert path.read_text().splitlines() == [*expected, '{"event": "end"}']


def test_what_a_binary_file_holds_back_comes_first(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with path.open("wb") as file:
        log = log_to(structlog.BytesLogger(file))
        for number in range(4):
            file.write(b"before %d\n" % number)
            log.info(f"line {number}")
    assert path.read_bytes().splitlines() == [t for n in range(4) for t in (b"before %d" % n, b'{"event":"line %d"}' % n)]


def test_a_file_that_is_appended_to_and_one_that_is_sought_in(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with path.open("w") as file:
        log = log_to(structlog.PrintLogger(file))
        log.info("one")
        log.info("two")
        assert file.tell() == path.stat().st_size
        file.seek(0)
        log.info("ONE")
        log.info("TWO")
    assert [json.loads(line)["event"] for line in path.read_text().splitlines()] == ["ONE", "TWO"]


# -- files that are not ordinary --


@pytest.mark.parametrize("logger_class", TEXT_LOGGERS)
@pytest.mark.parametrize(
    "options",
    [{"newline": "\r\n"}, {"newline": "\r"}, {"newline": ""}, {"newline": "\n"}, {"encoding": "utf-16"},
     {"encoding": "latin-1"}, {"encoding": "utf-8-sig"}, {"encoding": "ascii", "errors": "backslashreplace"}],
)  # fmt: skip
def test_a_text_file_writes_as_it_is_told_to(tmp_path: Path, logger_class: Any, options: dict[str, str]) -> None:
    renderer = processors.JSONRenderer(ensure_ascii=False)
    with (tmp_path / "ours").open("w", **options) as file:  # type: ignore[call-overload]
        log = FILTERING(logger_class(file), [renderer], {})
        for _ in range(3):
            log.info("é")
    with (tmp_path / "python").open("w", **options) as file:  # type: ignore[call-overload]
        for _ in range(3):
            print('{"event": "é"}', file=file, flush=True)
    assert (tmp_path / "ours").read_bytes() == (tmp_path / "python").read_bytes()


def test_a_text_file_that_is_told_something_else_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with path.open("w") as file:
        log = FILTERING(structlog.PrintLogger(file), [processors.JSONRenderer(ensure_ascii=False)], {})
        for _ in range(3):
            log.info("é")
        file.reconfigure(newline="\r\n")
        log.info("é")
        file.reconfigure(newline="\n", encoding="latin-1")
        log.info("é")
    line = '{"event": "é"}'
    assert path.read_bytes() == (3 * f"{line}\n" + f"{line}\r\n").encode() + f"{line}\n".encode("latin-1")


def test_a_method_of_the_file_that_was_replaced_is_called(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as file:
        log = log_to(structlog.PrintLogger(file))
        for _ in range(3):
            log.info("to the file")
        seen: list[str] = []
        file.write = seen.append  # type: ignore[method-assign, assignment]
        log.info("to the list")
    assert "".join(seen) == '{"event": "to the list"}\n'
    assert len((tmp_path / "log").read_text().splitlines()) == 3


@pytest.mark.parametrize("logger_class", TEXT_LOGGERS)
def test_a_sub_class_of_an_output_logger_is_called(tmp_path: Path, logger_class: Any) -> None:
    seen: list[str] = []

    class Mine(logger_class):  # type: ignore[misc]
        def info(self, message: str) -> None:
            seen.append(message)

    with (tmp_path / "log").open("w") as file:
        log = log_to(Mine(file))
        log.info("one")
        log.info("two")
    assert seen == ['{"event": "one"}', '{"event": "two"}']


def test_a_method_of_an_output_logger_that_was_replaced_is_called(tmp_path: Path, monkeypatch: Any) -> None:
    seen: list[str] = []
    with (tmp_path / "log").open("w") as file:
        log = log_to(structlog.PrintLogger(file))
        log.info("one")
        log.info("two")
        monkeypatch.setattr(structlog.PrintLogger, "info", lambda self, message: seen.append(message))
        log.info("three")
    assert seen == ['{"event": "three"}']


def test_text_for_bytes_and_bytes_for_text_are_as_wrong_as_ever() -> None:
    text = FILTERING(structlog.BytesLogger(io.BytesIO()), [processors.JSONRenderer()], {})
    with pytest.raises(TypeError):
        text.info("text")
    file = io.StringIO()
    FILTERING(structlog.PrintLogger(file), [processors.JSONRenderer(serializer=orjson.dumps)], {}).info("bytes")
    assert file.getvalue() == "b'{\"event\":\"bytes\"}'\n"


@pytest.mark.parametrize("flags", [[], ["-u"]])
def test_standard_output_is_followed(flags: list[str]) -> None:
    program = """
        import io, sys
        import cleat.structlog as structlog
        structlog.configure([structlog.processors.JSONRenderer()])
        log = structlog.get_logger()
        for number in range(3):
            print("before", number)
            log.info(f"line {number}")
        original, sys.stdout = sys.stdout, io.StringIO()
        log.info("caught")
        caught, sys.stdout = sys.stdout.getvalue(), original
        log.info("again")
        assert caught == '{"event": "caught"}\\n', caught
    """
    done = subprocess.run([sys.executable, *flags, "-c", textwrap.dedent(program)], capture_output=True, timeout=120)
    assert done.stderr == b""
    expected = [text for n in range(3) for text in (f"before {n}", f'{{"event": "line {n}"}}')]
    assert done.stdout.decode().splitlines() == [*expected, '{"event": "again"}']


# -- faults --


@pytest.mark.parametrize("kind", [*TEXT_LOGGERS, structlog.BytesLogger])
def test_a_closed_file_says_so(tmp_path: Path, kind: Any) -> None:
    file = (tmp_path / "log").open("wb" if kind is structlog.BytesLogger else "w")
    log = log_to(kind(file))
    log.info("one")
    log.info("two")
    file.close()
    with pytest.raises(ValueError, match="closed file"):
        log.info("three")


@pytest.mark.parametrize("kind", [structlog.PrintLogger, structlog.BytesLogger])
def test_a_full_disk_says_so(kind: Any) -> None:
    file = open("/dev/full", "wb" if kind is structlog.BytesLogger else "w")
    log = log_to(kind(file))
    for _ in range(3):
        with pytest.raises(OSError, match="No space left"):
            log.info("one")
    with pytest.raises(OSError):
        file.close()


def test_a_broken_pipe_says_so() -> None:
    reading, writing = os.pipe()
    file = open(writing, "wb")
    log = log_to(structlog.BytesLogger(file))
    log.info("one")
    log.info("two")
    assert os.read(reading, 4096) == b'{"event":"one"}\n{"event":"two"}\n'
    os.close(reading)
    with pytest.raises(BrokenPipeError):
        log.info("three")
    with pytest.raises(BrokenPipeError):
        file.close()


# -- threads, signals, forks --


def read_all(descriptor: int) -> bytes:
    with open(descriptor, "rb") as file:
        return file.read()


def test_k14_long_lines_of_threads_do_not_mix_in_a_pipe() -> None:
    reading, writing = os.pipe()
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append(read_all(reading)))
    reader.start()
    with open(writing, "wb") as file:
        log = log_to(structlog.BytesLogger(file))
        log.info("first")

        def work(number: int) -> None:
            for line in range(20):
                log.info("text", number=number, line=line, long="x" * (70_000 if number % 2 else 10))
                if line % 5 == 0:
                    log._logger.info(b'{"event":"by hand","number":%d,"long":"%s"}' % (number, b"y" * 70_000))

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    reader.join()
    lines = [json.loads(line) for line in received[0].splitlines()]
    assert len(lines) == 1 + 4 * 24
    for number in range(4):
        own = [line["line"] for line in lines if line.get("number") == number and "line" in line]
        assert own == list(range(20))


def test_k17_a_signal_handler_that_logs_while_a_line_waits_for_room() -> None:
    program = """
        import os, signal, sys, threading
        import cleat.structlog as structlog
        import orjson
        reading, writing = os.pipe()
        file = open(writing, "wb")
        structlog.configure([structlog.processors.JSONRenderer(serializer=orjson.dumps)],
                            logger_factory=structlog.BytesLoggerFactory(file), cache_logger_on_first_use=True)
        log = structlog.get_logger()
        log.info("first")

        def handler(number, frame):
            log.info("in the handler")

        signal.signal(signal.SIGUSR1, handler)
        received = bytearray()

        def read():
            # The line below is longer than the pipe: when this much is here, its write is under way.
            while len(received) < 20_000:
                received.extend(os.read(reading, 4096))
            os.kill(os.getpid(), signal.SIGUSR1)
            while data := os.read(reading, 65536):
                received.extend(data)

        reader = threading.Thread(target=read)
        reader.start()
        log.info("long", text="x" * 300_000)
        file.close()
        reader.join()
        first, *others = received.splitlines()
        assert first == b'{"event":"first"}'
        assert sorted(map(len, others)) == [26, 300_026], others
    """
    done = run(program)
    assert (done.returncode, done.stderr) == (0, b"")


def test_k17_the_lock_is_free_in_the_child_of_a_fork(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as file:
        log = log_to(structlog.PrintLogger(file))
        log.info("one")
        lock = WRITE_LOCKS[file]
        taken = threading.Event()
        over = threading.Event()

        def hold() -> None:
            with lock:
                taken.set()
                over.wait()

        holder = threading.Thread(target=hold)
        holder.start()
        taken.wait()
        child = os.fork()
        if child == 0:
            signal.alarm(60)
            log.info("child")
            os._exit(0)
        _, status = os.waitpid(child, 0)
        over.set()
        holder.join()
        log.info("parent")
    assert status == 0
    assert [json.loads(line)["event"] for line in (tmp_path / "log").read_text().splitlines()] == ["one", "child", "parent"]


def test_a_write_lock() -> None:
    file = io.StringIO()
    structlog.PrintLogger(file)
    lock = WRITE_LOCKS[file]
    assert not lock.locked()
    with lock:
        with lock:
            assert lock.locked()
        assert lock.locked()
        refused: list[BaseException] = []

        def release() -> None:
            try:
                lock.release()
            except RuntimeError as error:
                refused.append(error)

        other = threading.Thread(target=release)
        other.start()
        other.join()
        assert len(refused) == 1
    assert not lock.locked()
    with pytest.raises(RuntimeError):
        lock.release()


# -- asynchronous --


def async_log(path: Path, **options: Any) -> tuple[Any, Any]:
    factory = structlog.AsyncFileLoggerFactory(path, **options)
    chain = [structlog.contextvars.merge_contextvars, processors.add_log_level, processors.TimeStamper(fmt="iso"),
             processors.JSONRenderer(serializer=orjson.dumps)]  # fmt: skip
    return FILTERING(factory("any", "arguments"), chain, {}), factory()


def test_lines_of_an_asynchronous_logger(tmp_path: Path) -> None:
    path = tmp_path / "log"
    log, output = async_log(path)
    with structlog.contextvars.bound_contextvars(request="r"):
        bound = log.bind(user="u")
        for number in range(1000):
            bound.info("text", number=number, name=f"n{number}", odd=bool(number % 2))
        bound.warning("by dict", values=[1, 2])
        output.info("by hand")
        output.info(b"as bytes")
    assert output.flush() is True
    *made, by_dict, by_hand, as_bytes = path.read_text().splitlines()
    for number, line in enumerate(made):
        fields = json.loads(line)
        assert fields.pop("timestamp")
        assert list(fields.items()) == [("user", "u"), ("number", number), ("name", f"n{number}"), ("odd", bool(number % 2)),
                                        ("event", "text"), ("request", "r"), ("level", "info")]  # fmt: skip
    assert json.loads(by_dict)["values"] == [1, 2]
    assert (by_hand, as_bytes, output.dropped) == ("by hand", "as bytes", 0)


def test_lines_of_an_asynchronous_logger_are_in_the_file_at_the_end_of_the_process(tmp_path: Path) -> None:
    program = """
        import sys, os
        import cleat.structlog as structlog
        structlog.configure([structlog.processors.JSONRenderer()], logger_factory=structlog.AsyncFileLoggerFactory(sys.argv[1]))
        log = structlog.get_logger()
        for number in range(1000):
            log.info("parent", number=number)
        if os.fork() == 0:
            for number in range(1000):
                log.info("child", number=number)
            sys.exit(0)
        os.wait()
        log.info("last")
    """
    done = run(program, str(tmp_path / "log"))
    assert (done.returncode, done.stderr) == (0, b"")
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    for who in ("parent", "child"):
        assert [line["number"] for line in lines if line["event"] == who] == list(range(1000))
    assert lines[-1] == {"event": "last"} or len(lines) == 2001


def test_an_asynchronous_logger_that_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"nowhere|directory|folder"):
        structlog.AsyncFileLoggerFactory(tmp_path)
    with pytest.raises(ValueError, match="overflow is wrong"):
        structlog.AsyncFileLogger(tmp_path / "log", overflow="wrong")


def test_an_asynchronous_logger_goes_when_nobody_has_it(tmp_path: Path) -> None:
    log, output = async_log(tmp_path / "log")
    log.info("text")
    count = sys.getrefcount(output)
    other = log.bind(a=1)
    other.info("text")
    del other
    assert sys.getrefcount(output) == count
