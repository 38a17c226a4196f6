"""C code that Python calls logs with what surrounds its caller: examples/python-extension, built and run as a reader would."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import cleat

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "python-extension"

Line = dict[str, Any]


def run(*command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([sys.executable, *command], cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example outside of the tree, built in place."""
    pytest.importorskip("setuptools")
    copy = tmp_path_factory.mktemp("extension") / "payments"
    shutil.copytree(EXAMPLE, copy)
    run("setup.py", "-q", "build_ext", "--inplace", folder=copy)
    return copy


def lines_of(text: str) -> list[Line]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="module")
def output(folder: Path) -> tuple[list[Line], list[Line]]:
    """The lines of C, and those of Python."""
    done = run("main.py", folder=folder)
    return lines_of(done.stderr), lines_of(done.stdout)


def request_of(amount: int) -> str | None:
    if amount == 0:
        return None
    return f"{'task' if amount < 3000 else 'thread'}-{amount // 1000 * 1000}"


def test_headers_and_library_are_there() -> None:
    assert (Path(cleat.get_include()) / "cleat.h").is_file()
    assert (Path(cleat.get_include()) / "cleat" / "contextvars.h").is_file()
    assert (Path(cleat.get_library_dir()) / "libcleat.so").is_file()


def test_K6_each_c_line_has_the_request_of_the_task_or_thread_that_called(
    output: tuple[list[Line], list[Line]],
) -> None:
    for line in output[0]:
        assert line.get("request_id") == request_of(line["amount"]), line


def test_each_way_of_logging_from_c_is_among_the_lines(output: tuple[list[Line], list[Line]]) -> None:
    events = [line["event"] for line in output[0]]
    rounds = 4 * 10
    assert events.count("charged") == rounds + 2 + 1
    assert events.count("charged without the lock") == rounds
    assert events.count("charged on a thread") == rounds
    assert events.count("charged in a row") == 2 * rounds
    assert events.count("trying") == rounds


def test_K8_what_c_binds_is_on_pythons_lines_and_gone_afterwards(output: tuple[list[Line], list[Line]]) -> None:
    lines = output[1]
    assert len(lines) == 2 * 4 * 10
    for line in lines:
        assert line["request_id"] == request_of(line["amount"])
        expected = line["amount"] if line["event"] == "called back" else None
        assert line.get("attempt") == expected


HAND_OVER = """
import sys, datetime
import cleat.structlog.contextvars as c, payments

class Shown:
    def __repr__(self): return "<shown>"

c.bind_contextvars(none=None, flag=True, small=-1, large=2**64 - 1, larger=2**70, real=0.5, text="\\u00e9\\U0001f600",
                   items=[1, ("two", None)], mapping={"k": [1.5], 7: b"x"}, shown=Shown(), lone="\\udc80",
                   **{"\\udc81": 1, "nul\\0": 2})
c.bind_contextvars(deep=(deep := []))
for _ in range(500): deep.append(deep := [])
payments.charge(1)
payments.charge_without_lock(2)
print(c.get_contextvars()["items"])
"""


def test_K3_uncommon_values_and_keys_are_shown_on_c_lines(folder: Path) -> None:
    lines = lines_of(run("-c", HAND_OVER, folder=folder).stderr)
    assert [line["amount"] for line in lines] == [1, 2]
    for line in lines:
        assert line["none"] is None and line["flag"] is True
        assert (line["small"], line["large"], line["larger"]) == (-1, 2**64 - 1, str(2**70))
        assert (line["real"], line["text"]) == (0.5, "\u00e9\U0001f600")
        assert line["items"] == [1, ["two", None]]
        assert line["mapping"] == {"k": [1.5], "7": "b'x'"}
        assert line["shown"] == "<shown>"
        assert line["lone"] == "\\udc80" and line["\\udc81"] == 1


TOKENS = """
import cleat.structlog.contextvars as c, payments

seen = []
def rebind():
    c.bind_contextvars(other=[1], attempt="inner")
    seen.append(c.get_contextvars())
thing = [1]
c.bind_contextvars(attempt="outer", thing=thing)
payments.attempt(1, rebind)
assert seen == [{"attempt": "inner", "thing": [1], "other": [1]}], seen
assert c.get_contextvars() == {"attempt": "outer", "thing": [1], "other": [1]}, c.get_contextvars()
assert c.get_contextvars()["thing"] is thing
try:
    payments.attempt(2, lambda: 1 / 0)
except ZeroDivisionError:
    pass
assert c.get_contextvars()["attempt"] == "outer"
c.clear_contextvars()
payments.attempt(3, c.clear_contextvars)
assert c.get_contextvars() == {}
"""


def test_K7_scopes_of_c_and_binds_of_python_do_not_disturb_each_other(folder: Path) -> None:
    run("-c", TOKENS, folder=folder)


CONTEXTUALIZE = """
from cleat.logust import logger
import payments  # links libcleat.so, which the line above has loaded

logger.remove()
logger.add(print, format="{extra}")
with logger.contextualize(request_id="r-1"):
    payments.charge(1)
    payments.attempt(2, lambda: logger.info("called back from C"))
    logger.info("after the attempt")
payments.charge(3)
"""


def test_K8_logust_s_contextualize_and_scopes_of_c_are_one_context(folder: Path) -> None:
    done = run("-c", CONTEXTUALIZE, folder=folder)
    of_c = [(line["amount"], line.get("request_id")) for line in lines_of(done.stderr) if line["amount"] != 2]
    assert of_c == [(1, "r-1"), (3, None)]
    assert done.stdout.splitlines() == ["{'request_id': 'r-1', 'attempt': 2}", "{'request_id': 'r-1'}"]


UNUSUAL = """
import threading, gc, cleat.structlog.contextvars as c, payments
{setup}
"""


@pytest.mark.parametrize(
    ("setup", "lines"),
    [
        pytest.param("import atexit; c.bind_contextvars(a=[1]); atexit.register(payments.charge, 1)", 1, id="at-exit"),
        pytest.param(
            "class Late:\n"
            "    def __del__(self, charge=payments.charge): charge(1)\n"
            "c.bind_contextvars(a=[1]); late = Late(); gc.disable(); loop = [late]; loop.append(loop)",
            1,
            id="after-the-interpreter-has-begun-to-end",
        ),
        pytest.param(
            "class Logs:\n"
            "    def __repr__(self): c.clear_contextvars(); payments.charge(2); return 'logged'\n"
            "c.bind_contextvars(a=Logs()); payments.charge(1)",
            2,
            id="repr-that-unbinds-and-logs",
        ),
        pytest.param(
            "class Fails:\n"
            "    def __repr__(self): raise ValueError\n"
            "c.bind_contextvars(a=Fails()); payments.charge(1)",
            1,
            id="repr-that-fails",
        ),
        pytest.param(
            "t = threading.Thread(target=lambda: [payments.charge_without_lock(i) for i in range(100000)], daemon=True)\n"
            "t.start(); import time; time.sleep(0.05)",
            None,
            id="daemon-thread-that-logs-without-the-lock-when-the-interpreter-ends",
        ),
    ],
)
def test_K17_logging_from_c_never_takes_the_program_down(folder: Path, setup: str, lines: int | None) -> None:
    done = run("-c", UNUSUAL.format(setup=setup), folder=folder)
    found = lines_of(done.stderr)
    assert found
    if lines is not None:
        assert len(found) == lines


def test_K17_repr_that_logs_itself_comes_to_an_end(folder: Path) -> None:
    setup = (
        "class Logs:\n"
        "    def __repr__(self): payments.charge(2); return 'logged'\n"
        "c.bind_contextvars(a=Logs()); payments.charge(1)"
    )
    assert '"amount":1' in run("-c", UNUSUAL.format(setup=setup), folder=folder).stderr
