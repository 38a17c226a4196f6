"""The engine's files and the console, as handlers of logust's and loguru's doors have them."""

from __future__ import annotations

import gzip
import io
import multiprocessing
import os
import subprocess
import sys
import textwrap
import threading
from collections import Counter
from functools import partial

import pytest
from log_lines import PATIENCE

from cleat import structlog
from cleat._engine import ConsoleSink, FileSink, lock_for

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # to fork among threads is what we test

both = pytest.mark.parametrize("enqueue", [False, True], ids=["at once", "enqueue"])


def lines_of(path):
    return path.read_text().splitlines()


def run(program, *arguments, option="-B", **options):
    """Runs a program; its result, if it comes to an end by itself."""
    return subprocess.run(
        [sys.executable, option, "-c", textwrap.dedent(program), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        **options,
    )


def fill_pipe(path):
    """Writes into a pipe until it takes no more; so many bytes."""
    size = 0
    writer = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    for step in (4096, 1):
        try:
            while True:
                size += os.write(writer, b"-" * step)
        except BlockingIOError:
            pass
    os.close(writer)
    return size


class TestFile:
    @both
    def test_lines_are_appended(self, tmp_path, enqueue):
        path = tmp_path / "folders" / "that are missing" / "log"
        for line in ("one\n", b"two\n"):
            sink = FileSink(path, enqueue=enqueue)
            sink.write(line)
            assert sink.flush() is True
            assert lines_of(path)[-1] + "\n" == (line if isinstance(line, str) else line.decode())
            sink.close()
        assert lines_of(path) == ["one", "two"]

    @both
    def test_close_writes_what_waits(self, tmp_path, enqueue):
        sink = FileSink(str(tmp_path / "log"), enqueue=enqueue)
        for number in range(1000):
            sink.write(f"{number}\n")
        assert not sink.closed
        sink.close()
        assert lines_of(tmp_path / "log") == [str(number) for number in range(1000)]
        sink.close()
        assert sink.closed and sink.flush() is True and sink.dropped == sink.lost == 0
        with pytest.raises(ValueError, match=f"file sink of {tmp_path}/log is closed"):
            sink.write("late\n")

    @both
    def test_the_last_reference_writes_what_waits(self, tmp_path, enqueue):
        sink = FileSink(os.fsencode(tmp_path / "log"), enqueue=enqueue)
        sink.write("line\n")
        assert sink.path == str(tmp_path / "log") and repr(sink) == f"<FileSink '{tmp_path}/log'>"
        del sink
        assert lines_of(tmp_path / "log") == ["line"]

    @both
    def test_k14_threads(self, tmp_path, enqueue):
        sink = FileSink(tmp_path / "log", enqueue=enqueue)

        def work(name):
            for number in range(500):
                sink.write(f"{name} {number} {name * (number % 200)}\n")

        threads = [threading.Thread(target=work, args=[name]) for name in "abcdefgh"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        sink.close()
        lines = lines_of(tmp_path / "log")
        for name in "abcdefgh":
            mine = [line for line in lines if line[0] == name]
            assert mine == [f"{name} {number} {name * (number % 200)}" for number in range(500)]

    @both
    def test_a_folder_that_is_left_does_not_matter(self, tmp_path, enqueue, monkeypatch):
        monkeypatch.chdir(tmp_path)
        sink = FileSink("log", enqueue=enqueue)
        monkeypatch.chdir("/")
        sink.write("line\n")
        sink.close()
        assert lines_of(tmp_path / "log") == ["line"]

    @both
    def test_rotated_files_are_at_rest_once_it_has_settled(self, tmp_path, enqueue):
        sink = FileSink(tmp_path / "log", enqueue=enqueue, rotate_bytes=100, keep_files=5, compress=True)
        for number in range(20):
            sink.write(f"{number:099}\n")
        assert sink.flush() and sink.settle()
        rotated = sorted(tmp_path.glob("log.*"))
        assert [int(gzip.open(path).read()) for path in rotated] == [14, 15, 16, 17, 18]
        sink.close()
        assert sink.settle()

    def test_a_queue_that_has_room_takes_a_line_without_giving_the_gil_away(self, tmp_path):
        sink = FileSink(tmp_path / "log", enqueue=True)
        sink.write("the first line of a thread begins its queue\n")
        begin, moved = threading.Event(), threading.Event()

        def wait():
            begin.wait(PATIENCE)
            moved.set()

        thread = threading.Thread(target=wait)
        thread.start()
        interval = sys.getswitchinterval()
        sys.setswitchinterval(1000)
        try:
            begin.set()  # from here on it has work to do, and needs only the GIL
            for _ in range(2000):
                sink.write("line\n")
            assert not moved.is_set()
        finally:
            sys.setswitchinterval(interval)
        thread.join(PATIENCE)
        sink.close()

    @both
    def test_a_stuck_file_stops_its_own_thread_only(self, tmp_path, enqueue):
        os.mkfifo(tmp_path / "fifo")
        reader = os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)
        sink = FileSink(tmp_path / "fifo", enqueue=enqueue, queue_bytes=4096)
        count = 2000

        def write():
            for number in range(count):
                sink.write(f"{number:0100}\n")

        thread = threading.Thread(target=write)
        thread.start()
        os.set_blocking(reader, True)
        text = b""
        while text.count(b"\n") < count:  # with the GIL in the hands of the other thread, nobody would read
            part = os.read(reader, 1000)
            assert part
            text += part
        thread.join(PATIENCE)
        sink.close()
        os.close(reader)
        assert text.decode().split() == [f"{number:0100}" for number in range(count)]

    def test_what_a_full_queue_drops_is_counted(self, tmp_path):
        os.mkfifo(tmp_path / "fifo")
        reader = os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)
        sink = FileSink(tmp_path / "fifo", enqueue=True, queue_bytes=4096, overflow="drop_newest")
        before = fill_pipe(tmp_path / "fifo")
        line = "x" * 1000 + "\n"
        count = 100
        for _ in range(count):
            sink.write(line)
        assert sink.dropped > 0 and sink.flush(0.01) is False
        os.set_blocking(reader, True)
        closing = threading.Thread(target=sink.close)
        closing.start()
        text = b"".join(iter(partial(os.read, reader, 1 << 16), b""))
        closing.join()
        os.close(reader)
        assert text[before:] == line.encode() * (count - sink.dropped - sink.lost)

    @pytest.mark.parametrize(
        ("path", "error"),
        [
            ("/proc/cleat/log", FileNotFoundError),
            ("{}", IsADirectoryError),
            ("{}/", IsADirectoryError),
            ("{}/file/log", NotADirectoryError),
            ("{}/" + "x" * 300, OSError),
        ],
    )
    @both
    def test_a_file_that_cannot_be_opened(self, tmp_path, path, error, enqueue):
        (tmp_path / "file").write_text("")
        path = path.format(tmp_path)
        with pytest.raises(OSError) as caught:
            FileSink(path, enqueue=enqueue)
        assert type(caught.value) is error
        assert caught.value.errno and path[:100] in str(caught.value)

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write to any file")
    def test_a_file_that_may_not_be_opened(self, tmp_path):
        (tmp_path / "log").touch(0o400)
        with pytest.raises(PermissionError, match=f"{tmp_path}/log"):
            FileSink(tmp_path / "log")

    @pytest.mark.parametrize(
        ("options", "error", "message"),
        [
            ({"keep_files": 5}, ValueError, "set rotate_bytes or rotate_seconds too"),
            ({"compress": True}, ValueError, "set rotate_bytes or rotate_seconds too"),
            ({"rotate_seconds": 60, "rotate_offset_seconds": 60}, ValueError, "less than rotate_seconds"),
            ({"mode": 0o10000}, ValueError, "permission bits"),
            ({"overflow": "wait"}, ValueError, "block, drop_newest or drop_oldest"),
            ({"queue_bytes": 1 << 40, "enqueue": True}, ValueError, "1073741824"),
            ({"rotate_bytes": -1}, OverflowError, None),
            ({"rotate_bytes": 1 << 64}, OverflowError, None),
            ({"keep_files": 1 << 32}, OverflowError, "too large"),
            ({"rotate_bytes": "5"}, TypeError, None),
            ({"rotation": 5}, TypeError, "rotation"),
        ],
    )
    def test_options_that_are_none(self, tmp_path, options, error, message):
        with pytest.raises(error, match=message):
            FileSink(tmp_path / "log", **options)

    def test_what_is_no_regular_file_is_not_rotated(self):
        with pytest.raises(ValueError, match="/dev/null is no regular file"):
            FileSink("/dev/null", rotate_bytes=100)

    @pytest.mark.parametrize("line", [5, None, ["line"], "\udc80\n"])
    def test_what_is_no_line(self, tmp_path, line):
        sink = FileSink(tmp_path / "log")
        with pytest.raises((TypeError, UnicodeEncodeError)):
            sink.write(line)

    def test_the_mode_of_a_new_file(self, tmp_path):
        before = os.umask(0)
        try:
            FileSink(tmp_path / "log", mode=0o640)
        finally:
            os.umask(before)
        assert (tmp_path / "log").stat().st_mode & 0o7777 == 0o640


LINES = 12000  # more than a pipe holds, less than a queue


def log_much(sink, name):
    for number in range(LINES):
        sink.write(f"{name} {number}\n")


def log_much_to(path, name, done=None):
    global kept
    kept = FileSink(path, enqueue=True)  # until the process ends, as a logger's handler is
    log_much(kept, name)
    if done is not None:
        done.set()


def log_much_with_structlog(path, name, done):
    global kept
    kept = structlog.AsyncFileLogger(path)
    for number in range(LINES):
        kept.msg(f"{name} {number}")
    done.set()


def log_in_grandchild(sink):
    child = multiprocessing.get_context("fork").Process(target=log_much, args=[sink, "grandchild"])
    log_much(sink, "child")
    child.start()
    child.join(PATIENCE)
    assert child.exitcode == 0


def join(*children):
    for child in children:
        child.join(PATIENCE)
        if child.exitcode is None:
            child.kill()
            child.join()
    assert [child.exitcode for child in children] == [0] * len(children)


def assert_all_there(path, *names):
    assert Counter(lines_of(path)) == Counter(f"{name} {number}" for name in names for number in range(LINES))


class TestProcesses:
    """K17: in the child of a fork it goes on, and no line is lost or doubled when processes end."""

    @both
    def test_children_share_a_file(self, tmp_path, enqueue):
        sink = FileSink(tmp_path / "log", enqueue=enqueue)
        context = multiprocessing.get_context("fork")
        children = [context.Process(target=log_much, args=[sink, f"child-{number}"]) for number in range(3)]
        log_much(sink, "before")
        for child in children:
            child.start()
        log_much(sink, "parent")
        join(*children)
        sink.close()
        assert_all_there(tmp_path / "log", "before", "parent", "child-0", "child-1", "child-2")

    @both
    def test_children_of_children(self, tmp_path, enqueue):
        sink = FileSink(tmp_path / "log", enqueue=enqueue)
        child = multiprocessing.get_context("fork").Process(target=log_in_grandchild, args=[sink])
        child.start()
        join(child)
        assert_all_there(tmp_path / "log", "child", "grandchild")

    @pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
    @pytest.mark.parametrize("log", [log_much_to, log_much_with_structlog])
    def test_a_child_of_multiprocessing_writes_what_waits(self, tmp_path, method, log):
        os.mkfifo(tmp_path / "log")
        reader = os.open(tmp_path / "log", os.O_RDONLY | os.O_NONBLOCK)
        context = multiprocessing.get_context(method)
        done = context.Event()
        child = context.Process(target=log, args=[tmp_path / "log", "child", done])
        child.start()
        assert done.wait(PATIENCE)  # now most lines wait, as the pipe has no room for them
        os.set_blocking(reader, True)
        text = b"".join(iter(partial(os.read, reader, 1 << 16), b""))
        os.close(reader)
        join(child)
        assert text.decode().splitlines() == [f"child {number}" for number in range(LINES)]

    def test_a_pool_writes_what_waits(self, tmp_path):
        with multiprocessing.get_context("fork").Pool(2) as pool:
            pool.starmap(log_much_to, [(tmp_path / "log", name) for name in "abcd"])
            pool.close()
            pool.join()
        assert_all_there(tmp_path / "log", *"abcd")

    @both
    def test_a_child_may_close_what_it_inherited(self, tmp_path, enqueue):
        sink = FileSink(tmp_path / "log", enqueue=enqueue)
        log_much(sink, "before")
        child = multiprocessing.get_context("fork").Process(target=sink.close)
        child.start()
        join(child)
        log_much(sink, "after")
        sink.close()
        assert_all_there(tmp_path / "log", "before", "after")

    @pytest.mark.parametrize("end", ["", "sys.exit(3)", "raise KeyError", "signal.raise_signal(signal.SIGINT)"])
    def test_a_process_that_ends_writes_what_waits(self, tmp_path, end):
        program = f"""
            import signal, sys
            from cleat._engine import FileSink
            sink = FileSink(sys.argv[1], enqueue=True)
            for number in range({LINES}):
                sink.write(f"program {{number}}\\n")
            {end}
        """
        run(program, tmp_path / "log")
        assert_all_there(tmp_path / "log", "program")

    def test_exit_functions_and_threads_that_go_on_may_log(self, tmp_path):
        program = f"""
            import atexit, sys, threading
            from cleat._engine import FileSink
            sink = FileSink(sys.argv[1], enqueue=True)
            def log(name):
                for number in range({LINES}):
                    sink.write(f"{{name}} {{number}}\\n")
            def daemon():
                while True:
                    sink.write("daemon\\n")
            atexit.register(log, "at exit")
            threading.Thread(target=log, args=["thread"]).start()
            threading.Thread(target=daemon, daemon=True).start()
            log("main")
        """
        result = run(program, tmp_path / "log")
        assert (result.returncode, result.stderr) == (0, "")
        lines = [line for line in lines_of(tmp_path / "log") if line != "daemon"]
        assert Counter(lines) == Counter(f"{name} {i}" for name in ("main", "thread", "at exit") for i in range(LINES))

    def test_a_fork_while_other_threads_log(self, tmp_path):
        sink = FileSink(tmp_path / "log", enqueue=True)
        stop = threading.Event()
        counts = [0, 0]

        def work(number):
            while not stop.is_set():
                sink.write(f"thread-{number} {counts[number]}\n")
                counts[number] += 1

        threads = [threading.Thread(target=work, args=[number]) for number in range(2)]
        for thread in threads:
            thread.start()
        context = multiprocessing.get_context("fork")
        try:
            for number in range(8):
                child = context.Process(target=sink.write, args=[f"child {number}\n"])
                child.start()
                join(child)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        sink.close()
        expected = Counter(f"child {number}" for number in range(8))
        expected += Counter(f"thread-{number} {i}" for number in range(2) for i in range(counts[number]))
        assert Counter(lines_of(tmp_path / "log")) == expected


FILLING_A_DISK = """
    import os, resource, sys
    from cleat._engine import FileSink

    path, enqueue, disk, rotates = sys.argv[1], sys.argv[2] == "True", sys.argv[3], sys.argv[4] == "True"
    sink = FileSink(path, enqueue=enqueue, **({"rotate_bytes": 20000, "keep_files": 2} if rotates else {}))
    ballast = os.path.join(disk, "ballast")

    def fill():
        if not disk:
            return resource.setrlimit(resource.RLIMIT_FSIZE, (10000, resource.RLIM_INFINITY))
        file = os.open(ballast, os.O_WRONLY | os.O_CREAT)
        for size in (1 << 16, 1 << 12, 1):
            try:
                while os.write(file, b"x" * size):
                    pass
            except OSError:
                pass
        os.close(file)

    def make_room():
        if not disk:
            return resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        os.unlink(ballast)

    def write(state, count):
        for number in range(count):
            lost = sink.lost
            sink.write(f"{state}-{number} {'x' * 100}\\n")
            assert sink.flush(60)
            if sink.lost == lost:
                print(f"{state}-{number}")

    write("before", 50)
    fill()
    write("full", 100)
    lost = sink.lost
    make_room()
    write("room", 50)
    sink.close()
    assert sink.lost == lost, "there was room"
    print(lost)
"""


class TestFullDisk:
    """Nothing that was confirmed is lost, what is lost is said and counted, and it goes on when there is room again."""

    @both
    def test_a_file_that_may_not_grow(self, tmp_path, enqueue):
        self.check(run(FILLING_A_DISK, tmp_path / "log", enqueue, "", False), tmp_path, "EFBIG")

    @both
    @pytest.mark.parametrize("rotates", [False, True], ids=["one file", "rotates"])
    def test_a_full_disk(self, small_disk, enqueue, rotates):
        self.check(run(FILLING_A_DISK, small_disk / "log", enqueue, small_disk, rotates), small_disk, "ENOSPC")

    def check(self, result, folder, error):
        assert result.returncode == 0, result.stderr
        assert f"cleat: a line was lost: the file sink cannot write it: {error}\n" in result.stderr
        *confirmed, lost = result.stdout.split()
        assert 0 < int(lost) == 200 - len(confirmed)
        for state in "before", "room":
            assert [name for name in confirmed if name.startswith(state)] == [f"{state}-{i}" for i in range(50)]
        rotated = sorted(folder.glob("log.*"))
        lines = [line for path in [*rotated, folder / "log"] for line in lines_of(path)]
        assert lines == [f"{name} {'x' * 100}" for name in confirmed]  # all, in order, each whole


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder]
        mounted = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("there is no mount here")
    if mounted.returncode != 0:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


class Stream:
    """What a sink finds as sys.stderr; it can be flushed, or not."""

    def __init__(self, fails=None):
        self.text = ""
        self.fails = fails

    def write(self, text):
        if self.fails is not None:
            raise self.fails
        self.text += text


class FlushedStream(Stream):
    flushes = 0

    def flush(self):
        self.flushes += 1


class TestConsole:
    @pytest.mark.parametrize("name", ["stdout", "stderr"])
    def test_it_follows_what_stands_for_it(self, monkeypatch, name):
        sink = ConsoleSink(name)
        first, second = Stream(), FlushedStream()
        for stream, line in ((first, "one\n"), (second, "two\n"), (None, "nowhere\n"), (first, b"three \xc3\xa4\n")):
            monkeypatch.setattr(sys, name, stream)
            sink.write(line)
        monkeypatch.delattr(sys, name)
        sink.write("nowhere\n")
        assert (first.text, second.text, second.flushes) == ("one\nthree ä\n", "two\n", 1)
        assert sink.name == name and repr(sink) == f"<ConsoleSink sys.{name}>"

    def test_lines_stand_between_what_is_printed(self):
        program = """
            import sys
            from cleat._engine import ConsoleSink
            sink = ConsoleSink("stdout")
            for number in range(100):
                print(number, end=" ")
                sink.write(f"line {number} \u00e4\u20ac\\n")
        """
        result = run(program, env={**os.environ, "PYTHONUTF8": "1"})
        assert result.stdout.splitlines() == [f"{number} line {number} ä€" for number in range(100)]
        assert result.stderr == ""

    @pytest.mark.parametrize("option", ["-u", "-B"])
    def test_both_streams_of_a_program(self, option):
        program = """
            from cleat._engine import ConsoleSink
            for number in range(9):
                for name in "stdout", "stderr":
                    ConsoleSink(name).write(f"{number}\\n")
        """
        result = run(program, option=option)
        assert result.stdout == result.stderr == "".join(f"{number}\n" for number in range(9))

    def test_a_stream_of_another_encoding(self, monkeypatch):
        file = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(file, "latin-1", newline="\r\n"))
        for _ in range(3):
            ConsoleSink("stdout").write("ä\n")
        assert file.getvalue() == b"\xe4\r\n" * 3

    def test_what_a_stream_raises_goes_to_the_caller(self, monkeypatch):
        monkeypatch.setattr(sys, "stderr", Stream(fails=ZeroDivisionError("write")))
        sink = ConsoleSink("stderr")
        with pytest.raises(ZeroDivisionError, match="write"):
            sink.write("line\n")
        monkeypatch.setattr(sys, "stderr", object())
        with pytest.raises(AttributeError, match="write"):
            sink.write("line\n")
        closed = io.StringIO()
        closed.close()
        monkeypatch.setattr(sys, "stderr", closed)
        with pytest.raises(ValueError, match="closed"):
            sink.write("line\n")
        monkeypatch.setattr(sys, "stderr", good := Stream())
        sink.write("line\n")
        assert good.text == "line\n"

    def test_a_file_that_is_closed_later_raises(self, tmp_path, monkeypatch):
        file = open(tmp_path / "log", "w")
        monkeypatch.setattr(sys, "stdout", file)
        sink = ConsoleSink("stdout")
        for number in range(3):
            sink.write(f"{number}\n")
        assert lines_of(tmp_path / "log") == ["0", "1", "2"]
        file.close()
        with pytest.raises(ValueError, match="closed"):
            sink.write("late\n")

    def test_a_stream_may_log(self, monkeypatch):
        sink = ConsoleSink("stdout")

        class Logging(Stream):
            def write(self, text):
                super().write(text)
                if text == "outer\n":
                    sink.write("inner\n")

        monkeypatch.setattr(sys, "stdout", stream := Logging())
        sink.write("outer\n")
        assert stream.text == "outer\ninner\n"

    def test_a_stream_may_be_replaced_by_its_own_write(self, monkeypatch):
        second = Stream()

        class Replacing(Stream):
            def write(self, text):
                monkeypatch.setattr(sys, "stdout", second)
                super().write(text)

        first = Replacing()
        monkeypatch.setattr(sys, "stdout", first)
        sink = ConsoleSink("stdout")
        sink.write("one\n")
        sink.write("two\n")
        assert (first.text, second.text) == ("one\n", "two\n")

    @pytest.mark.parametrize("is_ordinary", [True, False], ids=["ordinary", "slow"])
    def test_k14_loggers_of_one_file_share_its_lock(self, tmp_path, monkeypatch, is_ordinary):
        file = open(tmp_path / "log", "w") if is_ordinary else SlowFile(tmp_path / "log")
        monkeypatch.setattr(sys, "stdout", file)
        sink = ConsoleSink("stdout")
        logger = structlog.PrintLogger(file)
        assert logger._lock is lock_for(file)

        def work(write, text):
            for _ in range(100):
                write(text)

        calls = [(sink.write, "a" * 99 + "\n"), (logger.msg, "b" * 99), (ConsoleSink("stdout").write, "c" * 99 + "\n")]
        threads = [threading.Thread(target=work, args=call) for call in calls]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        file.flush()
        assert Counter(lines_of(tmp_path / "log")) == {letter * 99: 100 for letter in "abc"}

    @pytest.mark.parametrize("name", ["stdin", "", "log"])
    def test_there_are_two(self, name):
        with pytest.raises(ValueError, match="'stdout' or 'stderr'"):
            ConsoleSink(name)


class SlowFile:
    """Lets other threads in between the parts of a line, if they come."""

    def __init__(self, path):
        self._file = open(path, "w")

    def write(self, text):
        half = len(text) // 2
        self._file.write(text[:half])
        self._file.flush()
        os.sched_yield()
        self._file.write(text[half:])

    def flush(self):
        self._file.flush()
