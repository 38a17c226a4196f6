"""Exceptions as data."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from cleat.structlog import tracebacks
from cleat.structlog.tracebacks import ExceptionDictTransformer, extract, safe_str, to_repr
from cleat.structlog.typing import ExcInfo


class Broken:
    def __repr__(self) -> str:
        raise RuntimeError("broken")


def caught(function: Callable[[], Any]) -> ExcInfo:
    try:
        function()
    except BaseException as error:
        return type(error), error, error.__traceback__
    raise AssertionError("nothing was raised")


def with_locals() -> None:
    number, _hidden, __more = 1, 2, 3
    text = "a" * 100
    raise ValueError(number, _hidden, __more, text)


def chained() -> None:
    try:
        raise KeyError("first")
    except KeyError:
        try:
            raise TypeError("second")
        except TypeError as error:
            raise ValueError("third") from error


def nested(depth: int) -> None:
    if depth == 0:
        raise ValueError("deep")
    nested(depth - 1)


def test_a_chain_of_exceptions_from_the_last_to_the_first() -> None:
    trace = extract(*caught(chained))
    said = [(stack.exc_type, stack.exc_value, stack.is_cause) for stack in trace.stacks]
    assert said == [("ValueError", "third", False), ("TypeError", "second", True), ("KeyError", "'first'", False)]
    assert trace.stacks[0].frames[-1].name == "chained"
    assert trace.stacks[0].frames[-1].filename == __file__


def test_k17_exceptions_that_are_each_others_cause_end() -> None:
    exc_info = caught(chained)
    last = exc_info[1].__cause__
    assert last is not None
    last.__cause__ = exc_info[1]
    assert len(extract(*exc_info).stacks) == 2


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10 has no groups")
def test_members_of_a_group_come_within_it() -> None:
    group = BaseExceptionGroup("several", [ValueError("a"), caught(chained)[1]])  # noqa: F821
    (stack,) = ExceptionDictTransformer()((type(group), group, None))
    assert stack["is_group"]
    assert [[inner["exc_value"] for inner in member] for member in stack["exceptions"]] == [
        ["a"],
        ["third", "second", "'first'"],
    ]


def test_a_syntax_error_says_where() -> None:
    trace = extract(*caught(lambda: compile("a b", "f.py", "exec")))
    error = trace.stacks[0].syntax_error
    assert error is not None
    assert (error.filename, error.lineno, error.line.strip()) == ("f.py", 1, "a b")


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({}, ["number", "_hidden", "text"]),
        ({"locals_hide_sunder": True}, ["number", "text"]),
        ({"locals_hide_dunder": False}, ["number", "_hidden", "__more", "text"]),
        ({"show_locals": False}, None),
        ({"suppress": [__file__]}, None),
    ],
)
def test_local_variables(options: dict[str, Any], names: list[str] | None) -> None:
    (stack,) = ExceptionDictTransformer(use_rich=False, **options)(caught(with_locals))
    shown = stack["frames"][-1].get("locals")
    assert (None if shown is None else list(shown)) == names
    json.dumps(stack)


def test_long_stacks_lose_their_middle() -> None:
    (stack,) = ExceptionDictTransformer(max_frames=5)(caught(lambda: nested(20)))
    assert [frame["name"] for frame in stack["frames"]][2] == "Skipped frames: 19"
    assert len(stack["frames"]) == 5
    assert stack["frames"][-1]["name"] == "nested"


@pytest.mark.parametrize("options", [{"max_frames": 1}, {"locals_max_length": -1}, {"locals_max_string": -1}])
def test_impossible_options_are_refused(options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be >="):
        ExceptionDictTransformer(**options)  # type: ignore[arg-type]


def test_a_module_without_a_file_cannot_be_suppressed() -> None:
    module = ModuleType("m")
    module.__file__ = None
    with pytest.raises(ValueError, match="__file__"):
        ExceptionDictTransformer(suppress=[module])


@pytest.mark.parametrize("use_rich", [False, True])
def test_k17_values_that_cannot_be_shown_do_no_harm(use_rich: bool) -> None:
    assert to_repr(Broken(), use_rich=use_rich) == "<repr-error 'broken'>"
    assert safe_str(Broken()) == "<str-error 'broken'>"


def test_values_are_cut_where_rich_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracebacks, "rich", None)
    assert to_repr("abcdef", max_string=3) == "'abc'+3"
    assert to_repr([1, 2, 3], max_string=4) == "'[1, '+5"
    assert to_repr([1, 2, 3], max_string=9) == "[1, 2, 3]"
