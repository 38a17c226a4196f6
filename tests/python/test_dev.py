"""Lines for people: columns, styles, stacks and tracebacks."""

from __future__ import annotations

import importlib
import io
import pickle
import subprocess
import sys
import textwrap
from typing import Any

import pytest

from cleat import structlog
from cleat.structlog import dev

PLAIN = {"colors": False, "exception_formatter": dev.plain_traceback}


def line(event: dict[str, Any], **options: Any) -> str:
    if "columns" not in options:
        options = {**PLAIN, **options}
    return dev.ConsoleRenderer(**options)(None, "info", dict(event))


EVENT = {"b": "x y", "a": 1, "event": "late", "level": "info", "logger": "door", "timestamp": "12:00"}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, "12:00 [info     ] late                           [door] a=1 b='x y'"),
        ({"pad_event_to": 0, "pad_level": False, "sort_keys": False}, "12:00 [info] late [door] b='x y' a=1"),
        (
            {"event_key": "a", "timestamp_key": "b", "pad_event_to": 0, "repr_native_str": True},
            "x y [info     ] 1 [door] event='late' timestamp='12:00'",
        ),
    ],
)
def test_columns(options: dict[str, Any], expected: str) -> None:
    assert line(EVENT, **options) == expected


def test_colours_are_around_each_part() -> None:
    coloured = line({"a": 1, "event": "late", "level": "error"}, colors=True, pad_event_to=0)
    assert coloured == (
        f"[{dev.RED}{dev.BRIGHT}error    {dev.RESET_ALL}] {dev.BRIGHT}late{dev.RESET_ALL} "
        f"{dev.CYAN}a{dev.RESET_ALL}={dev.MAGENTA}1{dev.RESET_ALL}"
    )


def test_own_columns() -> None:
    columns = [
        dev.Column("", lambda key, value: f"{key}:{value}"),
        dev.Column("event", lambda key, value: f"<{value}>"),
        dev.Column("a", lambda key, value: ""),
    ]
    assert line({"z": 1, "a": 1, "event": "late"}, columns=columns) == "<late> z:1"


def test_settings_may_change_later() -> None:
    renderer = dev.ConsoleRenderer(**PLAIN)  # type: ignore[arg-type]
    renderer.pad_event_to = 0
    renderer.pad_level = False
    renderer.level_styles = {"info": "!"}
    assert renderer(None, "info", {"event": "late", "level": "info", "a": "x"}) == "[!info] late a=x"
    renderer.repr_native_str = True
    renderer.event_key = "a"
    renderer.colors = False
    assert renderer(None, "info", {"event": "late", "level": "info", "a": "x"}) == "[info] x event='late'"


def test_columns_need_one_default() -> None:
    column = dev.Column("", lambda key, value: "")
    for columns, complaint in (([], "Must pass a default"), ([column, column], "Only one default")):
        with pytest.raises(ValueError, match=complaint):
            dev.ConsoleRenderer(columns=columns)


def test_stack_and_exception_come_below() -> None:
    event = {"event": "late", "stack": "the stack", "exc_info": ValueError("no")}
    assert line(event, pad_event_to=0) == f"late\nthe stack\n\n{'=' * 79}\n\nValueError: no"
    assert line({"event": "late", "exception": "formatted"}, pad_event_to=0) == "late\nformatted"


def test_a_renderer_can_be_pickled() -> None:
    renderer = dev.ConsoleRenderer(**PLAIN)  # type: ignore[arg-type]
    assert pickle.loads(pickle.dumps(renderer))(None, "info", dict(EVENT)) == line(EVENT)


def test_the_active_renderer_is_found() -> None:
    renderer = dev.ConsoleRenderer()
    try:
        structlog.configure(processors=[renderer])
        assert dev.ConsoleRenderer.get_active() is renderer
        structlog.configure(processors=[])
        with pytest.raises(structlog.exceptions.NoConsoleRendererConfiguredError):
            dev.ConsoleRenderer.get_active()
        structlog.configure(processors=[renderer, renderer])
        with pytest.raises(structlog.exceptions.MultipleConsoleRenderersConfiguredError):
            dev.ConsoleRenderer.get_active()
    finally:
        structlog.reset_defaults()


def test_colours_decide_the_default_traceback() -> None:
    renderer = dev.ConsoleRenderer(colors=False)
    assert renderer.exception_formatter is dev.default_monochrome_exception_formatter
    renderer.colors = True
    assert renderer.exception_formatter is dev.default_exception_formatter


@pytest.mark.parametrize("formatter", [dev.plain_traceback, dev.rich_traceback, dev.rich_monochrome_traceback])
def test_traceback_formatters_show_the_exception(formatter: Any) -> None:
    if formatter is not dev.plain_traceback:
        pytest.importorskip("rich")
    out = io.StringIO()
    try:
        raise ValueError("no such thing")
    except ValueError:
        formatter(out, sys.exc_info())
    assert out.getvalue().startswith("\n")
    assert "no such thing" in out.getvalue()


def test_set_exc_info_does_not_override() -> None:
    assert dev.set_exc_info(None, "exception", {}) == {"exc_info": True}
    assert dev.set_exc_info(None, "exception", {"exc_info": None}) == {"exc_info": None}
    assert dev.set_exc_info(None, "error", {}) == {}


@pytest.mark.parametrize(
    ("missing", "default"),
    [(["rich"], "better_traceback"), (["rich", "better_exceptions", "colorama"], "plain_traceback")],
)
def test_optional_packages_may_be_missing(missing: list[str], default: str) -> None:
    if default == "better_traceback":
        pytest.importorskip("better_exceptions")
    program = textwrap.dedent(f"""
        import sys, warnings
        warnings.simplefilter("ignore")
        sys.modules.update(dict.fromkeys({missing!r}))
        from cleat.structlog import dev, processors
        assert dev.default_exception_formatter is dev.{default}
        try:
            dev.rich_traceback(sys.stdout, sys.exc_info())
        except ModuleNotFoundError:
            pass
        else:
            raise AssertionError("there is no Rich")
        try:
            secret = "a" * 200
            raise ValueError("no")
        except ValueError:
            traceback = processors.dict_tracebacks(None, "error", {{"exc_info": True}})["exception"]
        assert traceback[0]["frames"][0]["locals"]["secret"] == repr("a" * 80) + "+120"
    """)
    subprocess.run([sys.executable, "-c", program], check=True)


def test_importing_the_door_does_not_need_the_optional_packages_names() -> None:
    # The names are part of the module whether or not the packages are there: programs look at them.
    module = importlib.import_module("cleat.structlog.dev")
    assert all(hasattr(module, name) for name in ("colorama", "rich", "better_exceptions"))
