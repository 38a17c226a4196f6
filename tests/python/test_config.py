"""What is configured, and how loggers follow it."""

from __future__ import annotations

import copy
import gc
import io
import os
import pickle
import subprocess
import sys
import weakref
from typing import Any

import pytest

from cleat import structlog
from cleat.structlog.testing import CapturingLogger, CapturingLoggerFactory, ReturnLogger


def returning(processors: list[Any] | None = None, **options: Any) -> None:
    """Configure loggers whose methods return what comes out of the chain."""
    structlog.configure(processors=processors or [], logger_factory=structlog.ReturnLoggerFactory(), **options)


def tag(name: str) -> Any:
    return lambda logger, method, event: {**event, "tag": name}


def run_python(code: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    clean = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env={**clean, **environment}, capture_output=True, check=True, timeout=120)


def test_every_public_name_is_there_and_structlogs_are_among_them() -> None:
    original = pytest.importorskip("structlog")
    for module in (structlog, structlog.contextvars, structlog.testing, structlog.types):
        assert [name for name in module.__all__ if not hasattr(module, name)] == []
    assert set(original.__all__) <= set(structlog.__all__)


def test_a_logger_made_before_configure_follows_it() -> None:
    log = structlog.get_logger()
    returning([tag("first")])
    assert log.info("x")[1]["tag"] == "first"
    returning([tag("second")])
    assert log.info("x")[1]["tag"] == "second"


def test_a_bound_logger_keeps_what_it_was_made_with() -> None:
    returning([tag("first")])
    log = structlog.get_logger().bind()
    returning([tag("second")])
    assert log.info("x")[1]["tag"] == "first"


def test_a_cached_logger_is_made_once_and_keeps_its_chain() -> None:
    returning([tag("first")], cache_logger_on_first_use=True)
    log = structlog.get_logger()
    assert log.bind() is log.bind()
    returning([tag("second")])
    assert log.info("x")[1]["tag"] == "first"
    assert log.bind(a=1).info("x")[1] == {"a": 1, "event": "x", "tag": "first"}


def test_caching_is_decided_at_first_use_and_the_argument_wins() -> None:
    returning()
    late = structlog.get_logger()
    never = structlog.get_logger(cache_logger_on_first_use=False)
    structlog.configure(cache_logger_on_first_use=True)
    assert late.bind() is late.bind()
    assert never.bind() is not never.bind()


@pytest.mark.parametrize("cached", [False, True])
def test_a_proxy_is_pickled_without_the_logger_it_made(cached: bool) -> None:
    returning([tag("first")], cache_logger_on_first_use=cached)
    log = structlog.get_logger(initial=1)
    log.info("made now")
    again = pickle.loads(pickle.dumps(log))
    returning([tag("second")])
    assert again.info("x")[1] == {"initial": 1, "event": "x", "tag": "second"}


@pytest.mark.parametrize("cached", [False, True])
def test_a_copy_of_a_proxy_does_what_the_proxy_does(cached: bool) -> None:
    returning([tag("first")], cache_logger_on_first_use=cached)
    values: list[Any] = []
    log = structlog.get_logger(values=values)
    values.append(log)
    log.info("made now")
    shallow, deep = copy.copy(log), copy.deepcopy(log)
    returning([tag("second")])
    for each in (log, shallow, deep):
        assert each.info("x")[1]["tag"] == ("first" if cached else "second")
    assert structlog.get_context(shallow)["values"] is values
    assert structlog.get_context(deep)["values"] == [deep]


def test_get_logger_takes_the_arguments_of_wrap_logger() -> None:
    returning()
    log = structlog.get_logger(wrapper_class=structlog.BoundLogger, processors=[tag("own")], a=1)
    assert log.info("x")[1] == {"a": 1, "event": "x", "tag": "own"}
    assert type(log.bind()) is structlog.BoundLogger


def test_factory_arguments_reach_the_factory_at_each_making() -> None:
    calls: list[tuple[Any, ...]] = []

    def factory(*args: Any) -> ReturnLogger:
        calls.append(args)
        return ReturnLogger()

    structlog.configure(logger_factory=factory)
    log = structlog.get_logger("name", 2)
    assert calls == []
    log.bind()
    log.bind()
    assert calls == [("name", 2), ("name", 2)]


def test_a_wrapped_logger_that_is_false_is_still_a_logger() -> None:
    class Empty(CapturingLogger):
        def __len__(self) -> int:
            return 0

    logger = Empty()
    structlog.wrap_logger(logger, processors=[]).info("x")
    assert logger.calls == [("info", (), {"event": "x"})]


def test_an_uncached_logger_sees_what_becomes_of_what_it_is_made_from(monkeypatch: pytest.MonkeyPatch) -> None:
    def lines_of(log: Any) -> list[str]:
        out = io.StringIO()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", out)
            log.info("x")
        return out.getvalue().splitlines()

    for factory in (structlog.PrintLoggerFactory(), structlog.WriteLoggerFactory()):
        structlog.configure(processors=[structlog.processors.JSONRenderer()], logger_factory=factory)
        log = structlog.get_logger(a=1)
        assert lines_of(log) == lines_of(log) == ['{"a": 1, "event": "x"}']
        structlog.get_context(log)["a"] = 2
        assert lines_of(log) == ['{"a": 2, "event": "x"}']
        structlog.configure(processors=[structlog.processors.KeyValueRenderer()])
        assert lines_of(log) == ["a=2 event='x'"]
        structlog.get_config()["processors"].insert(0, tag("in place"))
        assert lines_of(log) == ["a=2 event='x' tag='in place'"]
        log._processors = [lambda *_: "own"]
        assert lines_of(log) == ["own"]


def test_what_an_uncached_logger_binds_is_not_its_own() -> None:
    log = structlog.wrap_logger(ReturnLogger(), processors=[], a=1)
    log.info("used before")
    bound = log.bind()
    assert bound is not log.bind()
    structlog.get_context(bound).clear()
    assert structlog.get_context(log.bind(b=2).new()) == {}
    assert log.info("x")[1] == {"a": 1, "event": "x"}


def test_what_makes_a_logger_is_called_at_each_use_if_it_is_not_ours() -> None:
    made: list[str] = []

    class Wrapper(structlog.BoundLogger):
        def __init__(self, *args: Any, **kw: Any) -> None:
            super().__init__(*args, **kw)
            made.append("wrapper")

    class Context(dict[str, Any]):
        def __init__(self, *args: Any, **kw: Any) -> None:
            super().__init__(*args, **kw)
            made.append("context")

    def factory() -> ReturnLogger:
        made.append("logger")
        return ReturnLogger()

    for setting in ({"wrapper_class": Wrapper}, {"context_class": Context}, {"logger_factory": factory}):
        structlog.reset_defaults()
        structlog.configure(processors=[lambda *_: ""], **setting)
        log = structlog.get_logger()
        log.info("x")
        first = len(made)
        log.info("x")
        assert len(made) == 2 * first > 0
        made.clear()


@pytest.mark.parametrize("cached", [False, True])
def test_a_proxy_has_the_attributes_of_its_logger_and_any_of_its_own(cached: bool) -> None:
    returning(cache_logger_on_first_use=cached)
    log = structlog.get_logger()
    for _ in range(2):
        assert log.get_effective_level() == 0
        with pytest.raises(AttributeError, match="'BoundLoggerFilteringAtNotset' object has no attribute 'verbose'"):
            log.verbose("x")
        with pytest.raises(TypeError):
            log.bind("positional")
    log.info = lambda event: f"patched {event}"
    assert log.info("x") == "patched x"
    del log.info
    assert log.info("x")[1] == {"event": "x"}


@pytest.mark.parametrize("cached", [False, True])
def test_a_proxy_that_nobody_has_goes_with_its_logger(cached: bool) -> None:
    returning(cache_logger_on_first_use=cached)

    class Value:
        log: Any

    value = Value()
    log = value.log = structlog.get_logger(value=value)
    log.info("x")
    gone = weakref.ref(log), weakref.ref(value)
    del log, value
    gc.collect()
    assert [reference() for reference in gone] == [None, None]


def test_get_config_is_input_of_configure_and_its_chain_is_the_one_in_use() -> None:
    factory = CapturingLoggerFactory()
    structlog.configure(processors=[], logger_factory=factory)
    config = structlog.get_config()
    log = structlog.get_logger().bind()
    config["processors"].append(tag("edited in place"))
    log.info("x")
    assert factory.logger.calls == [("info", (), {"event": "x", "tag": "edited in place"})]
    structlog.reset_defaults()
    assert not structlog.is_configured()
    structlog.configure(**config)
    assert structlog.is_configured()
    assert structlog.get_config() == config


def test_reset_defaults_gives_a_chain_that_nobody_has_edited() -> None:
    untouched = list(structlog.get_config()["processors"])
    structlog.get_config()["processors"].clear()
    structlog.reset_defaults()
    assert structlog.get_config()["processors"] == untouched


def test_configure_once_warns_the_line_that_comes_second() -> None:
    structlog.configure_once(processors=[tag("first")])
    with pytest.warns(RuntimeWarning, match="Repeated configuration") as caught:
        structlog.configure_once(processors=[tag("second")])
    assert caught[0].filename == __file__
    log = structlog.wrap_logger(ReturnLogger())
    assert log.info("x")[1]["tag"] == "first"


LOG_ONE_LINE = "from cleat import structlog; structlog.get_logger().info('hello', a=1)"


@pytest.mark.parametrize(
    ("environment", "colored"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)],
)
def test_colors_of_the_built_in_chain(environment: dict[str, str], colored: bool) -> None:
    out = run_python(LOG_ONE_LINE, **environment).stdout
    assert b"hello" in out
    assert (b"\x1b[" in out) is colored


def test_k17_a_program_without_standard_output_goes_on() -> None:
    done = run_python(f"import sys; sys.stdout = None; {LOG_ONE_LINE}; sys.stderr.write('went on')")
    assert (done.stdout, done.stderr) == (b"", b"went on")
