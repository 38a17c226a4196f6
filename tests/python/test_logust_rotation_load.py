"""Several processes and threads log into one file that is rotated, compressed and cleared away meanwhile."""

from __future__ import annotations

import gzip
import re
import subprocess
import sys
import textwrap
from collections import defaultdict

import pytest
from log_lines import PATIENCE

from cleat._engine import FileSink
from cleat.logust._policies import file_options

PROCESSES, THREADS = 4, 8
PADDING = "x" * 80

PROGRAM = """
    import multiprocessing, sys, threading
    from cleat.logust import logger

    path, rotation, retention = sys.argv[1], sys.argv[2], int(sys.argv[3])
    processes, threads, lines = map(int, sys.argv[4:7])
    enqueue, inherits = sys.argv[7] == "True", sys.argv[8] == "True"
    context = multiprocessing.get_context("fork")
    begin = context.Barrier(processes)

    def add():
        logger.add(path, format="{message}", rotation=rotation, retention=retention, compression=True, enqueue=enqueue)

    def log(process, thread):
        for number in range(lines):
            logger.info(f"{process} {thread} {number} " + "x" * 80)

    def run(process):
        if not inherits:
            add()
        begin.wait()
        workers = [threading.Thread(target=log, args=[process, thread]) for thread in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    logger.remove()
    if inherits:
        add()
    children = [context.Process(target=run, args=[process]) for process in range(processes)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0] * processes
"""


def log_from_everywhere(path, rotation, retention, lines, enqueue, inherits):
    arguments = [path, rotation, retention, PROCESSES, THREADS, lines, enqueue, inherits]
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(PROGRAM), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=30 * PATIENCE,
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def rotated_files(path):
    """Oldest first: the time is in the name."""
    return sorted(file for file in path.parent.iterdir() if file != path)


def finish_clearing_away(path, rotation, retention):
    """What a process leaves when it ends, as it does not wait for ever, the next one that opens the file takes on."""
    for _ in range(PATIENCE):
        FileSink(path, **file_options(rotation, retention, True)).close()
        if all(file.suffix == ".gz" for file in rotated_files(path)):
            return
    pytest.fail(f"not compressed: {[file.name for file in rotated_files(path)]}")


def numbers_of_threads(path):
    """What each thread logged, in the order of the files and of the lines in them."""
    numbers = defaultdict(list)
    for file in [*rotated_files(path), path]:
        with (gzip.open if file.suffix == ".gz" else open)(file, "rt") as lines:
            for line in lines:
                match = re.fullmatch(rf"(\d+ \d+) (\d+) {PADDING}\n", line)
                assert match, f"a torn line: {line!r}"
                numbers[match[1]].append(int(match[2]))
    return numbers


def check_load(path, rotation, size, lines, enqueue, inherits):
    log_from_everywhere(path, rotation, 10000, lines, enqueue, inherits)
    finish_clearing_away(path, rotation, 10000)
    of_threads = numbers_of_threads(path)
    assert len(of_threads) == PROCESSES * THREADS
    for numbers in of_threads.values():
        assert numbers == list(range(lines)), "lost, doubled or in disorder"
    written = PROCESSES * THREADS * lines * len(PADDING)
    assert len(rotated_files(path)) >= written / size / 4  # a file may outgrow its size by what other processes wrote


def check_retention(path, rotation, lines, enqueue, inherits):
    log_from_everywhere(path, rotation, 3, lines, enqueue, inherits)
    finish_clearing_away(path, rotation, 3)
    assert len(rotated_files(path)) == 3
    for numbers in numbers_of_threads(path).values():
        assert numbers == list(range(numbers[0], lines)), "what is kept are the newest lines, all of them"


with_both = [
    pytest.mark.parametrize("enqueue", [False, True], ids=["at once", "enqueue"]),
    pytest.mark.parametrize("inherits", [False, True], ids=["a handler for each process", "one that is inherited"]),
]


class TestRotationUnderLoad:
    pytestmark = with_both

    def test_no_line_is_lost_or_doubled(self, tmp_path, enqueue, inherits):
        check_load(tmp_path / "log", "64 KB", 1 << 16, 300, enqueue, inherits)

    def test_retention_keeps_so_many(self, tmp_path, enqueue, inherits):
        check_retention(tmp_path / "log", "64 KB", 300, enqueue, inherits)


@pytest.mark.heavy
class TestRotationUnderHeavyLoad:
    pytestmark = with_both

    def test_no_line_is_lost_or_doubled(self, tmp_path, enqueue, inherits):
        check_load(tmp_path / "log", "1 MB", 1 << 20, 30000, enqueue, inherits)

    def test_retention_keeps_so_many(self, tmp_path, enqueue, inherits):
        check_retention(tmp_path / "log", "1 MB", 30000, enqueue, inherits)
