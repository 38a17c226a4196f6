"""Which streams show colours, and what follows from it for lines."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator

import pytest
from logust_lines import Kept

from cleat.logust._streams import should_colorize

VARIABLES = ("NO_COLOR", "FORCE_COLOR", "CI", "GITHUB_ACTIONS", "TRAVIS", "PYCHARM_HOSTED", "TERM")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    yield


def test_terminals_do_and_others_do_not() -> None:
    assert should_colorize(Terminal())
    assert not should_colorize(io.StringIO())
    assert not should_colorize(object()) and not should_colorize(None)


def test_a_stream_that_cannot_say_does_not() -> None:
    class Broken:
        def isatty(self) -> bool:
            raise ValueError

    assert not should_colorize(Broken())


@pytest.mark.parametrize(
    ("variables", "wanted"),
    [
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ({"NO_COLOR": ""}, True),
        ({"TERM": "dumb"}, True),
    ],
)
def test_environment_for_standard_output_that_is_replaced_by_a_terminal(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], wanted: bool
) -> None:
    monkeypatch.setattr(sys, "stdout", Terminal())
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert should_colorize(sys.stdout) is wanted
    assert should_colorize(Terminal()), "the environment is asked for standard streams only"


@pytest.mark.parametrize(
    ("variables", "wanted"),
    [
        ({"FORCE_COLOR": "1"}, True),
        ({"CI": "true", "GITHUB_ACTIONS": "true"}, True),
        ({"CI": "true"}, False),
        ({"PYCHARM_HOSTED": "1"}, True),
        ({"PYCHARM_HOSTED": "1", "NO_COLOR": "1"}, False),
        ({"TERM": "dumb", "CI": "1", "TRAVIS": "1"}, True),
    ],
)
def test_environment_for_the_original_standard_output(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], wanted: bool
) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "__stdout__", stream)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert should_colorize(stream) is wanted


def test_a_dumb_terminal_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr(sys, "__stdout__", stream)
    monkeypatch.setenv("TERM", "dumb")
    assert not should_colorize(stream)


def test_a_notebook_s_stream_has_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    import builtins
    import types

    class OutStream(io.StringIO):
        pass

    module = types.ModuleType("ipykernel.iostream")
    module.OutStream = OutStream  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ipykernel.iostream", module)
    monkeypatch.setattr(builtins, "__IPYTHON__", True, raising=False)
    monkeypatch.setattr(sys, "stdout", OutStream())
    assert should_colorize(sys.stdout) and not should_colorize(OutStream())


def test_lines_follow_and_colorize_decides_before_all() -> None:
    kept = Kept()
    streams = {"terminal": Terminal(), "plain": io.StringIO(), "wanted": io.StringIO(), "unwanted": Terminal()}
    options = {"wanted": {"colorize": True}, "unwanted": {"colorize": False}}
    for name, stream in streams.items():
        kept.logger.add(stream, format="{level}", **options.get(name, {}))  # type: ignore[arg-type]
    kept.logger.info("x")
    coloured = "\x1b[1;32mINFO\x1b[0m\n"
    assert {name: stream.getvalue() for name, stream in streams.items()} == {
        "terminal": coloured, "plain": "INFO\n", "wanted": coloured, "unwanted": "INFO\n",
    }  # fmt: skip


def test_json_never_has_colours() -> None:
    stream = Terminal()
    kept = Kept()
    kept.logger.add(stream, serialize=True)
    kept.logger.info("<red>x</red>")
    assert stream.getvalue().startswith("{") and "\\u001b" not in stream.getvalue()


def test_the_default_handler_into_a_pipe_has_none_but_by_force() -> None:
    for variables, has_colours in (({}, False), ({"FORCE_COLOR": "1"}, True)):
        done = subprocess.run(
            [sys.executable, "-c", "from cleat.logust import logger; logger.info('x')"],
            env={"PYTHONPATH": ":".join(sys.path), **variables}, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert ("\x1b[" in done.stdout) is has_colours, done.stdout + done.stderr
