"""Bound loggers, their level methods, and the loggers that write lines."""

from __future__ import annotations

import asyncio
import copy
import io
import logging
import os
import pickle
import signal
import sys
import threading
from pathlib import Path
from typing import Any, TextIO

import pytest

from cleat import structlog
from cleat.structlog.contextvars import bound_contextvars, merge_contextvars
from cleat.structlog.processors import JSONRenderer
from cleat.structlog.testing import CapturedCall, CapturingLogger, ReturnLogger

Loggers = [structlog.PrintLogger, structlog.WriteLogger, structlog.BytesLogger]


def make_logger(level: int | str = 0, *processors: Any, context: dict[str, Any] | None = None) -> Any:
    return structlog.make_filtering_bound_logger(level)(ReturnLogger(), processors, context or {})  # type: ignore[call-arg]


def fields(line: Any) -> dict[str, Any]:
    """The event dictionary that a `ReturnLogger` returned."""
    args, kw = line
    assert args == ()
    assert isinstance(kw, dict)
    return kw


def test_k2_bound_context_then_the_call_then_the_event() -> None:
    log = make_logger().bind(a=1, b=1)
    assert list(fields(log.info("x", c=2, a=2)).items()) == [("a", 2), ("b", 1), ("c", 2), ("event", "x")]


def test_k4_binding_changes_no_logger_but_the_new_one() -> None:
    log = make_logger(context={"a": 1})
    bound = log.bind(b=2)
    unbound = bound.unbind("a")
    tried = bound.try_unbind("b", "never bound")
    contexts = [structlog.get_context(each) for each in (log, bound, unbound, tried)]
    assert contexts == [{"a": 1}, {"a": 1, "b": 2}, {"b": 2}, {"a": 1}]


def test_k4_unbind_refuses_an_absent_key() -> None:
    log = make_logger(context={"a": 1})
    with pytest.raises(KeyError, match="b"):
        log.unbind("a", "b")
    assert structlog.get_context(log) == {"a": 1}


def test_k4_new_begins_with_nothing() -> None:
    assert structlog.get_context(make_logger(context={"a": 1}).new(b=2)) == {"b": 2}


def test_loggers_are_equal_by_context_and_have_no_hash() -> None:
    log = make_logger(context={"a": 1})
    assert log == log.bind() and log != log.bind(a=2) and log != 1
    with pytest.raises(TypeError):
        hash(log)


def test_positional_arguments_are_put_into_the_event() -> None:
    log = make_logger()
    assert fields(log.info("%s is %d", "x", 1))["event"] == "x is 1"
    assert fields(log.info("%(a)s", {"a": "named"}))["event"] == "named"
    assert fields(log.info("%s", {}))["event"] == "{}"
    assert fields(log.info("100 %s"))["event"] == "100 %s"
    assert fields(log.log(logging.ERROR, "%s", 1))["event"] == "1"
    with pytest.raises(TypeError):
        log.info("%s", 1, 2)


def test_the_event_may_be_given_by_name_and_must_be_given_once() -> None:
    log = make_logger(logging.INFO)
    assert fields(log.info(event="x")) == {"event": "x"}
    for method in (log.info, log.debug):
        with pytest.raises(TypeError, match="missing 1 required positional argument: 'event'"):
            method(a=1)
        with pytest.raises(TypeError, match="event"):
            method("x", event="y")


@pytest.mark.parametrize("level", [logging.DEBUG, logging.WARNING])
@pytest.mark.parametrize("name", ["event", "self"])
def test_a_parameter_given_twice_is_refused_before_anything_is_done_with_the_text(level: int, name: str) -> None:
    with pytest.raises(TypeError, match=f"multiple values for argument '{name}'"):
        make_logger(level).info("no place for", 1, **{name: 2})


def test_an_event_that_is_none_is_left_out() -> None:
    assert fields(make_logger().info(None, a=1)) == {"a": 1}


@pytest.mark.parametrize(
    ("method", "called"),
    [("debug", "debug"), ("info", "info"), ("msg", "info"), ("warning", "warning"), ("warn", "warning")]
    + [("error", "error"), ("exception", "error"), ("critical", "critical"), ("fatal", "critical")],
)
async def test_methods_of_the_wrapped_logger(method: str, called: str) -> None:
    logger = CapturingLogger()
    log: Any = structlog.make_filtering_bound_logger(0)(logger, [], {})  # type: ignore[call-arg]
    getattr(log, method)("x")
    await getattr(log, f"a{method}")("x")
    assert [call.method_name for call in logger.calls] == [called, called]


def test_levels_below_the_lowest_do_nothing() -> None:
    log = make_logger("Warning")
    assert log.get_effective_level() == logging.WARNING
    assert [log.is_enabled_for(level) for level in (20, 30, 40)] == [False, True, True]
    assert log.info("x") is log.msg("x") is log.debug("%d", "ignored") is log.log(logging.INFO, "x") is None
    assert fields(log.warning("x")) == fields(log.log(logging.WARNING, "x")) == {"event": "x"}
    assert make_logger("critical").exception("x") is None


@pytest.mark.parametrize("level", ["verbose", 15])
def test_an_unknown_level_is_refused(level: Any) -> None:
    with pytest.raises(KeyError):
        structlog.make_filtering_bound_logger(level)
    with pytest.raises(KeyError):
        make_logger().log(level if isinstance(level, int) else 99, "x")


async def test_async_methods_work_in_another_thread_with_the_context_of_the_task() -> None:
    lines: list[Any] = []

    def keep(logger: Any, method: str, event: Any) -> Any:
        lines.append((threading.get_ident(), method, event))
        raise structlog.DropEvent

    log = make_logger(0, merge_contextvars, keep)

    async def work(number: int) -> None:
        with bound_contextvars(number=number):
            await asyncio.sleep(0)
            await log.ainfo("at %d", number)
            await log.alog(logging.ERROR, "x")

    await asyncio.gather(*(work(number) for number in range(5)))
    seen = sorted((event["number"], method, event["event"]) for _, method, event in lines)
    assert seen == sorted([(n, "info", f"at {n}") for n in range(5)] + [(n, "error", "x") for n in range(5)])
    assert threading.get_ident() not in {thread for thread, _, _ in lines}


async def test_aexception_takes_the_exception_along() -> None:
    log = make_logger()
    try:
        raise ZeroDivisionError
    except ZeroDivisionError as error:
        line = fields(await log.aexception("x"))
        assert line["exc_info"][1] is error
    assert fields(await log.aexception("x", exc_info=False))["exc_info"] is False


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_loggers_are_pickled_with_their_fields(protocol: int) -> None:
    chain = [structlog.processors.add_log_level]
    filtering: Any = structlog.make_filtering_bound_logger(20)(ReturnLogger(), chain, {})  # type: ignore[call-arg]
    generic: Any = structlog.BoundLogger(ReturnLogger(), chain, {})
    generic.info("kept methods are no obstacle")
    for log in (filtering.bind(a=1), generic.bind(a=1)):
        again = pickle.loads(pickle.dumps(log, protocol))
        assert type(again) is type(log)
        assert again == log
        assert fields(again.info("x")) == {"a": 1, "event": "x", "level": "info"}


def test_loggers_can_be_copied() -> None:
    for log in (make_logger(), structlog.BoundLogger(ReturnLogger(), [], {})):
        log = log.bind(a=[1])
        shallow, deep = copy.copy(log), copy.deepcopy(log)
        assert shallow == deep == log
        assert structlog.get_context(shallow)["a"] is structlog.get_context(log)["a"]
        assert structlog.get_context(deep)["a"] is not structlog.get_context(log)["a"]


def test_the_generic_logger_has_any_method_but_those_of_the_language() -> None:
    log: Any = structlog.BoundLogger(ReturnLogger(), [], {})
    assert log.warn is log.warn
    assert fields(log.critical("x", a=1)) == {"a": 1, "event": "x"}
    assert not hasattr(log, "__array_interface__")
    with pytest.raises(AttributeError):
        log.no_method_of_return_logger("x")


def test_a_subclass_may_come_between_a_method_and_the_chain() -> None:
    base: Any = structlog.make_filtering_bound_logger(0)

    class Proxying(base):  # type: ignore[misc]
        def _proxy_to_logger(self, method_name: str, event: str | None = None, **kw: Any) -> Any:
            return super()._proxy_to_logger(method_name, event, proxied=True, **kw)

        def audit(self, event: str, **kw: Any) -> Any:
            return self._proxy_to_logger("info", event, audit=True, **kw)

    class Processing(base):  # type: ignore[misc]
        def _process_event(self, method_name: str, event: str | None, event_kw: dict[str, Any]) -> Any:
            return super()._process_event(method_name, event, {**event_kw, "processed": True})

    proxying = Proxying(ReturnLogger(), [], {}).bind(a=1)
    assert fields(proxying.info("x")) == {"a": 1, "proxied": True, "event": "x"}
    assert fields(proxying.audit("x")) == {"a": 1, "proxied": True, "audit": True, "event": "x"}
    assert fields(Processing(ReturnLogger(), [], {}).info("x")) == {"processed": True, "event": "x"}


def test_a_dropped_event_calls_nothing_and_an_exception_comes_through() -> None:
    def fail(logger: Any, method: str, event: Any) -> Any:
        raise event["with_"]

    logger = CapturingLogger()
    log: Any = structlog.BoundLogger(logger, [fail], {})
    assert log.info("x", with_=structlog.DropEvent) is None
    with pytest.raises(ZeroDivisionError):
        log.info("x", with_=ZeroDivisionError)
    assert logger.calls == []


@pytest.mark.parametrize(
    ("outcome", "call"),
    [("text", (("text",), {})), (b"bytes", ((b"bytes",), {})), (bytearray(b"b"), ((bytearray(b"b"),), {}))]
    + [({"a": 1}, ((), {"a": 1})), (((1,), {"a": 1}), ((1,), {"a": 1}))],
)
def test_what_the_last_processor_returns_is_what_the_logger_is_called_with(outcome: Any, call: Any) -> None:
    logger = CapturingLogger()
    log: Any = structlog.BoundLogger(logger, [lambda *_: outcome], {})
    log.info("x")
    assert logger.calls == [CapturedCall("info", *call)]


@pytest.mark.parametrize("outcome", [None, 1, ["list"]])
def test_any_other_outcome_of_the_chain_is_refused(outcome: Any) -> None:
    log: Any = structlog.BoundLogger(ReturnLogger(), [lambda *_: outcome], {})
    with pytest.raises(ValueError, match=f"Last processor.*{type(outcome).__name__}"):
        log.info("x")


def open_for(logger_class: type[Any], path: Path) -> Any:
    return path.open("wb") if logger_class is structlog.BytesLogger else path.open("w", encoding="utf-8")


@pytest.mark.parametrize("logger_class", Loggers)
def test_k14_lines_of_threads_do_not_get_into_each_other(logger_class: type[Any], tmp_path: Path) -> None:
    path = tmp_path / "log"
    start = threading.Barrier(4)

    def work(logger: Any, letter: str) -> None:
        line: Any = letter * 100 if logger_class is not structlog.BytesLogger else letter.encode() * 100
        start.wait()
        for _ in range(200):
            logger.info(line)

    with open_for(logger_class, path) as file:
        threads = [threading.Thread(target=work, args=(logger_class(file), letter)) for letter in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    lines = path.read_text(encoding="utf-8").splitlines()
    assert {line: lines.count(line) for line in set(lines)} == {letter * 100: 200 for letter in "abcd"}


@pytest.mark.parametrize("logger_class", Loggers)
def test_k16_a_line_is_in_the_file_when_the_call_returns(logger_class: type[Any], tmp_path: Path) -> None:
    path = tmp_path / "log"
    with open_for(logger_class, path) as file:
        file.write(b"held by Python, " if logger_class is structlog.BytesLogger else "held by Python, ")
        logger_class(file).info(b"line" if logger_class is structlog.BytesLogger else "line")
        assert path.read_bytes() == b"held by Python, line\n"


class SlowFile(io.StringIO):
    """Its `write` waits for `gate`, unless it `is_fast`: what a forked child can set, who may find any lock held."""

    def __init__(self) -> None:
        super().__init__()
        self.is_fast = False
        self.gate = threading.Event()
        self.entered = threading.Event()

    def write(self, text: str) -> int:
        if not self.is_fast:
            self.entered.set()
            self.gate.wait()
        return super().write(text)


def log_in_child(logger: Any, file: SlowFile) -> int:
    """Return the exit status of a forked child: 0 if its line is all that got into the file."""
    child = os.fork()
    if child != 0:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    status = 1
    try:
        # A hang ends here, by the signal.
        signal.alarm(60)
        file.is_fast = True
        logger.info("child")
        status = 0 if file.getvalue() == "child\n" else 2
    finally:
        os._exit(status)


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
@pytest.mark.parametrize("logger_class", [structlog.PrintLogger, structlog.WriteLogger])
def test_k17_a_child_forked_while_another_thread_writes_can_write(logger_class: type[Any]) -> None:
    file = SlowFile()
    logger = logger_class(file)
    thread = threading.Thread(target=logger.info, args=("parent",))
    thread.start()
    file.entered.wait()
    status = log_in_child(logger, file)
    file.gate.set()
    thread.join()
    assert status == 0
    assert file.getvalue() == "parent\n"


def test_the_print_logger_follows_a_replaced_standard_output(monkeypatch: pytest.MonkeyPatch) -> None:
    logger = structlog.PrintLogger()
    for _ in range(2):
        replaced = io.StringIO()
        monkeypatch.setattr(sys, "stdout", replaced)
        logger.info("line")
        assert replaced.getvalue() == "line\n"


def test_the_write_logger_keeps_the_standard_output_it_was_made_with(monkeypatch: pytest.MonkeyPatch) -> None:
    first = io.StringIO()
    monkeypatch.setattr(sys, "stdout", first)
    logger = structlog.WriteLogger()
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    logger.info("line")
    assert first.getvalue() == "line\n"


class Unreferable:
    """A file of which no weak reference can be made."""

    __slots__ = ("lines",)

    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, text: str) -> None:
        self.lines.append(text)

    def flush(self) -> None:
        self.lines.append("flush")


def test_any_object_with_write_and_flush_is_a_file() -> None:
    file: Any = Unreferable()
    log = structlog.wrap_logger(structlog.WriteLogger(file), processors=[JSONRenderer()])
    log.info("x", a=1)
    assert file.lines == ['{"a": 1, "event": "x"}\n', "flush"]


@pytest.mark.parametrize("factory", [structlog.PrintLoggerFactory, structlog.WriteLoggerFactory])
def test_factories_make_a_logger_for_their_file_at_each_call(factory: Any) -> None:
    file: TextIO = io.StringIO()
    make = factory(file)
    assert make("ignored") is not make()
    make().info("x")
    assert isinstance(file, io.StringIO) and file.getvalue() == "x\n"


def test_the_bytes_logger_has_a_name() -> None:
    file = io.BytesIO()
    logger = structlog.BytesLoggerFactory(file)("name", "ignored")
    assert logger.name == "name"
    assert structlog.BytesLogger(file).name is None
    assert "name='name'" in repr(logger)
