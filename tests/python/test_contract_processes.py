"""K6, K10, K16, K17 in Python: fork, multiprocessing, pickling, the end of the interpreter, a killed process."""

from __future__ import annotations

import json
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import threading
import time
import traceback

import pytest
from log_lines import PATIENCE

from cleat import structlog
from cleat.structlog.contextvars import bind_contextvars, get_contextvars

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # to fork among threads is what we test


def log_to(file):
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, structlog.processors.JSONRenderer()],
        logger_factory=structlog.PrintLoggerFactory(file=file),
    )


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def fork_and(fn):
    """Runs fn in a forked child; fails when it raises, or does not come to an end."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            fn()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    deadline = time.monotonic() + PATIENCE
    while (ended := os.waitpid(child, os.WNOHANG)) == (0, 0):
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            pytest.fail("the forked child hangs")
        time.sleep(0.01)
    assert ended[1] == 0


class TestFork:
    def test_k6_the_child_has_the_fields_and_keeps_its_own(self):
        bind_contextvars(request_id="r-1")

        def child():
            assert get_contextvars() == {"request_id": "r-1"}
            bind_contextvars(child=True)
            assert get_contextvars() == {"request_id": "r-1", "child": True}

        fork_and(child)
        assert get_contextvars() == {"request_id": "r-1"}

    def test_k17_while_another_thread_is_in_the_middle_of_a_write(self, tmp_path):
        """Its lock must not stay locked for ever in the child, which has no such thread."""
        parent = os.getpid()
        is_in, let_go = threading.Event(), threading.Event()

        class SlowFile:
            def __init__(self, path):
                self._file = open(path, "a")

            def write(self, text):
                if os.getpid() == parent and not is_in.is_set():
                    is_in.set()
                    let_go.wait(PATIENCE)
                return self._file.write(text)

            def flush(self):
                self._file.flush()

        log_to(SlowFile(tmp_path / "log"))
        logger = structlog.get_logger().bind()
        thread = threading.Thread(target=logger.info, args=["parent"])
        thread.start()
        assert is_in.wait(PATIENCE)
        try:
            fork_and(lambda: logger.info("child"))
        finally:
            let_go.set()
            thread.join()
        assert sorted(line["event"] for line in lines_of(tmp_path / "log")) == ["child", "parent"]

    def test_k17_while_other_threads_log_to_a_file(self, tmp_path):
        log_to(open(tmp_path / "log", "a"))
        logger = structlog.get_logger().bind()
        stop = threading.Event()

        def work(number):
            count = 0
            while not stop.is_set():
                logger.info("thread", number=number, count=count)
                count += 1

        threads = [threading.Thread(target=work, args=[number]) for number in range(2)]
        for thread in threads:
            thread.start()
        try:
            for number in range(20):
                fork_and(lambda: logger.info("child", number=number))
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        lines = lines_of(tmp_path / "log")
        assert [line["number"] for line in lines if line["event"] == "child"] == list(range(20))
        for number in range(2):
            counts = [line["count"] for line in lines if line["event"] == "thread" and line["number"] == number]
            assert counts == list(range(len(counts)))

    def test_k14_lines_of_several_processes_never_interleave(self, tmp_path):
        log_to(open(tmp_path / "log", "a"))
        logger = structlog.get_logger().bind()
        children = []
        for number in range(3):
            child = os.fork()
            if child == 0:
                for count in range(100):
                    logger.info("x" * 20000, number=number, count=count)
                os._exit(0)
            children.append(child)
        assert [os.waitpid(child, 0)[1] for child in children] == [0] * 3
        lines = lines_of(tmp_path / "log")
        for number in range(3):
            assert [line["count"] for line in lines if line["number"] == number] == list(range(100))


def get_fields(queue):
    queue.put(dict(get_contextvars()))


class TestMultiprocessing:
    @pytest.mark.parametrize("method", ["fork", "spawn"])
    def test_k6_fields_of_a_process(self, method):
        if method not in multiprocessing.get_all_start_methods():
            pytest.skip(f"no {method} here")
        context = multiprocessing.get_context(method)
        bind_contextvars(request_id="r-1")
        queue = context.Queue()
        process = context.Process(target=get_fields, args=[queue])
        process.start()
        assert queue.get(timeout=PATIENCE) == ({"request_id": "r-1"} if method == "fork" else {})
        process.join(PATIENCE)
        assert process.exitcode == 0


class TestPickling:
    @pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
    def test_k4_a_bound_logger_keeps_its_fields(self, protocol, capsys):
        structlog.configure(processors=[structlog.processors.JSONRenderer()])
        logger = structlog.get_logger().bind(a=1, b=["list"])
        copy = pickle.loads(pickle.dumps(logger, protocol))
        copy.bind(c=3).info("said")
        assert json.loads(capsys.readouterr().out) == {"a": 1, "b": ["list"], "c": 3, "event": "said"}

    def test_k4_an_unbound_logger(self):
        structlog.configure(processors=[structlog.processors.KeyValueRenderer(["event"])])
        copy = pickle.loads(pickle.dumps(structlog.get_logger(a=1)))
        assert structlog.get_context(copy.bind(b=2)) == {"a": 1, "b": 2}


HEAD = """
    import atexit, os, signal, sys, threading
    from cleat import structlog
    from cleat.structlog.contextvars import bind_contextvars
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.JSONRenderer(),
        ],
        cache_logger_on_first_use=True,
    )
    log = structlog.get_logger()
    bind_contextvars(request_id="r-1")
"""


def run_program(source, **options):
    """Runs a program; returns its status, its lines and what it said on standard error."""
    program = textwrap.dedent(HEAD) + textwrap.dedent(source)
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=PATIENCE, **options)
    return run.returncode, [json.loads(line) for line in run.stdout.splitlines()], run.stderr


class TestEndOfTheInterpreter:
    def test_k17_atexit_and_finalizers(self):
        status, lines, stderr = run_program(
            """
            class Dropped:
                def __init__(self, name):
                    self.name = name
                    self.log = log
                def __del__(self):
                    self.log.info("dropped", name=self.name)

            kept = Dropped("global")
            cycle = [Dropped("in a cycle")]
            cycle.append(cycle)
            bind_contextvars(in_context=Dropped)
            atexit.register(log.info, "atexit")
            log.info("last statement")
            """
        )
        assert (status, stderr) == (0, "")
        events = [line["event"] for line in lines]
        assert events[:2] == ["last statement", "atexit"]
        assert set(events[2:]) <= {"dropped"}
        assert all(line["request_id"] == "r-1" for line in lines[:2])

    def test_k17_daemon_threads_that_log_until_the_end(self):
        status, lines, stderr = run_program(
            """
            begun = threading.Barrier(4)
            def work(number):
                bind_contextvars(thread=number)
                log.info("begun", number=number)
                begun.wait()
                while True:
                    log.info("x", number=number)
            for number in range(3):
                threading.Thread(target=work, args=[number], daemon=True).start()
            begun.wait()
            log.info("main is done")
            """
        )
        assert (status, stderr) == (0, "")
        assert any(line["event"] == "main is done" for line in lines)

    def test_k17_a_context_that_outlives_everything(self):
        status, lines, stderr = run_program(
            """
            import asyncio, contextvars
            kept = contextvars.copy_context()
            async def rows():
                with structlog.contextvars.bound_contextvars(cursor=1):
                    yield 1
            generator = rows()
            async def main():
                await generator.__anext__()
            asyncio.run(main())
            sys.kept_for_ever = [kept, log.bind(a=1), rows()]
            log.info("end")
            """
        )
        assert (status, stderr, len(lines)) == (0, "", 1)

    def test_k16_a_killed_process_loses_no_line(self):
        status, lines, stderr = run_program(
            """
            for number in range(500):
                log.info("line", number=number)
            os.kill(os.getpid(), signal.SIGKILL)
            """
        )
        assert (status, stderr) == (-signal.SIGKILL, "")
        assert [line["number"] for line in lines] == list(range(500))

    def test_k17_a_reader_that_went_away(self):
        """structlog's way: the exception reaches the program, which is not killed by a signal and does not hang."""
        status, _, stderr = run_program(
            """
            reader, writer = os.pipe()
            os.close(reader)
            logger = structlog.wrap_logger(structlog.PrintLogger(open(writer, "w")))
            try:
                for _ in range(3):
                    logger.info("x" * 100)
            except BrokenPipeError:
                pass
            os.write(1, b"{}\\n")
            os._exit(0)
            """
        )
        assert (status, stderr) == (0, "")


class TestReEntry:
    def test_k17_whoever_logs_while_it_is_being_logged(self):
        """A processor, a repr, and what has been made the file: each logs in the middle of a line."""
        status, lines, stderr = run_program(
            """
            class Talks:
                def __repr__(self):
                    log.info("from repr")
                    return "talks"

            def talk(logger, name, event_dict):
                if event_dict["event"] == "outer":
                    log.info("from a processor")
                return event_dict

            structlog.configure(processors=[talk, *structlog.get_config()["processors"]])
            log = structlog.get_logger()
            log.info("outer", value=Talks())
            """
        )
        assert (status, stderr) == (0, "")
        assert [line["event"] for line in lines] == ["from a processor", "from repr", "outer"]
        assert lines[2]["value"] == "talks"

    def test_k17_a_signal_handler_that_logs(self):
        status, lines, stderr = run_program(
            """
            class Raises:
                def __repr__(self):
                    signal.raise_signal(signal.SIGUSR1)
                    return "raises"

            signal.signal(signal.SIGUSR1, lambda number, frame: log.info("from a handler"))
            for number in range(3):
                log.info("outer", number=number, value=Raises())
            """
        )
        assert (status, stderr) == (0, "")
        assert sorted(line["event"] for line in lines) == ["from a handler"] * 3 + ["outer"] * 3
        assert all(line["request_id"] == "r-1" for line in lines)
